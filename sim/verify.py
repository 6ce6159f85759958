"""Verification of a design: emitted Verilog against golden model, every bit and every cycle."""

import time
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from hwgen.design import Design
from hwgen.errors import DesignError
from sim.backends import open_golden, open_rtl

RANDOM_SAMPLES = {"rtl": 1024, "cocotb": 64}
"""Random samples when the caller names no number."""

MOST_REAL_SAMPLES = {"rtl": None, "cocotb": 64}
"""Real samples are all used where that takes no time."""


@dataclass(frozen=True)
class Verification:
    """What a comparison found. Accuracies are fractions of the real samples, None without real samples."""

    design: str
    core: str
    backend: str
    simulator: str
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
    cycles_predicted: int
    """Clocks of all samples, first transfer to last, as the golden model's formula has it."""
    cycles_measured: int
    """The same, counted in the simulation."""
    busy_cycles_predicted: int
    busy_cycles_measured: int
    """The hardware's busy-cycle counter."""
    accuracy_float: float | None
    accuracy_golden: float | None
    accuracy_rtl: float | None
    samples_per_second: float
    """Speed of the simulation, compilation and loading aside."""

    @property
    def ok(self) -> bool:
        """Whether there is no difference of any kind."""
        return (
            self.mismatches == 0
            and self.memory_equal
            and self.errors_equal
            and self.cycles_predicted == self.cycles_measured
            and self.busy_cycles_predicted == self.busy_cycles_measured
        )

    def as_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {**asdict(self), "ok": self.ok}


def verify(
    design: Design,
    *,
    backend: str = "rtl",
    simulator: str = "verilator",
    samples: int | None = None,
    seed: int = 0,
) -> Verification:
    """Compare a design's emitted Verilog with its golden model on real samples and on random ones.

    Args:
        design: a loaded design.
        backend: ``"rtl"`` (bulk transactions in compiled code; Verilator only) or ``"cocotb"`` (a cocotb bench).
        simulator: ``"verilator"`` or ``"icarus"``.
        samples: random samples, by default 1024 with ``rtl`` and 64 with ``cocotb``. Of the design's held-out real
            samples all are compared besides with ``rtl``, and 64 (or ``samples``, if that is more) with ``cocotb``.
        seed: of the random samples.

    Raises :class:`~hwgen.errors.DesignError` for a backend or simulator there is not.
    """
    if backend not in RANDOM_SAMPLES:
        raise DesignError(f"backend must be one of {', '.join(RANDOM_SAMPLES)}, not {backend!r}")
    if simulator not in ("verilator", "icarus"):
        raise DesignError(f"simulator must be verilator or icarus, not {simulator!r}")
    if backend == "rtl" and simulator != "verilator":
        raise DesignError(f"backend rtl runs on verilator only, not on {simulator}; use backend cocotb")
    least = 1 if design.evaluation is None else 0
    if samples is not None and samples < least:
        raise DesignError(f"samples must be at least {least}, not {samples}")

    inputs, labels = _inputs(design, backend, samples, seed)
    golden = open_golden(design)
    expected = [golden.infer(**call) for call in inputs]
    found, memory, errors, seconds = _run(design, inputs, backend, simulator, seed)

    count = sum(len(result) for result in expected)
    pairs = list(zip(expected, found, strict=True))
    return Verification(
        design=design.name,
        core=design.core.name,
        backend=backend,
        simulator=simulator,
        samples=count,
        real_samples=0 if labels is None else len(labels),
        mismatches=int(sum(mine.differences(yours).sum() for mine, yours in pairs)),
        memory_equal=memory == golden.dump(),
        errors_equal=errors == golden.errors(),
        cycles_predicted=sum(result.elapsed_cycles for result in expected),
        cycles_measured=sum(result.elapsed_cycles for result in found),
        busy_cycles_predicted=sum(result.busy_cycles for result in expected),
        busy_cycles_measured=sum(result.busy_cycles for result in found),
        accuracy_float=None if labels is None else _accuracy(design.evaluation.float_decisions[: len(labels)], labels),
        accuracy_golden=None if labels is None else _accuracy(expected[0].decisions, labels),
        accuracy_rtl=None if labels is None else _accuracy(found[0].decisions, labels),
        samples_per_second=count / seconds,
    )


def _inputs(
    design: Design, backend: str, samples: int | None, seed: int
) -> tuple[list[dict[str, Any]], np.ndarray[Any, Any] | None]:
    """Arguments of each ``infer``, the real samples first, and the real samples' labels."""
    count = RANDOM_SAMPLES[backend] if samples is None else samples
    stimulus = design.core.load("stimulus")(design.config)
    inputs = [stimulus.random_inputs(count, np.random.default_rng(seed))] if count else []
    if design.evaluation is None:
        return inputs, None
    most = MOST_REAL_SAMPLES[backend]
    real = slice(None if most is None else max(most, count))
    return [{"samples": design.evaluation.samples[real]}, *inputs], design.evaluation.labels[real]


def _run(
    design: Design, inputs: list[dict[str, Any]], backend: str, simulator: str, seed: int
) -> tuple[list[Any], Any, frozenset[str], float]:
    """Results of each call, memory content, sticky errors, and the seconds that the calls took."""
    if backend == "cocotb":
        from sim.backends.cocotb_infer import infer

        answer = infer(design, inputs, simulator, seed=seed)
        return answer.results, answer.memory, answer.errors, answer.seconds
    driver = open_rtl(design)
    try:
        start = time.perf_counter()
        found = [driver.infer(**call) for call in inputs]
        seconds = time.perf_counter() - start
        return found, driver.dump(), driver.errors(), seconds
    finally:
        driver.close()


def _accuracy(decisions: np.ndarray[Any, Any], labels: np.ndarray[Any, Any]) -> float:
    return float((decisions == labels).mean())
