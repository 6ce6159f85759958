"""A bench with a fabricated Bayesian machine, from virgin cells to counts, beside the golden model; in co-simulation
the chip is its behavioural model."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from hwgen import registry
from hwgen.bayes.table import LikelihoodTable
from hwgen.bus.link.protocol import BAUDRATE
from hwgen.chips.config import ChipConfig
from hwgen.chips.driver import ChipDriver
from hwgen.chips.likelihoods import chip_words
from hwgen.design import Design
from hwgen.errors import DesignError, HwgenError
from hwgen.evaluation import Evaluation
from hwgen.integers import check_integer
from sim.backends import open_serial
from sim.backends.attached import AttachedTransport
from sim.chip_mode import ModeBench, Work
from sim.chip_report import ChipReport, ModeReport
from sim.devices.chips.bayes import AttachedChip, BayesChip
from sim.devices.chips.cells import Cells
from sim.devices.chips.facts import CHIPS, ChipFacts

SHAPE = ("inner_bits", "coded", "blocks", "word_bits")
"""Facts that the pins of a controller have in common with its chip."""

FACTS = tuple(fact.name for fact in fields(ChipFacts) if fact.name not in SHAPE)
"""What a behavioural chip may have otherwise than its controller is told: delays, how words are stored, pulses."""


def behavioural_chip(design: Design, stuck: float = 0.0, seed: int = 0, **facts: Any) -> BayesChip:
    """A virgin chip for a controller.

    Args:
        design: the controller.
        stuck: share of the devices that never change, 0 to 1.
        seed: of what is drawn, at least 0.
        facts: other than those of :data:`~sim.devices.chips.facts.CHIPS`, by the names of :data:`FACTS`.

    Raises :class:`~hwgen.errors.HwgenError` for another name, and for what no chip can be.
    """
    config: Any = design.config
    for name in facts:
        if name not in FACTS:
            raise HwgenError(f"{name} is no fact of a chip that may be another; those are {', '.join(FACTS)}")
    known = replace(CHIPS[config.chip], **facts)
    return BayesChip(known, config.chip_hz, Cells(known, stuck, seed))


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
        seed: of these, of undetermined reads, and of random samples; at least 0.
        facts: ``"rtl"``: what is otherwise than in :data:`~sim.devices.chips.facts.CHIPS`, such as
            ``{"control_clocks": 3}``: a controller with other delays needs another chip.
        baudrate: of the bench.

    Raises :class:`~hwgen.errors.DesignError` for another backend, for what belongs to ``"rtl"`` with a bench, and
    without programming for likelihoods of several modes and for a march; and what :func:`behavioural_chip` raises.
    """
    kind, arguments = registry.backend(backend)
    if kind == "golden":
        raise DesignError(
            f"backend must be rtl or serial:PORT, not {backend!r}: a bench compares with the golden model"
        )
    registry.check_baudrate(kind, baudrate)
    check_integer("seed", seed, 0)
    for name, given in (("stuck", stuck), ("facts", facts)):
        if given and kind != "rtl":
            raise DesignError(f"{name} belongs to backend rtl, as it is told to the model of the chip; leave it out")
    if not program and len(likelihoods) != 1:
        raise DesignError(f"a chip that is not programmed holds the likelihoods of one mode, not {len(likelihoods)}")
    if march and not program:
        raise DesignError("a march programs the chip's cells; program them, or leave it out")
    config: Any = design.config
    work = Work(program, march, decide, seeds, cycles, seed)
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
            modes.append(ModeBench(driver, model, chip, mode, table, held_out).run(work, virgin))
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


def _hold(chip: BayesChip, config: ChipConfig, table: LikelihoodTable) -> None:
    """Let a chip's cells hold a table already."""
    for address, bits in chip_words(config.profile, table).items():
        chip.cells.hold(config.profile.geometry.place(address), bits)
