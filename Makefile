# Two commands matter: `make demo` (set up and run the main job) and `make test` (all that CI runs).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
ROOMS ?= 200
# One more than there are cores: much of what is tested waits for a homeserver's limits.
JOBS ?= $(shell $(PYTHON) -c 'import os; print(min(4, 1 + (os.cpu_count() or 1)))')

.PHONY: demo test lint types bench faults format schemas clean

demo: $(STAMP)
	@$(BIN)/groupform demo

# A file stays with one worker, and so do its homeservers; the order is that of tests/conftest.py, the longest first.
# JOBS=0 runs everything in one process. Commands that tests start are compiled once, whatever the environment says.
test: export PYTHONDONTWRITEBYTECODE =
test: lint types $(STAMP)
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder

lint: $(STAMP)
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

types: $(STAMP)
	@$(BIN)/mypy

# Every fault point instead of the sample that `make test` takes: hours. `FAULTS_MINUTES=45 make faults` tries as many as
# go into that time, in a random order; tests/faults/README.md says more.
faults: $(STAMP)
	@GROUPFORM_FAULTS=all $(BIN)/python -m pytest tests/faults tests/acceptance/matrix/test_matrix_kills.py \
		tests/acceptance/matrix/test_matrix_calendar.py tests/acceptance/matrix/test_matrix_posts.py \
		tests/acceptance/matrix/test_matrix_runs.py tests/calendar/test_approved_kills.py tests/calendar/test_run_mass_kills.py -s

bench: $(STAMP)
	@ROOMS=$(ROOMS) $(BIN)/python -m tests.bench

format: $(STAMP)
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

schemas: $(STAMP)
	@$(BIN)/python -m groupform_schemas
	@$(BIN)/python -m groupform.engine.plan_schema

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .bench

$(STAMP): pyproject.toml .ci/constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "groupform needs Python 3.11 or newer: make PYTHON=python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing groupform and a homeserver for trials into $(VENV) (once; about a minute)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c .ci/constraints.txt -e '.[dev]'
	@touch $(STAMP)
