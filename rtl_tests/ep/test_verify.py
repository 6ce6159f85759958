"""Verification of equilibrium-propagation machines on every backend, learning included."""

import numpy as np
import pytest

import hwgen
from rtl_tests.ep.machines import tiny
from sim.backends.rtl import RtlTransport
from sim.virtual_board import VirtualBoard

DESIGN = tiny("machine")


def test_the_rtl_backend_equals_the_golden_model() -> None:
    report = hwgen.verify(DESIGN, samples=300)
    assert report.ok and report.samples == 300
    assert report.cycles_measured == report.cycles_predicted > 0
    assert report.busy_cycles_measured == report.busy_cycles_predicted > 0


@pytest.mark.parametrize(
    "simulator",
    [pytest.param("verilator", marks=pytest.mark.slow), pytest.param("icarus", marks=pytest.mark.requires_icarus)],
)
def test_the_cocotb_benches_do(simulator: str) -> None:
    report = hwgen.verify(DESIGN, backend="cocotb", simulator=simulator, samples=20)
    assert report.ok and report.cycles_measured == report.cycles_predicted > 0


def test_a_board_trains_like_the_golden_model_and_starts_over_when_it_is_verified() -> None:
    with VirtualBoard(DESIGN) as virtual:
        backend = f"serial:{virtual.port}"
        for _ in range(2):
            report = hwgen.verify(DESIGN, backend=backend, samples=200)
            assert report.ok and (report.cycles_measured, report.busy_cycles_measured) == (None, None)

        # What it has learnt survives closing and opening: the board goes on where it was.
        golden = hwgen.open_design(DESIGN)
        board = hwgen.open_design(DESIGN, backend)
        golden.load(board.dump())
        inputs = board.stimulus.random_inputs(100, np.random.default_rng(5))
        for part in (slice(0, 50), slice(50, 100)):
            values = {name: array[part] for name, array in inputs.items()}
            assert not board.run(**values).differences(golden.run(**values)).any()
            board.close()
            board = hwgen.open_design(DESIGN, backend)
        assert board.dump() == golden.dump()
        board.close()


@pytest.mark.parametrize("name", ["flips", "drive_cycles", "learn_cycles"])
def test_another_count_in_the_statistics_is_a_difference(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    from sim.golden.ep import EPModel

    honest = EPModel.statistics
    monkeypatch.setattr(EPModel, "statistics", lambda self: honest(self) | {name: honest(self)[name] + 1})
    report = hwgen.verify(DESIGN, samples=100)
    assert not report.ok and not report.statistics_equal and report.mismatches == 0


def test_a_machine_whose_filling_outlasts_the_usual_patience_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = []
    honest = RtlTransport.__init__

    def watched(self: RtlTransport, *arguments: object, limit: int, **options: object) -> None:
        limits.append(limit)
        honest(self, *arguments, limit=limit, **options)

    monkeypatch.setattr(RtlTransport, "__init__", watched)
    monkeypatch.setattr("hwgen.design.PATIENCE", 0)
    machine = hwgen.open_design(DESIGN, "rtl")
    assert len(machine.infer(np.zeros((3, 20), np.uint8))) == 3
    machine.close()
    assert limits == [DESIGN.patience]
