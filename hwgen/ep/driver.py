"""Driver of the equilibrium-propagation machine: the golden model's methods on real or simulated hardware."""

from numpy.typing import ArrayLike

from hwgen.bus.learning_driver import LearningDriver
from hwgen.crossbar.words import fill_clocks
from hwgen.ep.config import EPConfig
from hwgen.ep.latch import warn_if_latched
from hwgen.ep.plan import EPPlan
from hwgen.ep.registers import CORE_NUMBER, count_names, cycle_names
from hwgen.ep.result import EPResult
from hwgen.ep.stimulus import EPStimulus
from hwgen.ep.weights import EPWeights
from hwgen.samples import check_seed, check_weights
from hwgen.transport import Transport


class EPDriver(LearningDriver[EPResult]):
    """The equilibrium-propagation machine behind a transport.

    Args:
        transport: the way to the hardware.
        config: the parameters it was built from.

    Raises :class:`~hwgen.errors.HardwareMismatch` when it was built from others.
    """

    def __init__(self, transport: Transport, config: EPConfig) -> None:
        self.config = config
        self.stimulus = EPStimulus(config)
        # A read takes a clock at least.
        self.most_polls = 1 + fill_clocks(EPPlan(config).matrices, config.lanes)
        super().__init__(transport, self.stimulus.map, CORE_NUMBER, config.hash)

    def load(self, weights: EPWeights) -> None:
        """Fill the synapse memory and set the random state. Raises :class:`~hwgen.errors.HwgenError` when a sample is
        in the machine; other errors as in the golden model."""
        check_weights(weights, EPWeights)
        checked = EPWeights.for_config(self.config, weights.signs, weights.agreements, weights.random)
        self.rest("weights cannot be loaded")
        writes = self.stimulus.load_writes(checked)
        self.transport.write(writes[:, 0], writes[:, 1])

    def dump(self) -> EPWeights:
        """The content of the synapse memory and the random state. Raises :class:`~hwgen.errors.HwgenError` when a
        sample is in the machine."""
        self.rest("weights cannot be read")
        elements = self.transport.read(self.stimulus.synapse_addresses())
        return self.stimulus.weights_from(elements, self.read_register("random"))

    def initialise(self, seed: int | None = None) -> None:
        """Draw new signs from ``seed``, by default ``config.seed``; arguments and errors as in the golden model."""
        self.rest("synapses cannot be initialised")
        self.write_register("seed", check_seed(self.config, seed))
        self.strobe("initialise")
        self.rest("synapses cannot be used")

    def run(self, samples: ArrayLike, labels: ArrayLike | None = None, learn: ArrayLike | None = None) -> EPResult:
        """Classify samples in order and learn from some; arguments, errors and warnings as in the golden model."""
        payloads = self.stimulus.pack_samples(samples, labels, learn)
        self.wait_until_filled()
        busy_before = self.read_register("busy_cycles")
        results, elapsed = self.transport.stream(payloads, len(payloads) // self.config.sample_beats)
        busy = self.read_register("busy_cycles") - busy_before
        result = self.stimulus.unpack_results(results, busy, elapsed)
        warn_if_latched(self.config, samples, result, labels)
        return result

    def statistics(self) -> dict[str, int]:
        """``samples`` and the statistics registers, by name."""
        counters = [*count_names(self.config), *cycle_names(self.config)]
        return super().statistics() | {name: self.read_register(name) for name in counters}
