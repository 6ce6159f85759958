"""The memory of units: words come back from where they were put, two enabled clocks after they are asked for."""

from typing import Any

import numpy as np
import pytest

from hwgen.ff.unit_memory import UnitMemory
from rtl_tests.simulate import simulate


@pytest.mark.parametrize(("width", "beats", "banks"), [(88, 12, 3), (5, 1, 2), (1, 1, 1), (32, 5, 4)])
def test_words_come_back_two_enabled_clocks_later(width: int, beats: int, banks: int) -> None:
    dut = UnitMemory(width, beats, banks)
    draw = np.random.default_rng(width)
    kept = {(bank, beat): 0 for bank in range(banks) for beat in range(beats)}

    async def bench(ctx: Any) -> None:
        fetched, word = 0, 0
        for _ in range(400):
            enable, read, write = (bool(draw.integers(2)) for _ in range(3))
            place, target = ((int(draw.integers(banks)), int(draw.integers(beats))) for _ in range(2))
            write &= not (read and place == target)
            data = int.from_bytes(draw.bytes(12)) % (1 << width)
            ctx.set(dut.enable, enable)
            ctx.set(dut.read, read)
            ctx.set(dut.read_bank, place[0])
            ctx.set(dut.read_beat, place[1])
            ctx.set(dut.write, write)
            ctx.set(dut.write_bank, target[0])
            ctx.set(dut.write_beat, target[1])
            ctx.set(dut.write_word, data)
            await ctx.tick()
            if enable:
                word = fetched
                if read:
                    fetched = kept[place]
            if write:
                kept[target] = data
            assert ctx.get(dut.word) == word

    simulate(dut, bench)


@pytest.mark.parametrize("name", ["width", "beats", "banks"])
def test_what_makes_no_sense_is_refused(name: str) -> None:
    parameters = {"width": 8, "beats": 4, "banks": 2} | {name: 0}
    with pytest.raises(ValueError, match=f"{name} must be at least 1, not 0"):
        UnitMemory(**parameters)
