"""Verification of a design: emitted Verilog, or a board, against golden model, every bit and every cycle."""

import time
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from hwgen import registry
from hwgen.design import Design
from hwgen.errors import DesignError
from sim.backends import open_golden
from sim.backends.cocotb_runner import SIMULATORS

RANDOM_SAMPLES = {"rtl": 1024, "serial": 256, "cocotb": 64}
"""Random samples when the caller names no number."""

MOST_REAL_SAMPLES = {"rtl": None, "serial": None, "cocotb": 64}
"""Real samples are all used where that takes no time."""

DEPENDS_ON_ARRIVAL = frozenset({"drive_cycles"})
"""Statistics that depend on when samples come: on a board they are not the golden model's, which has streams at full
speed."""


@dataclass(frozen=True)
class Verification:
    """What a comparison found. Accuracies are fractions of the real samples, None without real samples."""

    design: str
    core: str
    backend: str
    simulator: str | None
    """None on a board."""
    samples: int
    """Samples compared."""
    real_samples: int
    """How many of them are held-out real data."""
    mismatches: int
    """Samples whose result differs in any bit."""
    memory_equal: bool
    """The memories hold what the golden model's hold."""
    errors_equal: bool
    """The sticky errors are the golden model's."""
    statistics_equal: bool
    """The counters of samples, of what was done with them, and of the clocks that it took, are the golden model's; on a
    board without :data:`DEPENDS_ON_ARRIVAL`."""
    cycles_predicted: int
    """Clocks of all samples, first transfer to last, as the golden model's formula has it."""
    cycles_measured: int | None
    """The same, counted in the simulation; None on a board, which does not show its clock."""
    busy_cycles_predicted: int
    busy_cycles_measured: int | None
    """The hardware's busy-cycle counter; None on a board whose core works on several samples at a time: the count then
    depends on how fast they come."""
    accuracy_float: float | None
    accuracy_golden: float | None
    accuracy_rtl: float | None
    samples_per_second: float
    """Speed of simulation or board, compilation and loading aside."""

    @property
    def ok(self) -> bool:
        """Whether there is no difference of any kind."""
        return (
            self.mismatches == 0
            and self.memory_equal
            and self.errors_equal
            and self.statistics_equal
            and self.cycles_measured in (None, self.cycles_predicted)
            and self.busy_cycles_measured in (None, self.busy_cycles_predicted)
        )

    def as_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {**asdict(self), "ok": self.ok}


def verify(
    design: Design,
    *,
    backend: str = "rtl",
    simulator: str = "verilator",
    baudrate: int | None = None,
    samples: int | None = None,
    seed: int = 0,
) -> Verification:
    """Compare a design's emitted Verilog, or a board, with its golden model on real samples and on random ones.

    Args:
        design: a loaded design.
        backend: ``"rtl"`` (bulk transactions in compiled code; Verilator only), ``"cocotb"`` (a cocotb bench) or
            ``"serial:PORT"`` (a board).
        simulator: ``"verilator"`` or ``"icarus"``.
        baudrate: of the board, by default 3,000,000.
        samples: random samples, by default 1024 with ``rtl``, 256 with ``serial`` and 64 with ``cocotb``. Of the
            design's held-out real samples all are compared besides; with ``cocotb`` 64 (or ``samples``, if more).
        seed: of the random samples.

    Raises :class:`~hwgen.errors.DesignError` for a backend or simulator there is not.
    """
    kind, colon, port = backend.partition(":")
    if kind not in RANDOM_SAMPLES or not bool(colon) == bool(port) == (kind == registry.PORT_BACKEND):
        raise DesignError(f"backend must be one of rtl, cocotb, serial:PORT, not {backend!r}")
    if simulator not in SIMULATORS:
        raise DesignError(f"simulator must be {' or '.join(SIMULATORS)}, not {simulator!r}")
    if kind != "cocotb" and simulator != "verilator":
        raise DesignError(f"backend {kind} does not run on {simulator}; use backend cocotb")
    registry.check_baudrate(kind, baudrate)
    least = 1 if design.evaluation is None else 0
    if samples is not None and samples < least:
        raise DesignError(f"samples must be at least {least}, not {samples}")

    design = design.with_trial_parameters(seed)
    inputs, labels = _inputs(design, kind, samples, seed)
    golden = open_golden(design)
    expected = [golden.run(**call) for call in inputs]
    if kind == "cocotb":
        outcome = _run_bench(design, inputs, simulator, seed)
    else:
        driver = registry.open_backend(design, backend, baudrate=baudrate)
        outcome = _run(driver, inputs, design.parameters if kind == "serial" else _FRESH)
    found, memory, errors, statistics, seconds = outcome

    count = sum(len(result) for result in expected)
    pairs = list(zip(expected, found, strict=True))
    return Verification(
        design=design.name,
        core=design.core.name,
        backend=backend,
        simulator=None if kind == "serial" else simulator,
        samples=count,
        real_samples=0 if labels is None else len(labels),
        mismatches=int(sum(mine.differences(yours).sum() for mine, yours in pairs)),
        memory_equal=memory == golden.dump(),
        errors_equal=errors == golden.errors(),
        statistics_equal=_compared(golden.statistics(), kind) == _compared(statistics, kind),
        cycles_predicted=sum(result.elapsed_cycles for result in expected),
        cycles_measured=None if kind == "serial" else sum(result.elapsed_cycles for result in found),
        busy_cycles_predicted=sum(result.busy_cycles for result in expected),
        busy_cycles_measured=None
        if kind == "serial" and design.config.overlaps
        else sum(result.busy_cycles for result in found),
        accuracy_float=_accuracy(None if design.evaluation is None else design.evaluation.float_decisions, labels),
        accuracy_golden=_accuracy(expected[0].decisions, labels),
        accuracy_rtl=_accuracy(found[0].decisions, labels),
        samples_per_second=count / seconds,
    )


def _inputs(
    design: Design, backend: str, samples: int | None, seed: int
) -> tuple[list[dict[str, Any]], np.ndarray[Any, Any] | None]:
    """Arguments of each ``run``, the real samples first, from which nothing is learnt, and their labels."""
    count = RANDOM_SAMPLES[backend] if samples is None else samples
    stimulus = design.core.load("stimulus")(design.config)
    inputs = [stimulus.random_inputs(count, np.random.default_rng(seed))] if count else []
    if design.evaluation is None:
        return inputs, None
    most = MOST_REAL_SAMPLES[backend]
    real = slice(None if most is None else max(most, count))
    return [{"samples": design.evaluation.samples[real]}, *inputs], design.evaluation.labels[real]


Outcome = tuple[list[Any], Any, frozenset[str], dict[str, int], float]
"""Results of each call, memory content, sticky errors, statistics, and the seconds that the calls took."""

_FRESH = object()
"""In place of parameters: the hardware has just been switched on."""


def _run_bench(design: Design, inputs: list[dict[str, Any]], simulator: str, seed: int) -> Outcome:
    from sim.backends.cocotb_run import run

    answer = run(design, inputs, simulator, seed=seed)
    return answer.results, answer.memory, answer.errors, answer.statistics, answer.seconds


def _run(driver: Any, inputs: list[dict[str, Any]], parameters: Any) -> Outcome:
    try:
        if parameters is not _FRESH:
            driver.start_over(parameters)
        start = time.perf_counter()
        found = [driver.run(**call) for call in inputs]
        seconds = time.perf_counter() - start
        return found, driver.dump(), driver.errors(), driver.statistics(), seconds
    finally:
        driver.close()


def _compared(statistics: dict[str, int], backend: str) -> dict[str, int]:
    """The statistics that are the golden model's on this backend."""
    left_out = DEPENDS_ON_ARRIVAL if backend == "serial" else frozenset()
    return {name: value for name, value in statistics.items() if name not in left_out}


def _accuracy(decisions: np.ndarray[Any, Any] | None, labels: np.ndarray[Any, Any] | None) -> float | None:
    """Of the first decisions, as many as there are labels."""
    return None if decisions is None or labels is None else float((decisions[: len(labels)] == labels).mean())
