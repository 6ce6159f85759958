"""The ``serial`` backend on the virtual boards of designs: the bits and the cycles of the other backends."""

import contextlib
import json
import re
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hwgen import api, registry
from hwgen.bayes.config import BayesConfig
from hwgen.bayes.table import LikelihoodTable
from hwgen.design import Design
from hwgen.errors import DesignError, HardwareMismatch
from rtl_tests.bayes.designs import make_design, random_table
from rtl_tests.ep.machines import tiny as tiny_ep
from rtl_tests.ff.machines import tiny as tiny_ff
from sim.backends.serial import SerialTransport
from sim.virtual_board import VirtualBoard

CONFIGS = {  # small: they compile fast
    "stochastic": {
        "mode": "stochastic",
        "rows": 2,
        "bins": [3, 4],
        "likelihood_bits": 4,
        "feedback": True,
        "initialised": False,
        "cycles": 12,
        "stop": "first",
    },
    "logarithmic": {"mode": "logarithmic", "rows": 3, "bins": [4, 3], "likelihood_bits": 5},
}


def small_design(mode: str) -> Design:
    """The design of ``CONFIGS[mode]``, with a table that is always the same."""
    config = BayesConfig.parse(CONFIGS[mode])
    return make_design(config, random_table(config, np.random.default_rng(1)), f"small_{mode}")


DESIGNS = [*map(small_design, CONFIGS), tiny_ep("small_ep"), tiny_ff("small_ff", rule="contrastive")]
"""At least one of every core."""


@pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.name)
def test_golden_rtl_and_serial_give_the_same_bits_and_cycles(design: Design) -> None:
    stimulus = design.core.load("stimulus")(design.config)
    together, alone, again = (stimulus.random_inputs(count, np.random.default_rng(count)) for count in (200, 20, 50))
    with VirtualBoard(design) as virtual:
        machines = [api.open_design(design, backend) for backend in ("golden", "rtl", f"serial:{virtual.port}")]
        golden, rtl, serial = machines
        first = golden.dump()

        def run(inputs: dict[str, Any]) -> list[Any]:
            expected, *found = [machine.run(**inputs) for machine in machines]
            for result in found:
                assert not result.differences(expected).any()
            return [expected, *found]

        results = run(together)
        assert results[1].busy_cycles == results[0].busy_cycles
        assert results[1].elapsed_cycles == results[0].elapsed_cycles and results[2].elapsed_cycles == 0
        # How samples overlap depends on how fast they come; one by one they do not.
        assert design.config.overlaps or results[2].busy_cycles == results[0].busy_cycles
        for index in range(len(alone["samples"])):
            results = run({name: values[index : index + 1] for name, values in alone.items()})
            assert {result.busy_cycles for result in results} == {results[0].busy_cycles} and results[0].busy_cycles > 0
            assert results[1].elapsed_cycles == results[0].elapsed_cycles

        assert golden.dump() == rtl.dump() == serial.dump()
        assert golden.errors() == rtl.errors() == serial.errors()
        assert golden.statistics()["samples"] == serial.statistics()["samples"]
        for machine in machines:
            machine.load(stimulus.random_parameters(np.random.default_rng(5)) or first)
            machine.clear_errors()
        run(again)
        for machine in machines:
            machine.close()


def test_no_core_is_left_out() -> None:
    assert {design.core.name for design in DESIGNS} == set(registry.CORES)


def test_a_board_that_holds_another_design_is_refused() -> None:
    with VirtualBoard(small_design("stochastic")) as virtual:
        for _ in range(2):  # and the port is free again
            with pytest.raises(HardwareMismatch, match="was built from config"):
                api.open_design(small_design("logarithmic"), f"serial:{virtual.port}")


def test_a_board_that_was_emitted_with_another_table_is_refused() -> None:
    design = small_design("logarithmic")
    table: LikelihoodTable = design.parameters
    other = replace(design, parameters=LikelihoodTable(tuple(part[::-1].copy() for part in table.streams)))
    with VirtualBoard(design) as virtual:
        expected = f"emitted with content {design.content_hash:016x}, the design's have {other.content_hash:016x}"
        with pytest.raises(HardwareMismatch, match=expected):
            api.open_design(other, f"serial:{virtual.port}")
        # The port is free again, and what is loaded does not change what the Verilog was emitted with.
        machine = api.open_design(design, f"serial:{virtual.port}")
        machine.load(other.parameters)
        assert machine.read_register("content_hash") == design.content_hash == table.digest
        machine.close()


def test_the_backend_is_as_patient_as_the_design_says(monkeypatch: pytest.MonkeyPatch) -> None:
    patience = []
    honest = SerialTransport.__init__

    def watched(self: SerialTransport, *arguments: Any, **options: Any) -> None:
        patience.append(options["patience"])
        honest(self, *arguments, **options)

    design = small_design("logarithmic")
    monkeypatch.setattr(SerialTransport, "__init__", watched)
    with VirtualBoard(design) as virtual:
        api.open_design(design, f"serial:{virtual.port}").close()
    assert patience == [design.patience]


def test_backends_are_named_with_a_port_or_without() -> None:
    design = small_design("stochastic")
    for name in ("serial", "serial:", "golden:x", "rtl:/dev/null", "nonesuch"):
        with pytest.raises(DesignError, match="backend must be one of golden, rtl, serial:PORT, not"):
            api.open_design(design, name)
    with pytest.raises(DesignError, match="no waves"):
        api.open_design(design, "serial:/dev/null", waves="run.vcd")
    for backend in ("golden", "rtl"):
        with pytest.raises(DesignError, match=f"backend {backend} has no baud rate"):
            api.open_design(design, backend, baudrate=9600)
    for backend in ("rtl", "cocotb"):
        with pytest.raises(DesignError, match=f"backend {backend} has no baud rate"):
            api.verify(design, backend=backend, baudrate=9600)
    with pytest.raises(DesignError, match=r"baudrate must be from .* to 3000000"):
        VirtualBoard(design, baudrate=4_000_000)


@pytest.mark.parametrize(
    ("options", "served"),
    [
        ([], {"board": None, "clock_mhz": 12, "baudrate": 3_000_000}),
        (["--board", "ulx3s-85f"], {"board": "ulx3s-85f", "clock_mhz": 25, "baudrate": 3_000_000}),
        (["--board", "icebreaker", "--clock-mhz", "24"], {"board": "icebreaker", "clock_mhz": 24}),
    ],
)
def test_the_command_serves_a_board_that_verify_and_infer_use(
    tmp_path: Path, options: list[str], served: dict[str, object]
) -> None:
    config: dict[str, Any] = CONFIGS["stochastic"]
    values = "\n".join(f"{key} = {json.dumps(value)}" for key, value in config.items())
    file = tmp_path / "design.toml"
    file.write_text(f'name = "small_stochastic"\ncore = "bayes"\n[bayes]\n{values}\n')
    samples = tmp_path / "samples.npy"
    np.save(samples, np.zeros((3, len(config["bins"])), np.int64))
    hwgen = [sys.executable, "-c", "from hwgen.cli import main; main()"]

    def run(*arguments: object) -> dict[str, object]:
        done = subprocess.run([*hwgen, *map(str, arguments), "--json"], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def hear_interrupts() -> None:
        # A shell starts what runs in the background deaf to Control-C, and a child inherits that.
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    serve = [*hwgen, "board-sim", str(file), *options, "--json"]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True, preexec_fn=hear_interrupts) as board:
        try:
            assert board.stdout is not None
            text = ""
            while not text.endswith("}\n"):
                line = board.stdout.readline()
                assert line, "the command has ended"
                text += line
            answer = json.loads(text)
            port = answer["port"]
            assert re.fullmatch(r"/dev/\S+", port)
            assert answer == answer | {"design": "small_stochastic"} | served
            report = run("verify", file, "--backend", f"serial:{port}", "--samples", 40)
            assert report["ok"] and report["samples"] == 40
            assert (report["cycles_measured"], report["simulator"]) == (None, None)
            assert report["busy_cycles_measured"] == report["busy_cycles_predicted"]
            found = run("infer", file, "--samples", samples, "--backend", f"serial:{port}", "--baudrate", 3000000)
            assert found["results"] == run("infer", file, "--samples", samples)["results"]
        finally:
            board.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                board.wait(timeout=20)
            board.kill()
    assert board.returncode == 130
