"""The ``serial`` backend on virtual boards: the bits of the other backends, and one clear error without a board."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import tty
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hwgen import api
from hwgen.bayes.config import BayesConfig
from hwgen.bayes.table import LikelihoodTable
from hwgen.bus.link.protocol import CHAINED, Opcode, Status
from hwgen.design import Design
from hwgen.errors import BusError, DesignError, HardwareMismatch, HwgenError
from hwgen.transport import Words
from rtl_tests.bayes.designs import make_design, random_table
from rtl_tests.link.target import CLOCKS_PER_BIT, DEAF, PUSHES, SIGNATURE, library
from sim.backends.framing import Response
from sim.backends.serial import SerialTransport
from sim.backends.transfer import StreamTransfer
from sim.virtual_board import BoardSimulation, VirtualBoard

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


class TargetBoard(VirtualBoard):
    """The target of the protocol's tests on a pseudo-terminal."""

    def __init__(self) -> None:
        self._serve_on_terminal(BoardSimulation(library(), CLOCKS_PER_BIT))


@pytest.fixture
def board() -> Iterator[SerialTransport]:
    with TargetBoard() as virtual, SerialTransport(virtual.port) as transport:
        yield transport


def words(*values: int) -> Words:
    return np.array(values, np.uint32)


@pytest.mark.parametrize("mode", CONFIGS)
def test_golden_rtl_and_serial_give_the_same_bits_and_busy_cycles(mode: str) -> None:
    design = small_design(mode)
    inputs = design.core.load("stimulus")(design.config).random_inputs(300, np.random.default_rng(0))
    with VirtualBoard(design) as virtual:
        machines = [api.open_design(design, backend) for backend in ("golden", "rtl", f"serial:{virtual.port}")]
        golden, *hardware = [machine.infer(**inputs) for machine in machines]
        for result in hardware:
            assert not result.differences(golden).any()
            assert result.busy_cycles == golden.busy_cycles
        assert hardware[1].elapsed_cycles == 0
        assert machines[0].dump() == machines[1].dump() == machines[2].dump()
        assert machines[0].errors() == machines[1].errors() == machines[2].errors() == {"invalid_observation"}

        table: LikelihoodTable = machines[0].dump()
        other = LikelihoodTable(tuple(part[::-1].copy() for part in table.streams))
        for machine in machines:
            machine.load(other)
            machine.clear_errors()
        again = [machine.infer(**inputs) for machine in machines]
        assert not again[2].differences(again[0]).any()
        for machine in machines:
            machine.close()


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


def test_accesses_anywhere_become_bursts_in_order(board: SerialTransport) -> None:
    draw = np.random.default_rng(0)
    runs = [np.arange(first, first + size) for first, size in draw.integers(0, 50, (60, 2)) if size]
    addresses = (4 * np.concatenate([*runs, np.arange(120), np.full(130, 7)])).astype(np.uint32)
    values = draw.integers(0, 2**32, len(addresses), dtype=np.uint32)
    board.write(addresses, values)
    memory = dict(zip(addresses.tolist(), values.tolist(), strict=True))
    np.testing.assert_array_equal(board.read(addresses), [memory[address] for address in addresses.tolist()])
    assert len(board.read(addresses[:0])) == 0


def test_the_first_refused_access_is_named_and_those_after_it_are_not_made(board: SerialTransport) -> None:
    addresses = words(*range(0, 4 * 100, 4), SIGNATURE, *range(0, 4 * 100, 4))
    with pytest.raises(BusError, match=r"^write of 0x00000064 at address 0x00000200 was answered with an error$"):
        board.write(addresses, np.arange(201, dtype=np.uint32))
    np.testing.assert_array_equal(board.read(addresses[:100]), np.arange(100))
    with pytest.raises(BusError, match=r"^read at address 0x00000006 was answered with an error$"):
        board.read(words(0, 6, 12))
    with pytest.raises(HwgenError, match=r"^read at address 0x80000000 was not answered in the time"):
        board.read(words(0, DEAF, 4))


@pytest.mark.parametrize("count", [0, 1, 7, 500])
def test_streams_keep_every_bit_and_leave_what_was_not_asked_for(board: SerialTransport, count: int) -> None:
    x = np.random.default_rng(count).integers(0, 2**32, (count, 3), dtype=np.uint32)
    x[:, 2] &= 63
    y, elapsed = board.stream(x, max(0, count - 2))
    expected = x.astype(object) @ [1, 1 << 32, 1 << 64] + 1
    expected %= 1 << 70
    rest, _ = board.stream(x[:0], count - len(y))
    found = np.concatenate([y, rest]).astype(object) @ [1, 1 << 32, 1 << 64]
    assert elapsed == 0 and (found == expected).all()
    assert board.read(words(PUSHES))[0] == count


def test_a_stream_that_hangs_is_an_error_and_the_transport_stays_usable() -> None:
    with TargetBoard() as virtual, SerialTransport(virtual.port, timeout=0.2, attempts=2) as board:
        with pytest.raises(HwgenError, match=r"moved no word in 0.4 s, after 2 of 2 inputs and 2 of 3 results"):
            board.stream(words(1, 2, 3, 4, 5, 6).reshape(2, 3), 3)
        board.reset()
        np.testing.assert_array_equal(board.stream(words(1, 2, 3).reshape(1, 3), 1)[0], [[2, 2, 3]])
        with pytest.raises(HwgenError, match="moved no word"):
            board.stream(np.zeros((400, 3), np.uint32), 0)  # nobody takes the results


def test_arrays_that_do_not_fit_are_refused(board: SerialTransport) -> None:
    with pytest.raises(ValueError, match=r"x must have shape \(n, 3\), not \(4, 2\)"):
        board.stream(np.zeros((4, 2), np.uint32), 4)
    with pytest.raises(ValueError, match="above the port's 70 bits"):
        board.stream(words(0, 0, 64).reshape(1, 3), 1)
    with pytest.raises(ValueError, match="one shape"):
        board.write(words(0, 4), words(1))


def test_a_transfer_feeds_a_core_that_gives_fewer_results_than_samples() -> None:
    transfer = StreamTransfer(np.arange(1000, dtype=np.uint32), wanted=1, x_words=1, y_words=1, room=10)
    taken = 0
    while not transfer.done:
        for request in transfer.chain():
            assert request is not None
            pops = request.opcode & ~CHAINED == Opcode.POP
            taken += 0 if pops else request.length
            result = int(pops and taken == 1000)
            count = result if pops else request.length
            transfer.answer(Response(0, request.opcode, words(*[5] * result), Status.OK, count))
    assert transfer.results.tolist() == [5]


def test_a_board_that_disappears_is_one_error() -> None:
    virtual = TargetBoard()
    with virtual, SerialTransport(virtual.port, timeout=0.3, attempts=2) as board:
        board.read(words(0))
        virtual.close()
        with pytest.raises(HwgenError, match=rf"{virtual.port} at 3000000 baud (is gone|stopped answering)"):
            board.read(words(0))


def test_a_port_where_nobody_answers_is_one_error() -> None:
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    with pytest.raises(HwgenError, match=r"no board answers on \S+ at 3000000 baud: asked 2 times, 0.05 s each"):
        SerialTransport(os.ttyname(theirs), timeout=0.05, attempts=2)
    chatter = threading.Thread(target=os.write, args=(ours, b"login: \r\n\x00" * 100))
    chatter.start()
    with pytest.raises(HwgenError, match="no board answers"):
        SerialTransport(os.ttyname(theirs), timeout=0.05, attempts=2)
    chatter.join()
    os.close(ours)
    os.close(theirs)
    with pytest.raises(HwgenError, match="cannot open /dev/nonesuch at 3000000 baud"):
        SerialTransport("/dev/nonesuch")


def test_a_port_is_used_by_one_at_a_time_and_closed_for_good() -> None:
    with TargetBoard() as virtual:
        board = SerialTransport(virtual.port)
        with pytest.raises(HwgenError, match="cannot open"):
            SerialTransport(virtual.port)
        board.close()
        board.close()
        with pytest.raises(HwgenError, match="closed"):
            board.read(words(0))


def test_backends_are_named_with_a_port_or_without() -> None:
    design = small_design("stochastic")
    for name in ("serial", "serial:", "golden:x", "rtl:/dev/null", "nonesuch"):
        with pytest.raises(DesignError, match="backend must be one of golden, rtl, serial:PORT, not"):
            api.open_design(design, name)
    with pytest.raises(DesignError, match="no waves"):
        api.open_design(design, "serial:/dev/null", waves="run.vcd")
    with pytest.raises(DesignError, match="backend rtl has no baud rate"):
        api.verify(design, baudrate=9600)
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
