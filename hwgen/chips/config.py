"""Parameters of the controller of a bench with a fabricated Bayesian machine."""

from collections.abc import Sequence
from typing import Any, ClassVar, Literal, Self

import pydantic

from hwgen.bayes.config import BayesConfig
from hwgen.bayes.seeds import choose_seeds
from hwgen.chips.profile import PROFILES, ChipProfile
from hwgen.config import CoreConfig
from hwgen.memristor.config import NANOSECONDS, ArrayConfig, ProgrammingPhases, ReadPhases

MOST_CYCLES = 255
"""Stochastic: a period of the chip's generators."""

SLOWEST_HZ = 1_000_000
"""Of the chip's clock."""


def _of_profile(name: str, least: int, most: int) -> Any:
    """A parameter between ``least`` and ``most``, by default what the chip's profile says."""
    return pydantic.Field(default_factory=lambda data: getattr(PROFILES[data["chip"]], name), ge=least, le=most)


class ChipConfig(CoreConfig):
    """A controller: the chip at its pins, its clocks, and how long each phase of reading and programming lasts.

    A phase is a whole number of the chip's clocks, no shorter than it says. Those that let lines settle last
    :attr:`settle_clocks` at least. Delays are by default those of the chip's profile, which guesses where nothing is
    published: who has the chip may know better.
    """

    core: ClassVar[str] = "chip"

    chip: Literal["bayes-64x64", "bayes-8x8"]
    """Which chip, as :data:`~hwgen.chips.profile.PROFILES` has it."""

    clock_hz: int = pydantic.Field(default=12_000_000, ge=2 * SLOWEST_HZ, le=NANOSECONDS)
    """Frequency of the controller's clock in hertz, even: the chip's clock is high for half of its period."""

    divider: int = pydantic.Field(default_factory=lambda data: slowest_divider(data["clock_hz"]), ge=2, le=1000)
    """Clocks of the controller in one of the chip, an even divisor of ``clock_hz``; by default the largest with which
    the chip's clock is no slower than 1 MHz."""

    read: ReadPhases = ReadPhases()
    """How cells are read."""

    programming: ProgrammingPhases = ProgrammingPhases()
    """How cells are programmed."""

    attempts: int = pydantic.Field(default=8, ge=1, le=255)
    """How often a cell is programmed at most until it reads right."""

    verify_reads: int = pydantic.Field(default=8, ge=1, le=255)
    """How often a word is read to be verified; a cell is right if it is in all of these reads."""

    input_clocks: int = _of_profile("input_clocks", 0, 7)
    """Chip clocks by which the chip's input registers delay every pin."""

    control_clocks: int = _of_profile("control_clocks", 0, 7)
    """Further chip clocks until a control acts."""

    settle_clocks: int = _of_profile("settle_clocks", 1, 255)
    """Chip clocks for which lines stand, at least, before and after others change. They do so for as long as the chip's
    registers delay them, too."""

    inference_clocks: int = _of_profile("inference_clocks", 1, 255)
    """Logarithmic: chip clocks of ``inference`` until the sums are there."""

    read_out_clocks: int = _of_profile("read_out_clocks", 0, 255)
    """Logarithmic: chip clocks of ``read_out`` before the highest bit of the sums."""

    @pydantic.model_validator(mode="after")
    def _check(self) -> Self:
        if self.clock_hz % 2:
            # Of the two even neighbours, the one whose chip can be the slower.
            nearest = min(self.clock_hz - 1, self.clock_hz + 1, key=lambda hz: hz // slowest_divider(hz))
            raise ValueError(
                f"chip.clock_hz must be even, as the chip's clock is an even divisor of it, not {self.clock_hz}; "
                f"try {nearest}"
            )
        if self.divider % 2 or self.clock_hz % self.divider or self.clock_hz // self.divider < SLOWEST_HZ:
            raise ValueError(
                f"chip.divider must be an even divisor of clock_hz ({self.clock_hz}) that leaves at least {SLOWEST_HZ} "
                f"Hz, not {self.divider}; try {slowest_divider(self.clock_hz)}"
            )
        try:
            _ = self.array_config
        except pydantic.ValidationError as error:
            problem = error.errors()[0]
            raise ValueError(f"chip: {problem.get('ctx', {}).get('error', problem['msg'])}") from None
        return self

    @property
    def emits_parameters(self) -> bool:
        """The chip holds the likelihoods, not the Verilog."""
        return False

    @property
    def own_pins(self) -> tuple[str, ...]:
        """Those of the chip."""
        return ("chip",)

    @property
    def profile(self) -> ChipProfile:
        """The chip."""
        return PROFILES[self.chip]

    @property
    def chip_hz(self) -> int:
        """Frequency of the chip's clock in hertz."""
        return self.clock_hz // self.divider

    @property
    def latency(self) -> int:
        """Chip clocks from a control at the pins to what it does at ``bit_out``."""
        return self.input_clocks + self.control_clocks

    @property
    def seed_clocks(self) -> int:
        """Chip clocks for which a column's seed stands at the pins; ``load_seed`` is at 1 in the second one."""
        return 2 + max(1, self.control_clocks)

    @property
    def seeds(self) -> tuple[int, ...]:
        """Seeds of the columns' generators after a reset: equally far apart."""
        return choose_seeds(8, self.profile.columns)

    @property
    def array_config(self) -> ArrayConfig:
        """The chip's array, in clocks of the chip."""
        # Controls act before the word line rises, and supplies, which no register delays, change after it has fallen.
        clocks = max(self.settle_clocks, self.control_clocks, self.input_clocks + 1)
        # Rounded down, as phases are rounded up to whole clocks: a clock is longer than a nanosecond, so these are met.
        settle = clocks * NANOSECONDS // self.chip_hz
        return ArrayConfig(
            geometry=self.profile.geometry,
            clock_hz=self.chip_hz,
            read=_at_least(self.read, settle, "setup_ns", "precharge_ns", "hold_ns", "off_ns"),
            programming=_at_least(self.programming, settle, "setup_ns", "drive_ns", "off_ns"),
            attempts=self.attempts,
            verify_reads=self.verify_reads,
        )

    def machine(
        self,
        mode: str,
        bins: Sequence[int] | None = None,
        seeds: Sequence[int] | None = None,
        cycles: int = MOST_CYCLES,
    ) -> BayesConfig:
        """The Bayesian machine that the chip is, in one of its modes.

        Args:
            mode: ``"stochastic"`` or ``"logarithmic"``.
            bins: values of each observation whose likelihoods were programmed; by default all that there is room for.
            seeds: of the columns' generators; by default :attr:`seeds`.
            cycles: stochastic cycles of a decision.
        """
        profile = self.profile
        parameters: dict[str, Any] = {
            "mode": mode,
            "rows": profile.rows,
            "bins": list(bins or (profile.bins,) * profile.columns),
            "likelihood_bits": profile.geometry.word_bits,
            "initialised": False,
        }
        if mode == "stochastic":
            parameters |= {"seeds": list(seeds or self.seeds), "cycles": cycles}
        else:
            parameters |= {"score_bits": profile.geometry.word_bits}
        return BayesConfig.parse(parameters)

    def steps(self, mode: str, cycles: int = MOST_CYCLES) -> int:
        """Chip clocks of a decision: reads, seeds, inference, read-out, and what the chip's registers delay."""
        profile = self.profile
        reads = profile.columns * self.array_config.read_clocks.total
        end = self.latency + 2
        if mode == "stochastic":
            return reads + self.seed_clocks * profile.columns + cycles + end
        return reads + self.inference_clocks + self.read_out_clocks + profile.geometry.word_bits + end

    @property
    def longest_command(self) -> int:
        """Clocks of the controller in which any command on a word ends; see
        :attr:`~hwgen.memristor.config.ArrayConfig.longest_command`. To read a word is to clear the chip's registers of
        words, which takes a chip clock, and to decide in logarithmic mode with one column."""
        array = self.array_config
        read = 1 + self.steps("logarithmic") - (self.profile.columns - 1) * array.read_clocks.total
        begin = 1  # until the chip's clock falls
        return (begin + array.longest_command_with(read)) * self.divider


def slowest_divider(clock_hz: int) -> int:
    """The largest even divisor of ``clock_hz`` that leaves the chip at least 1 MHz; 2 where it is odd and has none."""
    most = min(1000, clock_hz // SLOWEST_HZ) // 2 * 2
    return next((divider for divider in range(most, 2, -2) if clock_hz % divider == 0), 2)


def _at_least(phases: Any, nanoseconds: int, *names: str) -> Any:
    """``phases``, none of those named shorter than ``nanoseconds``."""
    return phases.model_copy(update={name: max(getattr(phases, name), nanoseconds) for name in names})
