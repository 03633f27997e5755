"""Speaks to GitLab's API for gitlab-ci.yml: a comment, the plan that was reviewed, one issue about drift.

groupform_gitlab.py comment FILE | reviewed-plan FILE | issue FILE EXIT-CODE
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

LABEL = "groupform-drift"
PLAN_MARK = "<!-- groupform-plan -->"


def call(method: str, path: str, body: dict[str, Any] | None = None, **query: str) -> bytes:
    """One request below this project. Raises HTTPError, which ends the job."""
    base = f"{os.environ['CI_API_V4_URL']}/projects/{quote(os.environ['CI_PROJECT_ID'], safe='')}"
    headers = {"PRIVATE-TOKEN": os.environ["GROUPFORM_GITLAB_TOKEN"], "Content-Type": "application/json"}
    data = json.dumps(body).encode() if body is not None else None
    url = f"{base}{path}" + (f"?{urlencode(query)}" if query else "")
    with urlopen(Request(url, data, headers, method=method), timeout=60) as answer:
        return bytes(answer.read())


def listed(path: str, **query: str) -> list[dict[str, Any]]:
    return list(json.loads(call("GET", path, None, per_page="100", **query)))


def comment(file: Path) -> None:
    """One comment a merge request: the newest plan takes the place of the one before."""
    notes = f"/merge_requests/{os.environ['CI_MERGE_REQUEST_IID']}/notes"
    body = {"body": f"{PLAN_MARK}\n{file.read_text(encoding='utf-8')}"}
    known = [each for each in listed(notes) if each["body"].startswith(PLAN_MARK)]
    if known:
        call("PUT", f"{notes}/{known[0]['id']}", body)
    else:
        call("POST", notes, body)


def reviewed_plan(file: Path) -> None:
    """The plan of the merge request that this commit came from: of its newest pipeline that went well."""
    merged = listed(f"/repository/commits/{os.environ['CI_COMMIT_SHA']}/merge_requests", state="merged")
    for request in merged:
        for pipeline in listed(f"/merge_requests/{request['iid']}/pipelines"):
            for job in listed(f"/pipelines/{pipeline['id']}/jobs"):
                if pipeline["status"] == "success" and job["name"] == "plan" and job["status"] == "success":
                    file.write_bytes(call("GET", f"/jobs/{job['id']}/artifacts/{file.name}"))
                    return
    sys.exit("no reviewed plan for this commit: nothing is applied")


def issue(page: Path, code: int) -> None:
    """Opens, updates or closes the one issue. Without a page nothing has happened (0), or nothing is known (1, 4)."""
    text = page.read_text(encoding="utf-8")
    known = listed("/issues", labels=LABEL, state="opened")
    body = {"description": text}
    if text and not known:
        call("POST", "/issues", {"title": "groupform: drift", "labels": LABEL, **body})
    elif text and text.split("\n", 1)[0] not in (known[0]["description"] or ""):
        call("PUT", f"/issues/{known[0]['iid']}", body)
    elif not text and code == 0 and known:
        call("PUT", f"/issues/{known[0]['iid']}", {"state_event": "close"})


def main(argv: list[str]) -> None:
    match argv:
        case ["comment", file]:
            comment(Path(file))
        case ["reviewed-plan", file]:
            reviewed_plan(Path(file))
        case ["issue", file, code]:
            issue(Path(file), int(code))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
