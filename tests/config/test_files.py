"""Files that cannot be used, and the folder they may not leave."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from groupform.config.files import Inputs, Unreadable, read_regular


def _code(inputs: Inputs, written: str) -> str:
    with pytest.raises(Unreadable) as refused:
        inputs.named(inputs.root, written)
    return refused.value.code


@pytest.fixture
def inputs(tmp_path: Path) -> Inputs:
    root = tmp_path / "project"
    (root / "posts").mkdir(parents=True)
    (root / "posts" / "Day-3.md").write_text("x", encoding="utf-8")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.md").write_text("s", encoding="utf-8")
    return Inputs(root.resolve())


def test_a_file_is_read_by_any_spelling_inside(inputs: Inputs) -> None:
    assert inputs.named(inputs.root, "posts/Day-3.md") == b"x"
    assert inputs.named(inputs.root / "posts", "../posts/Day-3.md") == b"x"


@pytest.mark.parametrize(
    "written", ["../outside/secret.md", "posts/../../outside/secret.md", "/etc/hostname", "..", "posts/.."]
)
def test_a_path_does_not_leave_the_folder(inputs: Inputs, written: str) -> None:
    assert _code(inputs, written) == ("file-is-folder" if written == "posts/.." else "file-escapes")


@pytest.mark.parametrize("link", ["file", "folder"])
def test_a_link_does_not_leave_the_folder(inputs: Inputs, link: str) -> None:
    outside = inputs.root.parent / "outside"
    if link == "file":
        (inputs.root / "posts" / "link.md").symlink_to(outside / "secret.md")
        assert _code(inputs, "posts/link.md") == "file-escapes"
    else:
        (inputs.root / "linked").symlink_to(outside)
        assert _code(inputs, "linked/secret.md") == "file-escapes"


def test_a_link_inside_the_folder_is_fine(inputs: Inputs) -> None:
    (inputs.root / "again.md").symlink_to("posts/Day-3.md")
    assert inputs.named(inputs.root, "again.md") == b"x"


def test_a_loop_of_links_is_told(inputs: Inputs) -> None:
    (inputs.root / "a").symlink_to("b")
    (inputs.root / "b").symlink_to("a")
    assert _code(inputs, "a") in ("file-unreadable", "file-missing")


def test_what_is_not_there_is_suggested(inputs: Inputs) -> None:
    with pytest.raises(Unreadable) as refused:
        inputs.named(inputs.root, "posts/day_3.md")
    assert (refused.value.code, refused.value.params["suggestion"]) == ("file-missing-close", "posts/Day-3.md")
    assert _code(inputs, "posts/entirely.txt") == "file-missing"
    assert _code(inputs, "nowhere/at/all.md") == "file-missing"
    assert _code(inputs, "x" * 5000) == "file-unreadable"
    assert _code(inputs, "a\0b") == "file-missing"


def test_a_pipe_is_refused_and_does_not_block(inputs: Inputs) -> None:
    os.mkfifo(inputs.root / "pipe")
    assert _code(inputs, "pipe") == "file-not-regular"


def test_permission_is_named(inputs: Inputs, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)  # the tests may run as root, whom no mode stops
    assert _code(inputs, "posts/Day-3.md") == "file-no-permission"


def test_size_is_limited(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"x" * 4096)
    with pytest.raises(Unreadable) as refused:
        read_regular(tmp_path / "large", "large", limit=1024)
    assert (refused.value.code, refused.value.params["size"]) == ("file-too-large", 4)


def test_a_file_is_read_once(inputs: Inputs) -> None:
    inputs.named(inputs.root, "posts/Day-3.md")
    before = inputs.digest()
    (inputs.root / "posts" / "Day-3.md").write_text("changed while loading", encoding="utf-8")
    assert inputs.named(inputs.root, "posts/Day-3.md") == b"x"
    assert inputs.digest() == before
