"""A bench with a fabricated Bayesian machine from Python, through the registers of its controller."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen.bayes.result import BayesResult, check_samples
from hwgen.bayes.table import LikelihoodTable
from hwgen.bus.driver import CoreDriver
from hwgen.chips.config import ChipConfig
from hwgen.chips.likelihoods import chip_table, chip_words
from hwgen.chips.registers import CORE_NUMBER
from hwgen.chips.settings import check_cycles, check_mode, check_seeds
from hwgen.chips.stimulus import ChipStimulus
from hwgen.errors import HwgenError
from hwgen.integers import check_integer
from hwgen.memristor.driver import ArrayProgrammer
from hwgen.memristor.outcomes import MarchedWords, ProgrammedWords
from hwgen.transport import Transport


class ChipDriver(CoreDriver):
    """The controller behind a transport, and the chip behind the controller.

    A bench's life: ``form``, ``program``, ``verify``, ``load_seeds``, ``set_mode``, ``infer``. Forming is done once in
    a chip's life.

    Args:
        transport: the way to the hardware.
        config: the parameters it was built from.

    Raises :class:`~hwgen.errors.HardwareMismatch` when it was built from others.
    """

    def __init__(self, transport: Transport, config: ChipConfig) -> None:
        self.config = config
        self.stimulus = ChipStimulus(config)
        super().__init__(transport, self.stimulus.map, CORE_NUMBER, config.hash)
        self.array = ArrayProgrammer(self, config.array_config, config.longest_command)
        """Programs single words, as their cells have them; see :meth:`~hwgen.chips.profile.ChipProfile.cells`."""
        self._forget()

    @property
    def mode(self) -> str:
        """``"stochastic"`` or ``"logarithmic"``."""
        modes = self.config.profile.modes
        if len(modes) == 1:
            return modes[0]
        return "logarithmic" if self.read_register("mode") else "stochastic"

    def set_mode(self, mode: str) -> None:
        """Decide so from the next sample on. Raises :class:`~hwgen.errors.HwgenError` for a mode that the chip has not,
        and while a sample is in the controller."""
        check_mode(self.config, mode)
        if len(self.config.profile.modes) > 1:
            self._check_idle()
            self.write_register("mode", int(mode == "logarithmic"))

    def load_seeds(self, seeds: Sequence[int]) -> None:
        """Give the columns' generators their seeds, 1 to 255 each; they are loaded into the chip before each decision.

        Raises :class:`~hwgen.errors.HwgenError` for other seeds, a chip without generators, and while a sample is in
        the controller.
        """
        checked = check_seeds(self.config, seeds)
        self._check_idle()
        self.write_register("seeds", sum(seed << 8 * column for column, seed in enumerate(checked)))

    def set_cycles(self, cycles: int) -> None:
        """Decide after so many stochastic cycles, 1 to 255. Errors as for :meth:`load_seeds`."""
        checked = check_cycles(self.config, cycles)
        self._check_idle()
        self.write_register("cycles", checked)

    def form(self, table: LikelihoodTable | None = None) -> None:
        """Form the cells that a table needs, by default all there are. Whatever the chip held, samples are flagged
        until it is programmed."""
        addresses = None if table is None else list(self._words(table))
        with self.array.programming():
            self._forget()
            self.array.form(addresses)

    def program(self, table: LikelihoodTable, *, form: bool | Collection[int] = False) -> ProgrammedWords:
        """Write likelihoods, verify them, and do again what is wrong, as often as the config's ``attempts`` allow; from
        now on samples get decisions, and observations beyond the table are flagged.

        Args:
            table: of the chip's rows and columns; with fewer bins, the other words are left as they are.
            form: also give forming pulses, which virgin cells need; formed ones do not mind. Addresses: to these words.

        Returns what became of each word, in the order of :func:`~hwgen.chips.likelihoods.chip_words`. Raises
        :class:`~hwgen.errors.HwgenError` while a sample is in the controller, and for an address in ``form`` that is
        none of these words, with nothing changed.
        """
        words = self._words(table)
        with self._loading(table):
            return self.array.program(list(words.values()), list(words), form=form)

    def march(self, table: LikelihoodTable, *, rounds: int = 32, form: bool | Collection[int] = False) -> MarchedWords:
        """As :meth:`program`, but also find cells that cannot be trusted although they read right; see
        :meth:`~hwgen.memristor.driver.ArrayProgrammer.march` for how, ``rounds`` and what is returned."""
        words = self._words(table)
        with self._loading(table):
            return self.array.march(list(words.values()), list(words), rounds=rounds, form=form)

    @contextmanager
    def _loading(self, table: LikelihoodTable) -> Iterator[None]:
        """Within, the chip is unlocked and being programmed with ``table``; its first pulse ends decisions."""
        with self.array.programming():
            yield
        self._table, self._programmed = table, True
        self.strobe("set_loaded")

    def verify(self, table: LikelihoodTable, times: int = 1) -> ProgrammedWords:
        """Read all words of a table and compare them, without a pulse.

        Args:
            table: what they are to hold.
            times: how often, with the config's ``verify_reads`` each time. A cell has failed if it read wrong in any of
                them.

        Returns and raises as :meth:`program`.
        """
        words = self._words(table)
        check_integer("times", times, 1)
        with self.array.programming():
            found = [self.array.verify(list(words.values()), list(words)) for _ in range(times)]
        return found[-1]._replace(
            failed=np.logical_or.reduce([each.failed for each in found]),
            unstable=np.logical_or.reduce([each.unstable for each in found]),
        )

    def load(self, table: LikelihoodTable) -> None:
        """:meth:`program`; raises :class:`~hwgen.errors.HwgenError` if cells are wrong in the end."""
        found = self.program(table)
        if failed := int(found.failed.sum()):
            self.strobe("clear_loaded")
            raise HwgenError(
                f"{failed} of {found.failed.size} cells are wrong after {self.config.attempts} attempts; "
                'array.failed_cells() says which, and strobe("set_loaded") uses the chip as it is'
            )

    def use(self, table: LikelihoodTable) -> None:
        """Decide with what the chip holds, which is said to be ``table``: no cell is programmed, read or compared.

        Raises :class:`~hwgen.errors.DesignError` for a table that is not one of the chip.
        """
        self._table, self._programmed = chip_table(self.config, table), True
        self.strobe("set_loaded")

    def start_over(self, table: LikelihoodTable | None) -> None:
        """As :meth:`load`, if there is a table."""
        if table is not None:
            self.load(table)

    def dump(self) -> LikelihoodTable:
        """Read the likelihoods: those of the table that this driver programmed last, with cells that are not as they
        were programmed counted as failed, as after :meth:`verify`; or, without one, all there are, as
        :meth:`~hwgen.memristor.driver.ArrayProgrammer.read` does."""
        profile = self.config.profile
        if self._programmed:
            words = self.verify(self._table).read
        else:
            with self.array.programming():
                words = self.array.read(list(self._words(self._table)))
        values = np.array([profile.cells(word) for word in words.tolist()], np.uint16)
        streams = []
        for stream in self._table.streams:
            streams.append(values[: stream.size].reshape(stream.shape))
            values = values[stream.size :]
        return LikelihoodTable(tuple(streams))

    def infer(self, samples: ArrayLike) -> BayesResult:
        """Decide ``samples`` in order, in the mode set.

        Args:
            samples: shape ``(n, columns)``, integers: the bin of each observation; one beyond what was programmed is
                flagged.

        Raises :class:`~hwgen.errors.HwgenError` for samples of another shape or type, and while the chip is unlocked.
        """
        bins = [len(stream) for stream in self._table.streams]
        observations, _ = check_samples(self.config.machine("logarithmic", bins), samples, None)
        beyond = observations >= np.array(bins)
        self.array.check_locked()
        payloads = self.stimulus.pack_samples(np.where(beyond, self.config.profile.bins, observations))
        busy_before = self.read_register("busy_cycles")
        results, elapsed = self.transport.stream(payloads, len(payloads))
        busy = self.read_register("busy_cycles") - busy_before
        return self.stimulus.unpack_results(results, busy, elapsed)

    def run(self, samples: ArrayLike) -> BayesResult:
        """As :meth:`infer`."""
        return self.infer(samples)

    def counts(self, samples: ArrayLike) -> NDArray[np.int64]:
        """Shape ``(n, rows)``: each row's count of ones, or in logarithmic mode its sum; see :meth:`infer`."""
        return self.infer(samples).scores

    def _forget(self) -> None:
        """Nothing is known of the likelihoods; the table has all that there is room for."""
        profile = self.config.profile
        shape = (profile.bins, profile.rows)
        self._table = LikelihoodTable(tuple(np.zeros(shape, np.uint16) for _ in range(profile.columns)))
        self._programmed = False

    def _words(self, table: LikelihoodTable) -> dict[int, int]:
        return dict(chip_words(self.config.profile, chip_table(self.config, table)))

    def _check_idle(self) -> None:
        if self.status("busy"):
            raise HwgenError("a sample is in the controller; take its result first")
