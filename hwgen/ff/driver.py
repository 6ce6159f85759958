"""Driver of the Forward-Forward machine: the golden model's methods on real or simulated hardware."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike

from hwgen.bus.learning_driver import LearningDriver
from hwgen.crossbar.words import fill_clocks
from hwgen.ff import defaults
from hwgen.ff.config import FFConfig
from hwgen.ff.counters import counters
from hwgen.ff.registers import CORE_NUMBER
from hwgen.ff.result import FFResult
from hwgen.ff.stimulus import FFStimulus
from hwgen.ff.training import annealing_of, check_parts, epoch_counters, parts_of
from hwgen.ff.unit_format import ANNEALING_BITS
from hwgen.ff.weights import FFWeights
from hwgen.integers import check_integer
from hwgen.samples import check_learning, check_seed, check_weights
from hwgen.transport import Transport


class FFDriver(LearningDriver[FFResult]):
    """The Forward-Forward machine behind a transport.

    Args:
        transport: the way to the hardware.
        config: the parameters it was built from.

    Raises :class:`~hwgen.errors.HardwareMismatch` when it was built from others.
    """

    def __init__(self, transport: Transport, config: FFConfig) -> None:
        self.config = config
        self.stimulus = FFStimulus(config)
        # A read takes a clock at least.
        self.most_polls = 1 + max(fill_clocks(plan.matrices, plan.lanes) for plan in self.stimulus.memories.values())
        super().__init__(transport, self.stimulus.map, CORE_NUMBER, config.hash)

    def load(self, weights: FFWeights) -> None:
        """Fill the memories and set the generators. Raises :class:`~hwgen.errors.HwgenError` when a sample is in the
        machine; other errors as in the golden model."""
        checked = check_weights(weights, FFWeights).checked(self.config)
        self.rest("weights cannot be loaded")
        self._write(self.stimulus.load_writes(checked))

    def dump(self) -> FFWeights:
        """The content of the memories, and the generators' states. Raises :class:`~hwgen.errors.HwgenError` when a
        sample is in the machine."""
        self.rest("weights cannot be read")
        stimulus = self.stimulus
        elements = [self.transport.read(stimulus.addresses(name)) for name in stimulus.memories]
        rounding = [self.read_register(f"rounding_{engine}") for engine in range(self.config.engines)]
        return stimulus.weights_from(elements, rounding, self.read_register("random"))

    def initialise(self, seed: int | None = None) -> None:
        """Draw new weights, by default from ``config.seed``, set the read-out's to 0 and restart the generators;
        arguments and errors as in the golden model."""
        self.rest("weights cannot be initialised")
        start = check_seed(self.config, seed)
        self.write_register("seed", start)
        self.strobe("initialise")
        self.rest("weights cannot be used")
        states = [*defaults.rounding_seeds(start, self.config.engines), defaults.control_seed(start)]
        self._write(self.stimulus.generator_writes(states))

    @property
    def annealing(self) -> int:
        """As in the golden model."""
        return self.read_register("annealing") if self.config.learning else 0

    @annealing.setter
    def annealing(self, value: int) -> None:
        check_learning(self.config)
        self.write_register("annealing", check_integer("annealing", value, 0, (1 << ANNEALING_BITS) - 1))

    @property
    def learns(self) -> tuple[bool, ...]:
        """As in the golden model."""
        bits = self.read_register("learns") if self.config.learning else 0
        return tuple(bool(bits >> engine & 1) for engine in range(self.config.engines))

    def learn_only(self, layers: Iterable[int] = (), readout: bool = False) -> None:
        """From now on only these layers learn, and the read-out if ``readout`` says so; errors as in the golden
        model."""
        chosen, readout = check_parts(self.config, layers, readout)
        self.write_register("learns", sum(1 << layer for layer in set(chosen)) | readout << self.config.depth)

    def start_phase(self, phase: str) -> None:
        """As in the golden model."""
        check_learning(self.config)
        self.learn_only(*parts_of(self.config, phase))

    def start_epoch(self, epoch: int, epochs: int) -> None:
        """As in the golden model."""
        self.annealing = annealing_of(epoch, epochs)

    @property
    def epoch_counters(self) -> tuple[str, ...]:
        """As in the golden model."""
        return epoch_counters(self.config)

    def run(self, samples: ArrayLike, labels: ArrayLike | None = None, learn: ArrayLike | None = None) -> FFResult:
        """Classify samples in order and learn from some; arguments and errors as in the golden model."""
        payloads = self.stimulus.pack_samples(samples, labels, learn)
        self.wait_until_filled()
        if not self.config.supervised:
            self.strobe("forget")
        busy_before = self.read_register("busy_cycles")
        results, elapsed = self.transport.stream(payloads, len(payloads) // self.config.x_beats)
        busy = self.read_register("busy_cycles") - busy_before
        return self.stimulus.unpack_results(results, busy, elapsed)

    def statistics(self) -> dict[str, int]:
        """``samples`` and the statistics registers, by name."""
        return super().statistics() | {name: self.read_register(name) for name in counters(self.config)}

    def _write(self, writes: np.ndarray) -> None:
        self.transport.write(writes[:, 0], writes[:, 1])
