"""The cache of compiled results: where it is, and who builds what is in it."""

import subprocess
import sys
from pathlib import Path

import pytest

from hwgen.cache import build_once, cache_dir
from hwgen.errors import ToolError


def test_the_cache_folder_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("HWGEN_CACHE", str(tmp_path / "own"))
    assert cache_dir() == tmp_path / "own"
    monkeypatch.delenv("HWGEN_CACHE")
    assert cache_dir() == tmp_path / "hwgen"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_dir() == tmp_path / ".cache" / "hwgen"


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, ToolError])
def test_an_interrupted_build_leaves_nothing_behind(tmp_path: Path, interruption: type[BaseException]) -> None:
    def interrupted(folder: Path) -> None:
        (folder / "half").write_text("done")
        raise interruption

    def complete(folder: Path) -> None:
        (folder / "whole").write_text("done")

    target = tmp_path / "cache" / "result"
    with pytest.raises(interruption):
        build_once(target, interrupted)
    assert [path.name for path in target.parent.iterdir()] == ["result.lock"]
    (target.parent / ".result.killed").mkdir()  # what a builder leaves that had no chance to clean up
    assert build_once(target, complete) == target
    assert sorted(path.name for path in target.parent.iterdir()) == ["result", "result.lock"]
    assert build_once(target, interrupted) == target


RACE = """
import sys, time
from pathlib import Path
from hwgen.cache import build_once

base, me = Path(sys.argv[1]), sys.argv[2]

def build(folder):
    with (base / "builds").open("a") as log:
        print(me, file=log)
    while len(list(base.glob("here-*"))) < 2:  # the other one is on its way to the lock
        time.sleep(0.01)
    time.sleep(0.3)
    (folder / "result").write_text(me)

(base / f"here-{me}").touch()
print((build_once(base / "target", build) / "result").read_text())
"""


def test_two_processes_that_want_the_same_result_build_it_once(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    started = [
        subprocess.Popen([sys.executable, "-c", RACE, tmp_path, me], cwd=root, stdout=subprocess.PIPE, text=True)
        for me in ("one", "two")
    ]
    printed = [process.communicate(timeout=60)[0].strip() for process in started]
    assert [process.returncode for process in started] == [0, 0]
    builders = (tmp_path / "builds").read_text().split()
    assert len(builders) == 1
    assert printed == builders * 2
