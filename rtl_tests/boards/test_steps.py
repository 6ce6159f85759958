"""Steps: cached by content, whole or absent, resumed after an interruption."""

import os
from pathlib import Path

import pytest

from boards.steps import Steps
from hwgen.errors import DesignError


def writer(calls: list[str], text: str = "result"):
    def build(folder: Path) -> None:
        calls.append(text)
        (folder / "out").write_text(text, encoding="utf-8")

    return build


def test_unchanged_step_is_not_run_again(tmp_path: Path) -> None:
    calls: list[str] = []
    first = Steps(tmp_path).run("synthesise", {"script": "a"}, writer(calls))
    second = Steps(tmp_path).run("synthesise", {"script": "a"}, writer(calls))
    assert (first, calls) == (second, ["result"])
    assert (first / "out").read_text(encoding="utf-8") == "result"


def test_changed_input_runs_the_step_again(tmp_path: Path) -> None:
    calls: list[str] = []
    source = tmp_path / "design.v"
    found = []
    for text, script in (("one", "a"), ("two", "a"), ("two", "b"), ("one", "a")):
        source.write_text(text, encoding="utf-8")
        found.append(Steps(tmp_path / "run").run("synthesise", {"script": script}, writer(calls), {"in.v": source}))
    assert len(set(found)) == 3
    assert found[0] == found[3]
    assert len(calls) == 3


def test_step_reads_its_files_from_its_own_folder(tmp_path: Path) -> None:
    source = tmp_path / "design.v"
    source.write_text("module", encoding="utf-8")

    def build(folder: Path) -> None:
        (folder / "out").write_text((folder / "in.v").read_text(encoding="utf-8") + " top", encoding="utf-8")

    folder = Steps(tmp_path / "run").run("synthesise", {}, build, {"in.v": source})
    assert (folder / "out").read_text(encoding="utf-8") == "module top"


def test_interrupted_step_leaves_nothing_and_is_resumed(tmp_path: Path) -> None:
    calls: list[str] = []

    def interrupted(folder: Path) -> None:
        (folder / "design.bit").write_bytes(b"half")
        raise KeyboardInterrupt

    steps = Steps(tmp_path)
    done = steps.run("synthesise", {}, writer(calls))
    with pytest.raises(KeyboardInterrupt):
        steps.run("pack", {}, interrupted)
    assert not list(tmp_path.rglob("design.bit"))

    again = Steps(tmp_path)
    assert again.run("synthesise", {}, writer(calls)) == done
    packed = again.run("pack", {}, writer(calls, "whole"))
    assert (packed / "out").read_text(encoding="utf-8") == "whole"
    assert calls == ["result", "whole"]


def test_published_file_replaces_the_last_one_whole(tmp_path: Path) -> None:
    steps = Steps(tmp_path)
    source = tmp_path / "made.bit"
    for content in (b"first", b"second"):
        source.write_bytes(content)
        assert steps.publish(source, "design.bit").read_bytes() == content
    assert sorted(path.name for path in tmp_path.iterdir()) == ["design.bit", "made.bit", "steps"]


def test_a_file_instead_of_a_build_folder_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("text", encoding="utf-8")
    for directory in (file, file / "below"):
        with pytest.raises(DesignError, match=r"the build folder must be a folder, not .*file.*; name another with -o"):
            Steps(directory)


def test_two_runs_that_publish_at_once_do_not_share_a_temporary_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asides = []
    replace = os.replace
    monkeypatch.setattr(os, "replace", lambda source, target: (asides.append(source), replace(source, target)))
    for text in ("first", "second"):
        Steps(tmp_path).publish_text(text, "report.json")
    assert len(set(asides)) == 2
