"""A bench with a fabricated Bayesian machine, from virgin cells to counts, beside the golden model; in co-simulation
the chip is its behavioural model."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from hwgen import registry
from hwgen.bayes.result import BayesResult
from hwgen.bayes.table import LikelihoodTable
from hwgen.bus.link.protocol import BAUDRATE
from hwgen.chips.driver import ChipDriver
from hwgen.chips.likelihoods import chip_words
from hwgen.design import Design
from hwgen.errors import DesignError
from hwgen.evaluation import Evaluation
from hwgen.memristor.driver import ProgrammedWords
from sim.backends import open_serial
from sim.backends.attached import AttachedTransport
from sim.devices.chips.bayes import AttachedChip, BayesChip
from sim.devices.chips.cells import Cells
from sim.devices.chips.facts import CHIPS

VERIFIED = 4
"""How often each word is read again once it has been programmed."""

RANDOM_SAMPLES = 64
"""Where the likelihoods come without held-out samples."""


@dataclass(frozen=True)
class ModeReport:
    """What came of one mode. Accuracies are fractions of the held-out samples, None without."""

    mode: str
    words: int
    """Words programmed."""
    cells: int
    failed_cells: list[list[int]]
    """Cells that were wrong after the last attempt, or when read again: row and column of blocks, row and column."""
    attempts: float
    """Mean number of attempts in which a cell got pulses."""
    seeds: list[int] | None
    """Of the columns' generators; None in logarithmic mode."""
    samples: int
    mismatches: int
    """Samples whose counts or sums, or what follows from them, are not the golden model's."""
    accuracy_golden: float | None
    accuracy_chip: float | None
    undetermined_reads: int | None
    """Bits that decisions have read of cells whose devices conducted alike, so that they were random; None on a real
    bench."""
    chip_clocks: int
    """Of a decision."""


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
        """Whether every cell, and every bit of every result, is right, and nothing was cut or refused."""
        wrong = any(mode.failed_cells or mode.mismatches for mode in self.modes)
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
    seeds: Sequence[int] | None = None,
    stuck: float = 0.0,
    seed: int = 0,
    baudrate: int | None = None,
) -> ChipReport:
    """Form, program, verify, load seeds, and decide in each mode, and compare with the golden model.

    Args:
        design: of :func:`~hwgen.chips.target.target_design`.
        likelihoods: by mode, as :func:`~hwgen.chips.likelihoods.from_source` gives them.
        backend: ``"rtl"``: the emitted Verilog and a behavioural chip; ``"serial:PORT"``: a bench.
        form: form the cells first; not for a chip that has been formed.
        seeds: of the columns' generators; by default the config's.
        stuck: ``"rtl"``: share of the devices that never change.
        seed: of these, of undetermined reads, and of random samples.
        baudrate: of the bench.

    Raises :class:`~hwgen.errors.DesignError` for another backend.
    """
    kind, arguments = registry.backend(backend)
    if kind == "golden":
        raise DesignError(
            f"backend must be rtl or serial:PORT, not {backend!r}: a bench compares with the golden model"
        )
    registry.check_baudrate(kind, baudrate)
    chip = None
    if kind == "serial":
        driver: ChipDriver = open_serial(design, *arguments, baudrate=baudrate or BAUDRATE)
    else:
        chip = behavioural_chip(design, stuck, seed)
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
            modes.append(_run_mode(driver, model, chip, mode, table, held_out, virgin, seeds, seed))
            formed |= words
            expected |= model.errors()
        errors = sorted(driver.errors() - expected)
    finally:
        driver.close()
    config: Any = design.config
    return ChipReport(
        chip=config.chip,
        backend=backend,
        clock_hz=config.clock_hz,
        chip_hz=config.chip_hz,
        modes=modes,
        errors=errors,
        breaches=None if chip is None else chip.breaches,
    )


def _run_mode(
    driver: ChipDriver,
    model: Any,
    chip: BayesChip | None,
    mode: str,
    table: LikelihoodTable,
    held_out: Evaluation | None,
    virgin: set[int],
    seeds: Sequence[int] | None,
    seed: int,
) -> ModeReport:
    config = driver.config
    programmed = driver.program(table, form=virgin)
    verified = driver.verify(table, VERIFIED)
    driver.set_mode(mode)
    model.set_mode(mode)
    if mode == "stochastic":
        seeds = config.seeds if seeds is None else seeds
        driver.load_seeds(seeds)
        model.load_seeds(seeds)
    if held_out is None:
        bins = [len(stream) for stream in table.streams]
        samples = np.random.default_rng(seed).integers(0, bins, (RANDOM_SAMPLES, len(bins)))
    else:
        samples = np.asarray(held_out.samples, np.int64)
    before = 0 if chip is None else chip.cells.undetermined
    found, expected = driver.infer(samples), model.infer(samples)
    return ModeReport(
        mode=mode,
        words=len(programmed.read),
        cells=programmed.failed.size,
        failed_cells=_failed_cells(driver, table, programmed, verified),
        attempts=float(programmed.attempts.mean()),
        seeds=list(seeds) if mode == "stochastic" and seeds is not None else None,
        samples=len(samples),
        mismatches=int(found.differences(expected).sum()),
        accuracy_golden=_accuracy(expected, held_out),
        accuracy_chip=_accuracy(found, held_out),
        undetermined_reads=None if chip is None else chip.cells.undetermined - before,
        chip_clocks=config.steps(mode),
    )


def _failed_cells(driver: ChipDriver, table: LikelihoodTable, *found: ProgrammedWords) -> list[list[int]]:
    """Where the cells are that were wrong in any of two goes."""
    geometry = driver.config.profile.geometry
    failed = np.logical_or(*(each.failed for each in found))
    cells = []
    for address, wrong in zip(chip_words(driver.config.profile, table), failed, strict=True):
        place = geometry.place(address)
        columns = place.word * geometry.word_bits + np.flatnonzero(wrong)
        cells += [[place.block_row, place.block_column, place.row, column] for column in columns.tolist()]
    return cells


def _accuracy(result: BayesResult, held_out: Evaluation | None) -> float | None:
    return None if held_out is None else float((result.decisions == held_out.labels).mean())
