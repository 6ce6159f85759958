"""Payloads as words: packing and unpacking are inverse, and put every bit where the hardware has it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.bus.packing import pack, unpack, words_for


@given(data=st.data(), widths=st.lists(st.integers(1, 32), min_size=1, max_size=40), count=st.integers(0, 5))
def test_payloads_hold_the_fields_one_after_the_other(data: st.DataObject, widths: list[int], count: int) -> None:
    values = [data.draw(st.lists(st.integers(0, (1 << width) - 1), min_size=count, max_size=count)) for width in widths]
    packed = pack(list(zip(values, widths, strict=True)))
    assert packed.shape == (count, words_for(sum(widths)))
    assert packed.dtype == np.uint32
    for sample in range(count):
        expected = offset = 0
        for field, width in zip(values, widths, strict=True):
            expected |= field[sample] << offset
            offset += width
        assert sum(int(word) << 32 * index for index, word in enumerate(packed[sample])) == expected
    assert [field.tolist() for field in unpack(packed, widths)] == values


@pytest.mark.parametrize(("bits", "words"), [(1, 1), (31, 1), (32, 1), (33, 2), (64, 2), (65, 3)])
def test_words_for(bits: int, words: int) -> None:
    assert words_for(bits) == words
    assert pack([([1], 1)] * bits).tolist() == [[(1 << min(32, bits - 32 * index)) - 1 for index in range(words)]]


def test_unused_bits_are_zero() -> None:
    assert pack([(np.array([True, False]), 1), (np.array([3, 0]), 2)]).tolist() == [[7], [0]]


@pytest.mark.parametrize("dtype", [np.bool_, np.uint8, np.uint16, np.int64, np.uint64])
def test_any_integer_type_packs(dtype: type) -> None:
    values = np.array([1, 0, 1], dtype)
    assert pack([(values, 1), (values, 32)]).tolist() == [[3, 0], [0, 0], [3, 0]]
