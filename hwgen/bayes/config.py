"""Parameters of the Bayesian machine."""

import math
from typing import Annotated, Any, ClassVar, Literal, Self

import pydantic

from hwgen.bayes.array import BayesArray
from hwgen.bayes.device_errors import HASH_ROUNDS, DeviceErrors
from hwgen.bayes.seeds import choose_seeds
from hwgen.config import CoreConfig
from hwgen.errors import DesignError
from hwgen.memristor.config import ArrayConfig

Bins = Annotated[int, pydantic.Field(ge=2, le=4096)]

STOCHASTIC_ONLY = frozenset({"generator", "conversion", "generator_bits", "seeds", "cycles", "stop", "lead", "lanes"})
LOGARITHMIC_ONLY = frozenset({"score_bits"})

ENGINE_DEPTH = 3
"""Clocks from the issue of a stochastic cycle until the stop rule sees its counts."""

MEMORY_STAGES = 2
"""Clocks from a sample to its words at the engine, with block RAM."""


class BayesConfig(CoreConfig):
    """A naive Bayesian classifier as rows (classes) times columns (observations) of likelihood memory.

    ``p(y | o_1 .. o_n)`` is proportional to ``p(y) * product of p(o_i | y)``; the machine multiplies either by AND
    gates on stochastic bit streams or by adding quantised negative logarithms (Harabi et al., Nat. Electron. 6, 52,
    2023; Turck et al., DATE 2023).
    """

    core: ClassVar[str] = "bayes"

    mode: Literal["stochastic", "logarithmic"]
    """How likelihoods are multiplied."""

    rows: int = pydantic.Field(ge=2, le=64)
    """Classes: values of Y."""

    bins: tuple[Bins, ...] = pydantic.Field(min_length=1, max_length=64)
    """Values of each observation; one entry a column."""

    likelihood_bits: int = pydantic.Field(default=8, ge=3, le=12)
    """Width of a stored likelihood (stochastic) or of its quantised negative logarithm (logarithmic)."""

    prior: bool = False
    """Whether p(y) has a memory of its own. Without one, fold it into a column: the product is the same."""

    feedback: bool = False
    """Whether a further column observes the previous decision (a filter over time)."""

    memory: Literal["bram", "array", "emulated"] = "bram"
    """Where likelihoods live: in block RAM, in an array of memristors at the machine's pins, or in block RAM that is
    read with the errors of such devices."""

    array: BayesArray | None = None
    """The array, with ``memory = "array"``."""

    errors: DeviceErrors | None = pydantic.Field(default_factory=lambda data: _default_errors(data))
    """The errors, with ``memory = "emulated"``, that a machine starts with."""

    initialised: bool = pydantic.Field(default_factory=lambda data: data["memory"] != "array")
    """Whether the emitted Verilog holds the likelihoods; if not, they are loaded over the bus before first use."""

    generator: Literal["lfsr", "sobol"] = "lfsr"
    """Stochastic: what random numbers each column draws."""

    conversion: Literal["weighted-binary", "comparator"] = "weighted-binary"
    """Stochastic: how a random number turns a likelihood into a bit."""

    generator_bits: int = pydantic.Field(default_factory=lambda data: data["likelihood_bits"], ge=3, le=12)
    """Stochastic: width of the random numbers, at least ``likelihood_bits``."""

    seeds: tuple[int, ...] = pydantic.Field(default_factory=lambda data: _default_seeds(data))
    """Stochastic, LFSR: state of each column's generator at the start of every decision; chosen when left out."""

    cycles: int = pydantic.Field(default_factory=lambda data: (1 << data["generator_bits"]) - 1, ge=1)
    """Stochastic: length of the bit streams, at most one period of the generator."""

    stop: Literal["fixed", "first", "lead"] = "fixed"
    """Stochastic: after ``cycles``; at the first 1 of any row; or when the best row leads by ``lead`` counts."""

    lead: int = pydantic.Field(default=4, ge=1)
    """Stochastic, ``stop = "lead"``: by how many counts the best row must lead the second best."""

    lanes: int = pydantic.Field(default=1, ge=1, le=64)
    """Stochastic: cycles computed in one clock, a power of two. Results do not depend on it."""

    score_bits: int = pydantic.Field(default_factory=lambda data: _full_score_bits(data), ge=3, le=19)
    """Logarithmic: width of the saturating sums; by default so wide that they never saturate."""

    @pydantic.model_validator(mode="after")
    def _check(self) -> Self:
        other = LOGARITHMIC_ONLY if self.mode == "stochastic" else STOCHASTIC_ONLY
        for key in sorted(other & self.model_fields_set):
            raise ValueError(f"bayes.{key} has no meaning in {self.mode} mode; leave it out")
        if self.mode == "logarithmic":
            self._check_logarithmic()
        else:
            self._check_stochastic()
        self._check_memory()
        return self

    def _check_memory(self) -> None:
        for key, value, memory in (("array", self.array, "array"), ("errors", self.errors, "emulated")):
            if value is not None and self.memory != memory:
                raise ValueError(f'bayes.{key} has no meaning with memory = "{self.memory}"; leave it out')
        if self.memory == "emulated" and self.errors is None:
            raise ValueError('bayes.errors must be a table with memory = "emulated", or be left out')
        if self.memory != "array":
            return
        if self.array is None:
            raise ValueError('bayes.array is missing: with memory = "array" it says at least clock_hz')
        if self.initialised:
            raise ValueError(
                'bayes.initialised must be false with memory = "array": the Verilog does not hold the likelihoods'
            )
        _ = self.array_config

    def _check_logarithmic(self) -> None:
        full = self.likelihood_bits + math.ceil(math.log2(self.streams))
        if not self.likelihood_bits <= self.score_bits <= full:
            raise ValueError(
                f"bayes.score_bits must be between likelihood_bits ({self.likelihood_bits}) and {full}, at which the "
                f"sum of {self.streams} terms cannot saturate, not {self.score_bits}"
            )

    def _check_stochastic(self) -> None:
        if self.generator_bits < self.likelihood_bits:
            raise ValueError(
                f"bayes.generator_bits must be at least likelihood_bits ({self.likelihood_bits}), "
                f"not {self.generator_bits}"
            )
        period = (1 << self.generator_bits) - 1
        if self.cycles > period:
            raise ValueError(
                f"bayes.cycles must be between 1 and {period}, the period of {self.generator_bits}-bit generators, "
                f"not {self.cycles}; raise bayes.generator_bits for longer streams"
            )
        if self.lanes.bit_count() != 1:
            raise ValueError(f"bayes.lanes must be a power of two, not {self.lanes}")
        if self.stop != "lead" and "lead" in self.model_fields_set:
            raise ValueError(f'bayes.lead has no meaning with stop = "{self.stop}"; leave it out')
        if self.stop == "lead" and self.lead > self.cycles:
            raise ValueError(f"bayes.lead must be between 1 and cycles ({self.cycles}), not {self.lead}")
        if self.generator == "sobol":
            if "seeds" in self.model_fields_set:
                raise ValueError('bayes.seeds has no meaning with generator = "sobol"; leave it out')
        elif len(self.seeds) != self.streams:
            raise ValueError(
                f"bayes.seeds must have one entry for each of the {self.streams} columns (the observed ones, then "
                f"feedback, then prior), not {len(self.seeds)}"
            )
        for seed in self.seeds:
            if not 1 <= seed <= period:
                raise ValueError(f"bayes.seeds must lie between 1 and {period} (0 locks an LFSR), not {seed}")

    def check_without_source(self) -> None:
        """Raise :class:`~hwgen.errors.DesignError` where the Verilog is to hold likelihoods."""
        if self.initialised:
            raise DesignError(
                "bayes.initialised is true but there is no [source] to initialise from; "
                "add one, or set bayes.initialised = false and load the memory over the bus"
            )

    @property
    def emits_parameters(self) -> bool:
        """As ``initialised`` says."""
        return self.initialised

    @property
    def own_pins(self) -> tuple[str, ...]:
        """Those of the array, if there is one."""
        return ("array",) if self.memory == "array" else ()

    def parameters(self) -> dict[str, Any]:
        """The parameters that have a meaning in this mode."""
        unused = set(LOGARITHMIC_ONLY if self.mode == "stochastic" else STOCHASTIC_ONLY)
        if self.stop != "lead":
            unused.add("lead")
        if self.generator == "sobol":
            unused.add("seeds")
        unused |= {
            "bram": {"memory", "array", "errors"},
            "array": {"errors"},
            "emulated": {"array"},
        }[self.memory]
        return self.model_dump(mode="json", exclude=unused)

    @property
    def array_config(self) -> ArrayConfig:
        """The array of a machine with ``memory = "array"``, its sizes filled in."""
        if self.array is None:
            raise ValueError(f'there is no array with memory = "{self.memory}"')
        return self.array.config(self.rows, self.stream_bins, self.likelihood_bits)

    @property
    def columns(self) -> int:
        """Observations in a sample."""
        return len(self.bins)

    @property
    def stream_bins(self) -> tuple[int, ...]:
        """Words of each column memory: the observed columns, then feedback (one a class, and one for "no previous
        decision"), then the prior (one)."""
        return self.bins + (self.rows + 1,) * self.feedback + (1,) * self.prior

    @property
    def streams(self) -> int:
        """Column memories, feedback and prior included: factors of the product."""
        return len(self.stream_bins)

    @property
    def observation_bits(self) -> tuple[int, ...]:
        """Bits of each observation on ``x``. Wide enough for the value ``bins``, which is out of range: a sample with
        a missing observation can always be told to the hardware."""
        return tuple(size.bit_length() for size in self.bins)

    @property
    def class_bits(self) -> int:
        """Bits of the class on ``y``. Wide enough for the value ``rows``, which stands for "no decision"."""
        return self.rows.bit_length()

    @property
    def result_score_bits(self) -> int:
        """Bits of each row's score on ``y``: a count of ones, or a sum."""
        return self.cycles.bit_length() if self.mode == "stochastic" else self.score_bits

    @property
    def cycle_bits(self) -> int:
        """Bits of the number of cycles on ``y``."""
        return self.cycles.bit_length() if self.mode == "stochastic" else 1

    @property
    def slots(self) -> int:
        """Clocks in which the engine works on a decision that no stop rule ends early."""
        return math.ceil(self.cycles / self.lanes) if self.mode == "stochastic" else 1

    @property
    def latency(self) -> int:
        """Clocks from the transfer of a sample on ``x`` to that of its result on ``y``, less its ``slots``."""
        compare = math.ceil(math.log2(self.rows))
        if self.mode == "stochastic":
            return self.memory_clocks + ENGINE_DEPTH + compare
        return self.memory_clocks + math.ceil(math.log2(self.streams)) + 1 + compare

    @property
    def memory_clocks(self) -> int:
        """Clocks from the transfer of a sample on ``x`` until its words can go to the engine. An array is read column
        after column; errors go into the words of all columns at once, bit after bit."""
        if self.memory == "array":
            return self.streams * self.array_config.read_clocks.total + 3
        return MEMORY_STAGES + (self.injection_clocks if self.memory == "emulated" else 0)

    @property
    def injection_clocks(self) -> int:
        """With ``memory = "emulated"``: clocks in which the errors of a sample's words come into them: a hash for the
        seed, one for the number of the read, then one for every cell of a word."""
        return 1 + 3 * (HASH_ROUNDS + 1) + self.rows * self.likelihood_bits

    @property
    def interval(self) -> int:
        """Clocks from the transfer of a sample's words to the engine to that of the next, at least. The next sample is
        read meanwhile; block RAM is faster than any engine."""
        match self.memory:
            case "bram":
                return 1
            case "array":
                return self.memory_clocks + 1
            case "emulated":
                return self.injection_clocks + 1


def _default_seeds(data: dict[str, Any]) -> tuple[int, ...]:
    if data["mode"] == "logarithmic" or data["generator"] == "sobol":
        return ()
    return choose_seeds(data["generator_bits"], len(data["bins"]) + data["feedback"] + data["prior"])


def _default_errors(data: dict[str, Any]) -> DeviceErrors | None:
    return DeviceErrors() if data["memory"] == "emulated" else None


def _full_score_bits(data: dict[str, Any]) -> int:
    streams = len(data["bins"]) + data["feedback"] + data["prior"]
    return int(data["likelihood_bits"]) + math.ceil(math.log2(streams))
