"""Finding Verilator and what it needs, or naming what is missing."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from hwgen.errors import ToolError
from sim.backends import verilator


@pytest.fixture
def path_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """The only folder on PATH, with a g++ and a perl that do nothing; the PyPI package is hidden."""
    for name in ("g++", "perl"):
        _program(tmp_path / name, "exit 0")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(verilator, "_packaged_verilator", lambda: None)
    verilator.find_tools.cache_clear()
    yield tmp_path
    verilator.find_tools.cache_clear()


def _program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.mark.parametrize("program", ["g++", "perl"])
def test_a_missing_tool_is_named_with_the_command_that_mends_it(path_folder: Path, program: str) -> None:
    (path_folder / program).unlink()
    with pytest.raises(
        ToolError, match=rf"^{re.escape(program)} .*is not installed; try: apt-get install {re.escape(program)}$"
    ):
        verilator.find_tools()


def test_verilator_on_the_path_is_used_if_it_is_new_enough(path_folder: Path) -> None:
    mend = re.escape('Verilator 5.022 or newer is not installed; try: pip install "hwgen[sim]"')
    with pytest.raises(ToolError, match=mend):
        verilator.verilator_version()
    answer = 'if [ "$1" = --getenv ]; then echo /opt/verilator; else echo "Verilator {} 2024-01-01"; fi'
    _program(path_folder / "verilator", answer.format("5.006"))
    with pytest.raises(ToolError, match=mend):
        verilator.verilator_version()
    _program(path_folder / "verilator", answer.format("5.022"))
    assert verilator.verilator_version() == "5.022"
    assert verilator.find_tools().root == Path("/opt/verilator")
