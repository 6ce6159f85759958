"""How many stuck cells a march misses, and how many sound ones it suspects, by the noise of the amplifiers: with the
devices alone, as the pins take too long for so many cells. The documentation has these numbers."""

import contextlib
from collections.abc import Container, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from hwgen.memristor.geometry import ArrayGeometry
from hwgen.memristor.march import Cells, Words, march
from hwgen.memristor.outcomes import ProgrammedWords, bits_of, words_of
from sim.devices.array import DeviceArray
from sim.devices.hfox import HfOxConfig, SenseAmplifier
from sim.devices.lines import Lines, Supply

WIDTH, BLOCKS = 8, 16
READS, ATTEMPTS = 8, 8
LINES = {"set": (Supply.SET, True), "reset": (Supply.RESET, False)}


class HostArray:
    """What a march is made of, without pins: words of a row each, block after block."""

    def __init__(self, words: int, devices: HfOxConfig, seed: int) -> None:
        geometry = ArrayGeometry(block_rows=4, block_columns=4, rows=words // BLOCKS, columns=WIDTH, word_bits=WIDTH)
        self.array = DeviceArray(geometry, devices, seed)

    def cells(self, addresses: Sequence[int]) -> tuple[NDArray[np.int64], ...]:
        """Index of the cells of words, the first word's first."""
        chosen = np.asarray(addresses, np.int64)
        return (
            np.repeat(chosen % BLOCKS, WIDTH),
            np.repeat(chosen // BLOCKS, WIDTH),
            np.tile(np.arange(WIDTH), len(chosen)),
        )

    def pulse(self, *passes: str, words: Words, addresses: Sequence[int], cells: Cells | None = None) -> None:
        mask = slice(None) if cells is None else cells.reshape(-1)
        chosen = tuple(index[mask] for index in self.cells(addresses))
        bits = bits_of(words, WIDTH).reshape(-1)[mask]
        for name in passes if bits.size else ():
            if name == "form":
                self.array.form(chosen)
            else:
                supply, csl = LINES[name]
                self.array.pulse(chosen, Lines.from_pins(supply, csl=csl, cbl=bits), self.array.config.pulse_ns)

    def program(
        self, words: Words, addresses: Sequence[int], *, form: bool | Container[int] = False
    ) -> ProgrammedWords:
        passes = (*(("form",) if form else ()), "set", "reset")
        attempts = np.zeros((len(words), WIDTH), np.uint8)
        left = np.ones(attempts.shape, np.bool_)
        for _ in range(ATTEMPTS):
            self.pulse(*passes, words=words, addresses=addresses, cells=left)
            attempts += left
            found = self.verify(words, addresses)
            left = found.failed
        return found._replace(attempts=attempts)

    def verify(self, words: Words, addresses: Sequence[int]) -> ProgrammedWords:
        cells, bits = self.cells(addresses), bits_of(words, WIDTH)
        reads = np.array([self.array.read(cells).bits.reshape(bits.shape).astype(bool) for _ in range(READS)])
        failed, unstable = (reads != bits).any(axis=0), (reads != reads[0]).any(axis=0)
        return ProgrammedWords(words_of(reads[-1]), np.zeros(bits.shape, np.uint8), failed, unstable)

    def mark(self, read: Words, cells: Cells, addresses: Sequence[int]) -> None:
        """There is no map here."""

    def comparing(self) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()


def rates(words: int, noise: float, stuck: float, seed: int) -> tuple[int, float, float, int]:
    """Stuck cells; shares of them that are missed, and of sound ones that are reported; in how many verifications of
    two for each cell a bit is wrong that was not reported."""
    devices = HfOxConfig(stuck_lrs=stuck / 4, stuck_hrs=stuck / 4, sense=SenseAmplifier(noise_sigma=noise))
    host = HostArray(words, devices, seed)
    targets = np.random.default_rng(seed).integers(0, 1 << WIDTH, words).astype(np.uint32)
    addresses = np.arange(words)
    found = march(host, targets, addresses, word_bits=WIDTH, verify_reads=READS, rounds=32, form=True)
    truth = host.array.stuck.any(axis=-1)[host.cells(addresses.tolist())].reshape(words, WIDTH)
    reported = found.failed | found.suspect
    wrong = sum(int((host.verify(targets, addresses.tolist()).failed & ~reported).sum()) for _ in range(2))
    return int(truth.sum()), float(np.mean(~reported[truth])), float(np.mean(reported[~truth])), wrong


@pytest.mark.parametrize(
    ("noise", "least", "most", "most_wrong"), [(0.0, 0.0, 0.0, 0), (0.01, 0.0, 0.002, 3), (0.1, 0.01, 0.1, 30)]
)
def test_a_march_misses_no_stuck_cell_but_with_noise(noise: float, least: float, most: float, most_wrong: int) -> None:
    stuck, missed, suspects, wrong = rates(2048, noise, 0.1, seed=1)
    assert 1400 < stuck < 1900
    assert least <= missed <= most
    assert suspects < 0.002
    assert wrong <= most_wrong


@pytest.mark.slow  # eight times as many cells: the numbers of the documentation
@pytest.mark.parametrize(("noise", "share"), [(0.0, 0.0), (0.01, 0.0), (0.03, 0.0038), (0.1, 0.049)])
def test_the_documentation_has_these_shares(noise: float, share: float) -> None:
    stuck, missed, suspects, _ = rates(16_384, noise, 0.1, seed=0)
    assert stuck == 12_793 and missed == pytest.approx(share, abs=0.0005) and suspects < 0.002
