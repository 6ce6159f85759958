"""The `rtl` backend: bulk bus and stream transactions on a compiled design."""

import re
import signal
from pathlib import Path
from types import FrameType

import numpy as np
import pytest

from hwgen.errors import BusError, DesignError, HwgenError, ToolError
from rtl_tests.sim.target import (
    ACCESSES,
    DEAF_BUS,
    FAST_BUS,
    LATENCY,
    SLOW_BUS,
    VIOLATIONS,
    WAIT,
    design,
    opened,
    payloads,
    random_values,
    words,
)
from sim.backends import verilator
from sim.backends.rtl import BUS_LIMIT, RtlTransport


@pytest.mark.parametrize("width", [1, 8, 33, 64, 70, 200])
def test_a_stream_keeps_every_bit_at_any_width_and_runs_at_full_speed(width: int) -> None:
    values = random_values(width, 50)
    expected = payloads([(value + 1) % (1 << width) for value in values], width)
    with opened(width) as hardware:
        y, elapsed = hardware.stream(payloads(values, width), len(values))
        assert elapsed == len(values) - 1 + LATENCY
        np.testing.assert_array_equal(y, expected)
        assert y.dtype == np.uint32


def test_a_long_stream_has_no_bubble_where_the_library_calls_meet() -> None:
    count = 50_000
    with opened() as hardware:
        x = payloads(list(range(count)), 70)
        before = hardware.clocks
        y, elapsed = hardware.stream(x, count)
        assert elapsed == count - 1 + LATENCY
        assert hardware.clocks - before == count + LATENCY
        np.testing.assert_array_equal(y[:, 0], np.arange(1, count + 1))


@pytest.mark.parametrize(("x_stall", "y_stall"), [(0.5, 0.0), (0.0, 0.5), (0.3, 0.7), (0.95, 0.95)])
def test_stalls_change_no_bit_and_break_no_rule_of_the_protocol(x_stall: float, y_stall: float) -> None:
    count = 500
    x = payloads(random_values(70, count), 70)
    with opened() as hardware:
        expected, unstalled = hardware.stream(x, count)
        y, elapsed = hardware.stream(x, count, x_stall=x_stall, y_stall=y_stall, seed=1)
        np.testing.assert_array_equal(y, expected)
        # The slower side sets the pace: count / (1 - stall) clocks on average.
        assert elapsed > unstalled * 0.8 / (1 - max(x_stall, y_stall))
        assert hardware.stream(x, count, x_stall=x_stall, y_stall=y_stall, seed=1)[1] == elapsed
        assert hardware.stream(x, count, x_stall=x_stall, y_stall=y_stall, seed=2)[1] != elapsed
        assert hardware.read(words(VIOLATIONS))[0] == 0


def test_results_can_be_drained_without_inputs() -> None:
    with opened() as hardware:
        x = payloads([6, 7], 70)
        y, elapsed = hardware.stream(x, 0)
        assert (y.shape, elapsed) == ((0, 3), 0)
        y, elapsed = hardware.stream(x[:0], 2)
        np.testing.assert_array_equal(y, payloads([7, 8], 70))
        assert elapsed == 0


def test_a_stream_that_hangs_is_an_error_and_reset_mends_it() -> None:
    with opened(limit=200) as hardware:
        x = payloads([1, 2, 3], 70)
        before = hardware.clocks
        with pytest.raises(HwgenError, match=r"no transfer in 200 clocks, after 6 of 7 transfers"):
            hardware.stream(x, 4)
        assert hardware.clocks - before == 3 + LATENCY + 200
        hardware.reset()
        np.testing.assert_array_equal(hardware.stream(x, 3)[0], x + words(1, 0, 0))


def test_reset_clears_the_pipeline_and_keeps_the_registers() -> None:
    with opened() as hardware:
        hardware.write(words(8), words(123))
        hardware.stream(payloads([1, 2], 70), 0)
        hardware.reset()
        y, _ = hardware.stream(payloads([10], 70), 1)
        assert y[0, 0] == 11
        assert hardware.read(words(8))[0] == 123


@pytest.mark.parametrize(("bus", "clocks"), [(FAST_BUS, 1), (SLOW_BUS, 1 + WAIT)])
def test_bus_accesses_follow_each_other_without_a_pause(bus: str, clocks: int) -> None:
    addresses = np.tile(np.arange(0, 64, 4, dtype=np.uint32), 1000)
    values = np.arange(len(addresses), dtype=np.uint32) * np.uint32(0x9E3779B1)
    with opened(bus=bus) as hardware:
        before = hardware.clocks
        hardware.write(addresses, values)
        assert hardware.clocks - before == len(addresses) * clocks
        np.testing.assert_array_equal(hardware.read(addresses[:16]), values[-16:])
        assert hardware.read(words(VIOLATIONS))[0] == 0


@pytest.mark.parametrize("bus", [FAST_BUS, SLOW_BUS])
def test_a_bus_error_names_the_access_and_stops_before_the_next(bus: str) -> None:
    with opened(bus=bus) as hardware:
        hardware.write(words(0, 4, 8), words(1, 2, 3))
        with pytest.raises(BusError, match=r"^write of 0x0000000b at address 0x00000100 was answered with an error$"):
            hardware.write(words(4, 0x100, 8), words(10, 11, 12))
        np.testing.assert_array_equal(hardware.read(words(0, 4, 8)), [1, 10, 3])
        with pytest.raises(BusError, match=r"^read at address 0x00000006 was answered with an error$"):
            hardware.read(words(0, 6))
        assert hardware.read(words(VIOLATIONS))[0] == 0


def test_nothing_is_requested_but_what_was_asked_for() -> None:
    with opened() as hardware:
        hardware.write(words(0, 4, 8), words(1, 2, 3))
        hardware.stream(payloads([1, 2], 70), 1)  # one result stays in the pipeline
        with pytest.raises(BusError):
            hardware.read(words(0x100))
        np.testing.assert_array_equal(hardware.stream(payloads([3], 70), 2)[0], payloads([3, 4], 70))
        assert hardware.read(words(ACCESSES))[0] == 4


def test_a_bus_that_never_answers_is_an_error() -> None:
    with opened(bus=DEAF_BUS) as hardware:
        before = hardware.clocks
        with pytest.raises(HwgenError, match=f"^read at address 0x00000004 was not answered in {BUS_LIMIT} clocks$"):
            hardware.read(words(4))
        assert hardware.clocks - before == BUS_LIMIT


def test_transports_of_one_design_are_independent() -> None:
    with opened() as one, opened() as other:
        one.write(words(0), words(1))
        other.write(words(0), words(2))
        assert (one.read(words(0))[0], other.read(words(0))[0]) == (1, 2)


def test_an_interrupt_ends_a_long_stream_and_leaves_the_transport_usable() -> None:
    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGALRM, interrupt)
    try:
        with opened(limit=10**15) as hardware:
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            with pytest.raises(KeyboardInterrupt):
                hardware.stream(payloads([1], 70), 2)
            hardware.reset()
            assert hardware.stream(payloads([1], 70), 1)[0][0, 0] == 2
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def test_a_vcd_file_covers_every_clock(tmp_path: Path) -> None:
    path = tmp_path / "run.vcd"
    with opened(300, waves=path) as hardware:
        hardware.stream(payloads([1, 2, 3], 300), 3)
        hardware.read(words(0))
        clocks = hardware.clocks
    text = path.read_text()
    assert "$timescale 1ns $end" in text
    assert " x_payload [299:0] $end" in text
    assert int(re.findall(r"^#(\d+)$", text, re.MULTILINE)[-1]) == (clocks - 1) * 10 + 5


def test_an_fst_file_is_written_or_the_missing_library_named(tmp_path: Path) -> None:
    path = tmp_path / "run.fst"
    try:
        hardware = opened(waves=path)
    except ToolError as error:
        assert re.search(r"apt-get install \S+-dev, or give a \.vcd file name", str(error))
        pytest.skip(str(error))
    hardware.stream(payloads([1, 2, 3], 70), 3)
    hardware.close()
    content = path.read_bytes()
    assert content[0] == 0  # FST's header block, not the placeholder of an unfinished file
    assert len(content) > 330  # the header block has 330 bytes


def test_other_waveform_kinds_and_closed_transports_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DesignError, match=r"must be a \.vcd or a \.fst file"):
        opened(waves=tmp_path / "run.ghw")
    with pytest.raises(DesignError, match=r"must be a \.vcd or a \.fst file"):
        opened(waves=tmp_path / "run")
    with pytest.raises(HwgenError, match="cannot write the waveform"):
        opened(waves=tmp_path / "missing" / "run.vcd")
    hardware = opened()
    hardware.close()
    hardware.close()
    with pytest.raises(HwgenError, match="closed"):
        hardware.reset()


def test_arrays_that_do_not_fit_the_ports_are_refused() -> None:
    with opened() as hardware:
        with pytest.raises(ValueError, match=r"x must have shape \(n, 3\), not \(4, 2\)"):
            hardware.stream(np.zeros((4, 2), dtype=np.uint32), 4)
        with pytest.raises(ValueError, match="above the port's 70 bits"):
            hardware.stream(words(0, 0, 1 << 6).reshape(1, 3), 1)
        with pytest.raises(ValueError, match=r"values must have shape \(2\), not \(1,\)"):
            hardware.write(words(0, 4), words(1))
        with pytest.raises(ValueError, match="y_stall must be from 0"):
            hardware.stream(payloads([1], 70), 1, y_stall=1.0)


def test_a_design_with_other_ports_is_refused() -> None:
    with pytest.raises(DesignError, match="port x_payload of module target must be input, 71 bits wide, not input, 70"):
        RtlTransport(design(70), "target", 71, 70)
    extra = design(70).replace("input rst,", "input rst, input enable,")
    with pytest.raises(DesignError, match="module target must not have port enable"):
        RtlTransport(extra, "target", 70, 70)


def test_verilog_that_does_not_compile_is_an_error_with_verilators_words() -> None:
    with pytest.raises(ToolError, match=r"(?s)verilator failed.*syntax error"):
        RtlTransport(design(8).replace("endmodule", ""), "target", 8, 8)


def test_a_combinational_loop_is_an_error_and_not_the_end_of_python() -> None:
    loop = design(8).replace("reg x_held", "wire a = bus_valid & !b, b = a;\n  reg x_held").replace(
        "assign bus_error =", "assign bus_error = a &"
    )  # fmt: skip
    with RtlTransport(loop, "target", 8, 8) as hardware, pytest.raises(HwgenError, match="the simulation failed"):
        hardware.read(words(0))


def test_a_compiled_design_is_used_again_without_any_tool(monkeypatch: pytest.MonkeyPatch) -> None:
    opened().close()

    def no_tool(*command: object, **_options: object) -> str:
        raise AssertionError(f"{command} was run")

    monkeypatch.setattr(verilator, "_run", no_tool)
    opened().close()
    with pytest.raises(AssertionError, match="was run"):
        RtlTransport(design(70) + "// another text", "target", 70, 70)
