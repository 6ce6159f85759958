"""A signal that ends ``hwgen synth`` or ``build`` ends the tool and its processes too, and leaves no half step."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

HWGEN = [sys.executable, "-c", "from hwgen.cli import main; main()"]
DEADLINE_S = 30

DESIGN = """
core = "bayes"
[bayes]
mode = "logarithmic"
rows = 2
bins = [2, 2]
initialised = false
"""

YOSYS = """#!/bin/sh
case "$1" in
  --version) echo "Yosys 0.70"; exit;;
  -q) ;;  # the flow's run
  *) echo "Yosys 0.1"; exit;;  # Amaranth asks too, and shall use its own
esac
echo half > netlist.json
sleep 600 &
echo $! > {pid}.new
mv {pid}.new {pid}
wait
"""


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def runs(pid: int) -> bool:
    """Whether a process is there and is no zombie, as nobody may be there to collect it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def hear_signals() -> None:
    # A shell starts what runs in the background deaf to Control-C, and a child inherits that.
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


@pytest.mark.parametrize(
    ("command", "number", "code"),
    [("synth", signal.SIGTERM, 143), ("build", signal.SIGTERM, 143), ("synth", signal.SIGINT, 130),
     ("build", signal.SIGHUP, 129)],
)  # fmt: skip
def test_a_signal_stops_the_tool_and_leaves_no_half_step(
    tmp_path: Path, command: str, number: signal.Signals, code: int
) -> None:
    design, pid_file, folder = tmp_path / "tiny.toml", tmp_path / "pid", tmp_path / "run"
    design.write_text(DESIGN)
    yosys = tmp_path / "bin" / "yosys"
    yosys.parent.mkdir()
    yosys.write_text(YOSYS.format(pid=pid_file))
    yosys.chmod(0o755)
    environment = os.environ | {"PATH": f"{yosys.parent}{os.pathsep}{os.environ['PATH']}"}
    # For a board of which Yosys is the only tool.
    arguments = [command, str(design), "--board", "arty-a7-35t", "-o", str(folder)]
    with subprocess.Popen(
        [*HWGEN, *arguments], env=environment, stderr=subprocess.PIPE, text=True, preexec_fn=hear_signals
    ) as process:
        try:
            wait_until(lambda: pid_file.exists() or process.poll() is not None)
            assert process.poll() is None, process.stderr and process.stderr.read()
            pid = int(pid_file.read_text())
            assert runs(pid)
            process.send_signal(number)
            assert process.wait(DEADLINE_S) == code
        finally:
            process.kill()
    wait_until(lambda: not runs(pid))
    assert not list(folder.rglob("netlist.json"))
    assert [path.name.split("-")[0] for path in (folder / "steps").iterdir() if path.is_dir()] == ["elaborate"]
    assert not (folder / "report.json").exists()
