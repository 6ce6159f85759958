"""Timing reports of nextpnr, read in the design's own terms."""

from typing import Any

import pytest

from boards.timing import clocks_of, signal_name


def segment(kind: str, delay: float, start: str, end: str, net: str | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {"type": kind, "delay": delay, "from": {"cell": start}, "to": {"cell": end}}
    return found | ({"net": net} if net is not None else {})


def report(fmax: float, start: str = "memory.column_3.0.0") -> dict[str, Any]:
    """As ``nextpnr --report`` writes it: a path into the design's only register, and one that comes from a pin."""
    lut, flip_flop = "memory.word_TRELLIS_FF_Q_19_DI_LUT4_Z_D_LUT4_Z_2", "memory.word_TRELLIS_FF_Q_19"
    path = [
        segment("clk-to-q", 5.83, start, start),
        segment("routing", 2.42, start, lut, "memory._381_[19]"),
        segment("logic", 0.24, lut, lut),
        segment("routing", 0.97, lut, flip_flop, "engine.words__payload.words.3[7]"),
        segment("setup", 0.0, flip_flop, flip_flop),
    ]
    return {
        "fmax": {"$glbnet$clk": {"achieved": fmax, "constraint": 150}},
        "critical_paths": [
            {"from": "<async>", "to": "posedge $glbnet$clk", "path": path},
            {"from": "posedge $glbnet$clk", "to": "posedge $glbnet$clk", "path": path},
        ],
    }


@pytest.mark.parametrize(
    ("found", "name"),
    [
        ("memory.word_TRELLIS_FF_Q_19_DI_LUT4_Z_D_LUT4_Z_2", "memory.word"),
        ("bank.samples_TRELLIS_FF_Q_30_DI_CCU2C_S0$CCU2_COMB1", "bank.samples"),
        ("memory.column_3.0.0", "memory.column_3"),
        ("system.heartbeat_left_SB_DFFSR_Q_3_D_SB_LUT4_O", "system.heartbeat_left"),
        ("engine.counts.0.1[8]", "engine.counts"),
        ("$glbnet$clk", "clk"),
    ],
)
def test_names_are_those_of_the_design(found: str, name: str) -> None:
    assert signal_name(found) == name


def test_critical_path_names_registers_and_signals() -> None:
    [clock] = clocks_of([report(101.8)])
    path = clock.critical_path
    assert path is not None
    assert (clock.name, clock.fmax_mhz) == ("clk", 101.8)
    assert (path.start, path.through, path.end) == ("memory.column_3", ("engine.words__payload.words",), "memory.word")
    assert path.logic_ns == pytest.approx(6.07)
    assert path.routing_ns == pytest.approx(3.39)


def test_fmax_is_the_median_of_the_seeds_and_its_path_is_that_seeds() -> None:
    reports = [report(fmax, f"engine.seed_{index}") for index, fmax in enumerate((90.0, 110.0, 100.0))]
    [clock] = clocks_of(reports)
    assert (clock.fmax_mhz, clock.fmax_mhz_by_seed) == (100.0, (90.0, 110.0, 100.0))
    assert clock.critical_path is not None
    assert clock.critical_path.start == "engine.seed_2"


def test_even_number_of_seeds_shows_the_slower_path_of_the_middle() -> None:
    [clock] = clocks_of([report(fmax, f"engine.seed_{fmax:.0f}") for fmax in (90, 120, 110, 100)])
    assert clock.fmax_mhz == 105
    assert clock.critical_path is not None
    assert clock.critical_path.start == "engine.seed_100"
