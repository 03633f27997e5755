"""`init`: what it writes is valid in both languages, and it writes over nobody's work."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.line import groupform


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_a_new_project_is_valid(tmp_path: Path, language: str) -> None:
    environ = {"GROUPFORM_LANG": language}
    assert groupform(tmp_path, "init", environ=environ).code == 0
    said = groupform(tmp_path, "validate", environ=environ)
    assert (said.code, "error" in said.err, "错误" in said.err) == (0, False, False)
    assert "warning" not in said.err
    assert "警告" not in said.err


@pytest.mark.parametrize("title", ["宠友之家", 'a "quoted" \\ title', "{{key}}: #1", "- [x]", "' y", "a\n b"])
def test_any_title_is_written_so_that_it_reads_back(tmp_path: Path, title: str) -> None:
    from groupform.config.load import load_project

    assert groupform(tmp_path, "init", "--title", title, "--key", "club").code == 0
    project = load_project(tmp_path, environ={}, deployments=()).project
    assert project is not None
    assert project.communities["club"].model.title == " ".join(title.split())


def test_its_state_is_kept_out_of_git(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("dist/", encoding="utf-8")
    groupform(tmp_path, "init")
    assert (tmp_path / ".gitignore").read_text(encoding="utf-8").splitlines() == ["dist/", ".groupform/"]


def test_the_schemas_that_the_first_lines_name_are_there(tmp_path: Path) -> None:
    groupform(tmp_path, "init", "--key", "club")
    for file in ("groupform.yaml", "communities/club.yaml"):
        first = (tmp_path / file).read_text(encoding="utf-8").splitlines()[0]
        assert ((tmp_path / file).parent / first.partition("$schema=")[2]).is_file()


@pytest.mark.parametrize("file", ["groupform.yaml", "communities/club.yaml"])
def test_it_refuses_to_write_over_a_file_and_then_writes_nothing(tmp_path: Path, file: str) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text("mine", encoding="utf-8")
    before = sorted(tmp_path.rglob("*"))
    said = groupform(tmp_path, "init", "--key", "club")
    assert said.code == 1
    assert "init-would-overwrite" in said.err
    assert (tmp_path / file).read_text(encoding="utf-8") == "mine"
    assert sorted(tmp_path.rglob("*")) == before


def test_it_asks_on_a_terminal_and_nowhere_else(tmp_path: Path) -> None:
    asked = groupform(tmp_path / "a", "init", "--key", "club", typed="林间\n")
    assert "called?" in asked.err
    assert "林间" in (tmp_path / "a" / "communities" / "club.yaml").read_text(encoding="utf-8")
    assert groupform(tmp_path / "b", "init").err == ""


@pytest.mark.parametrize("key", ["Club", "a b", "", "-x", "宠友", "../x"])
def test_a_key_that_cannot_be_one_is_refused(tmp_path: Path, key: str) -> None:
    said = groupform(tmp_path, "init", f"--key={key}")
    assert said.code == 1
    assert "init-key-wrong" in said.err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_any_name_gives_a_key(tmp_path: Path) -> None:
    for name in ("宠友之家", "My Club!", "...x"):
        (tmp_path / name).mkdir()
        assert groupform(tmp_path / name, "init").code == 0
        assert groupform(tmp_path / name, "validate").code == 0
