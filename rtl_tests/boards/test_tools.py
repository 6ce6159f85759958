"""Which tools are used, and what a failing one leaves."""

from contextlib import suppress
from pathlib import Path

import pytest

from boards import tools
from boards.tools import Tool, find_tool, run_tool
from hwgen.errors import ToolError


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Puts a program that prints a version on an otherwise empty PATH, and hides what pip has installed."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(tools.sysconfig, "get_path", lambda name: str(tmp_path / "scripts"))

    def put(name: str, output: str) -> Path:
        program = folder / name
        program.write_text(f"#!/bin/sh\necho '{output}'\n", encoding="utf-8")
        program.chmod(0o755)
        return program

    find_tool.cache_clear()
    yield put
    find_tool.cache_clear()


def test_native_tool_is_used_when_new_enough(on_path) -> None:
    program = on_path("yosys", "Yosys 0.61 (git sha1 abc)")
    assert find_tool("yosys") == Tool("yosys", str(program), "native 0.61")


def test_native_nextpnr_is_used_when_new_enough(on_path) -> None:
    on_path("nextpnr-ecp5", "nextpnr-ecp5 -- Next Generation Place and Route (Version nextpnr-0.10-3-gabc)")
    assert find_tool("nextpnr-ecp5").version == "native 0.10"


@pytest.mark.parametrize("version", ["0.9", "0.54", "0.56", "0.64"])
def test_native_tool_that_is_old_or_known_to_crash_is_not_used(on_path, version: str) -> None:
    on_path("yosys", f"Yosys {version} (git sha1 abc)")
    with pytest.raises(ToolError, match=r"yosys is not installed \(the one on PATH.*pip install"):
        find_tool("yosys")


def test_missing_tool_names_the_command_that_installs_it(on_path) -> None:
    with pytest.raises(ToolError, match=r'nextpnr-ice40 is not installed: pip install "hwgen\[boards\]"'):
        find_tool("nextpnr-ice40")


def test_only_a_first_run_of_a_tool_that_must_be_compiled_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("HWGEN_CACHE", str(tmp_path / "cache"))
    caplog.set_level("INFO", "hwgen")
    for version, code, said in (
        ("native 0.9", 0, 0),
        ("yowasp-tool 1.0", 3, 1),
        ("yowasp-tool 1.0", 0, 2),  # what failed may not have been compiled
        ("yowasp-tool 1.0", 0, 2),
        ("yowasp-tool 1.1", 0, 3),
    ):
        with suppress(ToolError):
            run_tool(Tool("sh", "/bin/sh", version), ["-c", f"exit {code}"], tmp_path)
        assert caplog.text.count("preparing sh (compiled for this machine") == said


def test_failed_tool_shows_the_lines_with_its_errors(tmp_path: Path) -> None:
    program = tmp_path / "tool"
    program.write_text("#!/bin/sh\necho fine\necho 'ERROR: no such pin'\nexit 3\n", encoding="utf-8")
    program.chmod(0o755)
    with pytest.raises(ToolError, match=r"tool \(1\) failed with exit code 3:\nERROR: no such pin$"):
        run_tool(Tool("tool", str(program), "1"), [], tmp_path)
