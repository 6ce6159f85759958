"""Driver of the Bayesian machine: the golden model's methods on real or simulated hardware."""

import numpy as np
from numpy.typing import ArrayLike

from hwgen.bayes.array_words import array_words
from hwgen.bayes.config import BayesConfig
from hwgen.bayes.device_errors import checked_errors
from hwgen.bayes.registers import CORE_NUMBER
from hwgen.bayes.result import BayesResult
from hwgen.bayes.stimulus import BayesStimulus
from hwgen.bayes.table import LikelihoodTable
from hwgen.bus.driver import CoreDriver
from hwgen.errors import HwgenError
from hwgen.memristor.driver import ArrayProgrammer
from hwgen.transport import Transport


class BayesDriver(CoreDriver):
    """The Bayesian machine behind a transport.

    Args:
        transport: the way to the hardware.
        config: the parameters it was built from.

    Raises :class:`~hwgen.errors.HardwareMismatch` when it was built from others.
    """

    def __init__(self, transport: Transport, config: BayesConfig) -> None:
        self.config = config
        self.stimulus = BayesStimulus(config)
        super().__init__(transport, self.stimulus.map, CORE_NUMBER, config.hash)
        self.array = ArrayProgrammer(self, config.array_config) if config.memory == "array" else None
        """Programs the array of a machine with ``memory = "array"``."""

    def load(self, table: LikelihoodTable) -> None:
        """Fill the likelihood memory; decisions use it from now on. An array must have been formed; cells that fail are
        an error, and samples are flagged then: the first pulse ends decisions with what it held before.

        No samples may arrive meanwhile: they are flagged, and the memory cannot be written while one is in the machine.
        Raises :class:`~hwgen.errors.HwgenError` when one is there already, with nothing changed, and
        :class:`~hwgen.errors.BusError` when one comes later; samples are then flagged until a load succeeds.
        """
        checked = LikelihoodTable.for_config(self.config, table.streams)
        if self.status("busy"):
            raise HwgenError("likelihoods cannot be loaded while a sample is in the machine; take its result first")
        if self.array is not None:
            self._program(self.array, checked)
            return
        writes = self.stimulus.load_writes(checked)
        self.transport.write(writes[:, 0], writes[:, 1])

    def _program(self, array: ArrayProgrammer, table: LikelihoodTable) -> None:
        words = array_words(self.config, table)
        with array.programming():
            found = array.program(list(words.values()), list(words))
        if failed := int(found.failed.sum()):
            raise HwgenError(
                f"{failed} of {found.failed.size} cells are wrong after {self.config.array_config.attempts} attempts; "
                'array.failed_cells() says which, and strobe("set_loaded") uses the array as it is'
            )
        self.strobe("set_loaded")

    def start_over(self, table: LikelihoodTable | None) -> None:
        """Return the memory to what a machine with these likelihoods starts with; errors as for :meth:`load`."""
        if table is not None:
            self.load(table)
        if (errors := self.config.errors) is not None:
            self.set_errors(errors.rate, errors.mode, errors.seed)

    def set_errors(self, rate: float, mode: str = "transient", seed: int = 0) -> float:
        """As the golden model's: the errors of emulated devices from the next sample on, its read being number 0.

        Raises :class:`~hwgen.errors.HwgenError` also while a sample is in the machine, with nothing changed.
        """
        errors = checked_errors(self.config.errors, rate, mode, seed)
        if self.status("busy"):
            raise HwgenError("errors cannot be set while a sample is in the machine; take its result first")
        self.write_register("error_threshold", errors.threshold)
        self.write_register("error_seed", errors.seed)
        self.write_register("error_mode", int(errors.mode == "frozen"))
        self.strobe("restart_reads")
        return errors.actual_rate

    def dump(self) -> LikelihoodTable:
        """The content of the likelihood memory."""
        config = self.config
        values = self.transport.read(self.stimulus.likelihood_addresses()).astype(np.uint16)
        ends = np.cumsum([bins * config.rows for bins in config.stream_bins])
        parts = np.split(values, ends[:-1])
        return LikelihoodTable(tuple(part.reshape(-1, config.rows) for part in parts))

    def run(self, samples: ArrayLike, restart: ArrayLike | None = None) -> BayesResult:
        """As :meth:`infer`: what every core's driver does with the inputs that its stimulus draws."""
        return self.infer(samples, restart)

    def infer(self, samples: ArrayLike, restart: ArrayLike | None = None) -> BayesResult:
        """Decide ``samples`` in order; arguments and errors as in the golden model, and
        :class:`~hwgen.errors.HwgenError` while the array is unlocked."""
        if self.array is not None:
            self.array.check_locked()
        payloads = self.stimulus.pack_samples(samples, restart)
        busy_before = self.read_register("busy_cycles")
        results, elapsed = self.transport.stream(payloads, len(payloads))
        busy = self.read_register("busy_cycles") - busy_before
        return self.stimulus.unpack_results(results, busy, elapsed)
