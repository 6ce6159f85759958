"""A bench with a fabricated Bayesian machine, from virgin cells to counts, beside the golden model; in co-simulation
the chip is its behavioural model."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwgen import registry
from hwgen.bayes.result import BayesResult
from hwgen.bayes.table import LikelihoodTable
from hwgen.bus.link.protocol import BAUDRATE
from hwgen.chips.config import MOST_CYCLES, ChipConfig
from hwgen.chips.driver import ChipDriver
from hwgen.chips.likelihoods import chip_words
from hwgen.design import Design
from hwgen.errors import DesignError
from hwgen.evaluation import Evaluation
from sim.backends import open_serial
from sim.backends.attached import AttachedTransport
from sim.devices.chips.bayes import AttachedChip, BayesChip
from sim.devices.chips.cells import Cells
from sim.devices.chips.facts import CHIPS

VERIFIED = 4
"""How often each word is verified again once it has been programmed."""

RANDOM_SAMPLES = 64
"""Where the likelihoods come without held-out samples."""


@dataclass(frozen=True)
class ModeReport:
    """What came of one mode. Accuracies are fractions of the held-out samples, None without."""

    mode: str
    words: int
    """Words that hold the likelihoods."""
    cells: int
    failed_cells: list[list[int]] | None
    """Cells that were wrong after the last attempt, or when read again: row and column of blocks, row and column; None
    where they were not read."""
    suspect_cells: list[list[int]] | None
    """Of a march: further cells, which read right, but of which a device seems stuck; None without."""
    attempts: float | None
    """Mean number of attempts in which a cell got pulses; None without programming."""
    seeds: list[int] | None
    """Of the columns' generators; None where none were loaded, as in logarithmic mode."""
    cycles: int | None
    """Stochastic cycles of a decision; None where there are none."""
    samples: int
    """Decided."""
    mismatches: int
    """Samples whose counts or sums, or what follows from them, are not the golden model's."""
    accuracy_golden: float | None
    accuracy_chip: float | None
    undetermined_reads: int | None
    """Bits that decisions have read of cells whose devices conducted alike, so that they were random; None on a real
    bench."""
    chip_clocks: int
    """Of a decision, whether any was made or not."""


@dataclass(frozen=True)
class ChipReport:
    """What came of a bench."""

    chip: str
    backend: str
    clock_hz: int
    chip_hz: int
    modes: list[ModeReport]
    errors: list[str]
    """Sticky errors of the controller that the golden model has not."""
    breaches: list[str] | None
    """What the lines did that they must not do to cells, as the behavioural model saw it; None on a real bench."""

    @property
    def ok(self) -> bool:
        """Whether every cell, and every bit of every result, is right, no cell is suspect, and nothing was cut or
        refused."""
        wrong = any(mode.failed_cells or mode.suspect_cells or mode.mismatches for mode in self.modes)
        return not (wrong or self.errors or self.breaches)

    def as_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {**asdict(self), "ok": self.ok}


def behavioural_chip(design: Design, stuck: float = 0.0, seed: int = 0, **facts: Any) -> BayesChip:
    """A virgin chip for a controller; ``stuck``: share of its devices that never change; ``facts`` other than those of
    :data:`~sim.devices.chips.facts.CHIPS`."""
    known = CHIPS[design.config.chip]  # type: ignore[attr-defined]
    known = type(known)(**asdict(known) | facts)
    return BayesChip(known, design.config.chip_hz, Cells(known, stuck, seed))  # type: ignore[attr-defined]


def open_cosimulation(design: Design, chip: BayesChip) -> ChipDriver:
    """The driver of a controller, emitted and compiled by Verilator, with ``chip`` at its pins."""
    return ChipDriver(AttachedTransport(design, "chip", AttachedChip(chip)), design.config)  # type: ignore[arg-type]


def run_bench(
    design: Design,
    likelihoods: Mapping[str, tuple[LikelihoodTable, Evaluation | None]],
    backend: str = "rtl",
    *,
    form: bool = True,
    program: bool = True,
    march: bool = False,
    decide: bool = True,
    seeds: Sequence[int] | None = None,
    cycles: int | None = None,
    stuck: float = 0.0,
    seed: int = 0,
    facts: Mapping[str, Any] | None = None,
    baudrate: int | None = None,
) -> ChipReport:
    """Form, program, verify, load seeds, and decide in each mode, and compare with the golden model.

    Args:
        design: of :func:`~hwgen.chips.target.target_design`.
        likelihoods: by mode, as :func:`~hwgen.chips.likelihoods.from_source` gives them.
        backend: ``"rtl"``: the emitted Verilog and a behavioural chip; ``"serial:PORT"``: a bench.
        form: form the cells first, where they are programmed; not for a chip that has been formed.
        program: program the cells; else the chip holds the likelihoods, which are those of one mode: the behavioural
            one begins with them.
        march: find cells with a stuck device while programming; see :meth:`hwgen.chips.driver.ChipDriver.march`.
        decide: decide samples. Without, the cells are verified, and without programming and decisions that is all;
            decisions without programming are made with what the cells hold, and these are not verified.
        seeds: of the columns' generators; by default the config's.
        cycles: stochastic cycles of a decision; by default a period of the generators.
        stuck: ``"rtl"``: share of the devices that never change.
        seed: of these, of undetermined reads, and of random samples.
        facts: ``"rtl"``: what is otherwise than in :data:`~sim.devices.chips.facts.CHIPS`, such as
            ``{"control_clocks": 3}``: a controller with other delays needs another chip.
        baudrate: of the bench.

    Raises :class:`~hwgen.errors.DesignError` for another backend, and without programming for likelihoods of several
    modes and for a march.
    """
    kind, arguments = registry.backend(backend)
    if kind == "golden":
        raise DesignError(
            f"backend must be rtl or serial:PORT, not {backend!r}: a bench compares with the golden model"
        )
    registry.check_baudrate(kind, baudrate)
    if not program and len(likelihoods) != 1:
        raise DesignError(f"a chip that is not programmed holds the likelihoods of one mode, not {len(likelihoods)}")
    if march and not program:
        raise DesignError("a march programs the chip's cells; program them, or leave it out")
    config: Any = design.config
    work = _Work(program, march, decide, seeds, cycles, seed)
    chip = None
    if kind == "serial":
        driver: ChipDriver = open_serial(design, *arguments, baudrate=baudrate or BAUDRATE)
    else:
        chip = behavioural_chip(design, stuck, seed, **(facts or {}))
        if not program:
            ((table, _),) = likelihoods.values()
            _hold(chip, config, table)
        driver = open_cosimulation(design, chip)
    try:
        driver.clear_errors()
        modes: list[ModeReport] = []
        formed: set[int] = set()
        expected: set[str] = set()
        for mode, (table, held_out) in likelihoods.items():
            words = set(chip_words(driver.config.profile, table))
            model = design.core.load("model")(driver.config, table)
            # A word is formed once.
            virgin = words - formed if form else set()
            modes.append(_run_mode(driver, model, chip, mode, table, held_out, virgin, work))
            formed |= words
            expected |= model.errors()
        errors = sorted(driver.errors() - expected)
    finally:
        driver.close()
    return ChipReport(
        chip=config.chip,
        backend=backend,
        clock_hz=config.clock_hz,
        chip_hz=config.chip_hz,
        modes=modes,
        errors=errors,
        breaches=None if chip is None else chip.breaches,
    )


@dataclass(frozen=True)
class _Work:
    """What :func:`run_bench` is to do in each mode."""

    program: bool
    march: bool
    decide: bool
    seeds: Sequence[int] | None
    cycles: int | None
    seed: int


def _run_mode(
    driver: ChipDriver,
    model: Any,
    chip: BayesChip | None,
    mode: str,
    table: LikelihoodTable,
    held_out: Evaluation | None,
    virgin: set[int],
    work: _Work,
) -> ModeReport:
    marched = driver.march(table, form=virgin) if work.march else None
    programmed = driver.program(table, form=virgin) if work.program and not work.march else marched
    verified = driver.verify(table, VERIFIED) if work.program or not work.decide else None
    read = [found for found in (programmed, verified) if found is not None]
    words = chip_words(driver.config.profile, table)
    return ModeReport(
        mode=mode,
        words=len(words),
        cells=len(words) * driver.config.profile.geometry.word_bits,
        failed_cells=_cells(driver, table, [found.failed for found in read]) if read else None,
        suspect_cells=None if marched is None else _cells(driver, table, [marched.suspect]),
        attempts=None if programmed is None else float(programmed.attempts.mean()),
        **_decide(driver, model, chip, mode, table, held_out, work),
    )


def _decide(
    driver: ChipDriver,
    model: Any,
    chip: BayesChip | None,
    mode: str,
    table: LikelihoodTable,
    held_out: Evaluation | None,
    work: _Work,
) -> dict[str, Any]:
    """What a :class:`ModeReport` says of decisions."""
    config = driver.config
    stochastic = mode == "stochastic"
    seeds = list(config.seeds if work.seeds is None else work.seeds) if stochastic and work.decide else None
    cycles = (MOST_CYCLES if work.cycles is None else work.cycles) if stochastic and work.decide else None
    report: dict[str, Any] = {
        "seeds": seeds,
        "cycles": cycles,
        "samples": 0,
        "mismatches": 0,
        "accuracy_golden": None,
        "accuracy_chip": None,
        "undetermined_reads": None if chip is None else 0,
        "chip_clocks": config.steps(mode, cycles or MOST_CYCLES),
    }
    if not work.decide:
        return report
    if not work.program:
        driver.use(table)
    for machine in (driver, model):
        machine.set_mode(mode)
        if seeds is not None and cycles is not None:
            machine.load_seeds(seeds)
            machine.set_cycles(cycles)
    if held_out is None:
        bins = [len(stream) for stream in table.streams]
        samples = np.random.default_rng(work.seed).integers(0, bins, (RANDOM_SAMPLES, len(bins)))
    else:
        samples = np.asarray(held_out.samples, np.int64)
    before = 0 if chip is None else chip.cells.undetermined
    found, expected = driver.infer(samples), model.infer(samples)
    return report | {
        "samples": len(samples),
        "mismatches": int(found.differences(expected).sum()),
        "accuracy_golden": _accuracy(expected, held_out),
        "accuracy_chip": _accuracy(found, held_out),
        "undetermined_reads": None if chip is None else chip.cells.undetermined - before,
    }


def _hold(chip: BayesChip, config: ChipConfig, table: LikelihoodTable) -> None:
    """Let a chip's cells hold a table already."""
    for address, bits in chip_words(config.profile, table).items():
        chip.cells.hold(config.profile.geometry.place(address), bits)


def _cells(driver: ChipDriver, table: LikelihoodTable, found: Sequence[NDArray[np.bool_]]) -> list[list[int]]:
    """Where the cells are that are marked in any of some goes."""
    geometry = driver.config.profile.geometry
    marked = np.logical_or.reduce(found)
    cells = []
    for address, marks in zip(chip_words(driver.config.profile, table), marked, strict=True):
        place = geometry.place(address)
        columns = place.word * geometry.word_bits + np.flatnonzero(marks)
        cells += [[place.block_row, place.block_column, place.row, column] for column in columns.tolist()]
    return cells


def _accuracy(result: BayesResult, held_out: Evaluation | None) -> float | None:
    return None if held_out is None else float((result.decisions == held_out.labels).mean())
