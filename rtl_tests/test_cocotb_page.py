"""What the page on cocotb benches tells to write does what the page says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hwgen.emit.verilog import Verilog
from sim.backends.cocotb_runner import run_cocotb

pytestmark = pytest.mark.requires_icarus

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "howto" / "cocotb.md").read_text(encoding="utf-8")


def block(language: str, says: str) -> str:
    """The page's code block in ``language`` that says ``says``."""
    (found,) = [text for text in re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL) if says in text]
    return str(found)


@pytest.mark.parametrize(
    ("bench", "end"),
    [
        ("@cocotb.test()\nasync def a_test(dut): pass", ""),
        ("@cocotb.test()\nasync def a_test(dut): assert not dut", "1 of 1 tests failed"),
        ("", "Simulation terminated abnormally"),
    ],
    ids=["passes", "fails", "empty"],
)
def test_the_runner_exits_as_the_tests_say(tmp_path: Path, bench: str, end: str) -> None:
    (tmp_path / "build" / "my").mkdir(parents=True)
    (tmp_path / "build" / "my" / "my.v").write_text("module my(input clk); endmodule\n")
    (tmp_path / "bench.py").write_text(f"import cocotb\n{bench}\n")
    (tmp_path / "run.py").write_text(block("py", "get_runner"))
    # Under pytest the runner would say it, too.
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
    run = subprocess.run(
        [sys.executable, "run.py"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == int(bool(end)), run.stdout + run.stderr
    assert end in run.stdout + run.stderr


def test_a_module_with_lines_driven_by_hand_is_read(tmp_path: Path) -> None:
    (tmp_path / "own_bench.py").write_text(block("py", "a_word_is_read"))
    environment = {"PYTHONPATH": str(tmp_path)}
    verilog = Verilog(block("verilog", "module pins"), {})
    run_cocotb(verilog, "pins", "icarus", "own_bench", tmp_path, environment=environment, seed=1)
