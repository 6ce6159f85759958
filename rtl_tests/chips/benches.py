"""Controllers with behavioural chips at their pins, fast ones: a chip's clock has two of theirs."""

from typing import Any

import numpy as np

from hwgen.bayes.table import LikelihoodTable
from hwgen.chips.driver import ChipDriver
from hwgen.chips.target import target_design
from hwgen.design import Design
from sim.backends.attached import AttachedTransport
from sim.chip_bench import behavioural_chip
from sim.devices.chips.bayes import AttachedChip, BayesChip

QUICK: dict[str, Any] = {"clock_hz": 2_000_000, "programming": {"forming_ns": 2_000, "supply_ns": 1_000}, "attempts": 3}


def quick_design(name: str, **parameters: Any) -> Design:
    """The controller; equal ones are compiled once."""
    return target_design(f"chip:{name}", **QUICK | parameters)


class ChipBench:
    """A driver, and what is behind it."""

    def __init__(
        self, name: str, *, stuck: float = 0.0, seed: int = 0, parameters: dict[str, Any] | None = None, **facts: Any
    ) -> None:
        self.design = quick_design(name, **parameters or {})
        self.config: Any = self.design.config
        self.chip: BayesChip = behavioural_chip(self.design, stuck, seed, **facts)
        self.transport = AttachedTransport(self.design, "chip", AttachedChip(self.chip))
        self.driver = ChipDriver(self.transport, self.config)
        self.model = self.design.core.load("model")(self.config)

    def close(self) -> None:
        """Whatever was done, the lines did nothing that they must not."""
        self.driver.close()
        assert not self.chip.breaches


def random_table(mode: str, bins: int, seed: int) -> LikelihoodTable:
    """Likelihoods that give counts and sums worth comparing."""
    low, high = (150, 256) if mode == "stochastic" else (0, 90)
    streams = np.random.default_rng(seed).integers(low, high, (4, bins, 4)).astype(np.uint16)
    return LikelihoodTable(tuple(streams))
