"""Driver of the equilibrium-propagation machine: the golden model's methods on real or simulated hardware."""

import numpy as np
from numpy.typing import ArrayLike

from hwgen.bus.driver import CoreDriver
from hwgen.ep.config import EPConfig
from hwgen.ep.latch import warn_if_latched
from hwgen.ep.plan import EPPlan
from hwgen.ep.registers import CORE_NUMBER, count_names, cycle_names
from hwgen.ep.result import EPResult
from hwgen.ep.stimulus import EPStimulus
from hwgen.ep.weights import EPWeights
from hwgen.errors import HwgenError
from hwgen.samples import check_seed
from hwgen.transport import Transport


class EPDriver(CoreDriver):
    """The equilibrium-propagation machine behind a transport.

    Args:
        transport: the way to the hardware.
        config: the parameters it was built from.

    Raises :class:`~hwgen.errors.HardwareMismatch` when it was built from others.
    """

    def __init__(self, transport: Transport, config: EPConfig) -> None:
        self.config = config
        self.stimulus = EPStimulus(config)
        plan = EPPlan(config)
        # A read takes a clock at least, filling a word one for each lane and one to write it.
        self._most_polls = 1 + plan.words * (config.lanes + 1)
        super().__init__(transport, self.stimulus.map, CORE_NUMBER, config.hash)

    def load(self, weights: EPWeights) -> None:
        """Fill the synapse memory and set the random state. Raises :class:`~hwgen.errors.HwgenError` when a sample is
        in the machine."""
        checked = EPWeights.for_config(self.config, weights.signs, weights.agreements, weights.random)
        self._rest("weights cannot be loaded")
        writes = self.stimulus.load_writes(checked)
        self.transport.write(writes[:, 0], writes[:, 1])

    def start_over(self, weights: EPWeights | None) -> None:
        """Return the synapses to what a machine with these weights starts with; without them it draws its own. Errors
        as for :meth:`load`."""
        if weights is None:
            self.initialise()
        else:
            self.load(weights)

    def dump(self) -> EPWeights:
        """The content of the synapse memory and the random state. Raises :class:`~hwgen.errors.HwgenError` when a
        sample is in the machine."""
        self._rest("weights cannot be read")
        elements = self.transport.read(self.stimulus.synapse_addresses())
        return self.stimulus.weights_from(elements, self.read_register("random"))

    def initialise(self, seed: int | None = None) -> None:
        """Draw new signs from ``seed``, by default ``config.seed``; arguments and errors as in the golden model."""
        self._rest("synapses cannot be initialised")
        self.write_register("seed", check_seed(self.config, seed))
        self.strobe("initialise")
        self._rest("synapses cannot be used")

    def infer(self, samples: ArrayLike) -> EPResult:
        """Classify samples in order; arguments and errors as in the golden model."""
        return self.run(samples)

    def train(self, samples: ArrayLike, labels: ArrayLike) -> EPResult:
        """Classify samples in order and learn from each; arguments and errors as in the golden model."""
        return self.run(samples, labels)

    def run(self, samples: ArrayLike, labels: ArrayLike | None = None, learn: ArrayLike | None = None) -> EPResult:
        """Classify samples in order and learn from some; arguments, errors and warnings as in the golden model."""
        payloads = self.stimulus.pack_samples(samples, labels, learn)
        self._wait_until_filled()
        busy_before = self.read_register("busy_cycles")
        results, elapsed = self.transport.stream(payloads, len(payloads) // self.config.sample_beats)
        busy = self.read_register("busy_cycles") - busy_before
        result = self.stimulus.unpack_results(results, busy, elapsed)
        all_learn = labels is not None and (learn is None or bool(np.all(learn)))
        warn_if_latched(self.config, result.states, result.predictions, np.asarray(labels) if all_learn else None)
        return result

    def statistics(self) -> dict[str, int]:
        """``samples`` and the statistics registers, by name."""
        counters = [*count_names(self.config), *cycle_names(self.config)]
        return super().statistics() | {name: self.read_register(name) for name in counters}

    def clear_statistics(self) -> None:
        """Set all statistics to 0."""
        self.strobe("clear_statistics")

    def _rest(self, refused: str) -> None:
        """Check that no sample is in the machine, and wait until the synapse memory is filled."""
        if self.status("busy"):
            raise HwgenError(f"{refused} while a sample is in the machine; take its result first")
        self._wait_until_filled()

    def _wait_until_filled(self) -> None:
        """Wait for what the machine does once after power-on; ``x`` takes nothing meanwhile."""
        for _ in range(self._most_polls):
            if not self.status("initialising"):
                return
        raise HwgenError("the machine does not finish to fill its synapse memory")
