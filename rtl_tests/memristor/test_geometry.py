"""The geometry of an array of memristors and the addresses that follow from it."""

import itertools

import pydantic
import pytest

from hwgen.errors import HwgenError
from hwgen.memristor.geometry import BAYES_8X8, BAYES_64X64, ArrayGeometry, Place

UNEVEN = ArrayGeometry(block_rows=3, block_columns=6, rows=4, columns=16, word_bits=4)
SINGLE = ArrayGeometry(block_rows=1, block_columns=1, rows=1, columns=8)


def places(geometry: ArrayGeometry) -> list[Place]:
    sizes = (geometry.block_rows, geometry.block_columns, geometry.rows, geometry.words_per_row)
    return [Place(*coordinates) for coordinates in itertools.product(*map(range, sizes))]


def test_the_fabricated_machines_have_their_published_sizes() -> None:
    assert BAYES_8X8.devices == 2048
    assert (BAYES_8X8.words_per_row, BAYES_8X8.words_per_block) == (1, 8)
    assert BAYES_64X64.devices == 131072
    assert (BAYES_64X64.words_per_row, BAYES_64X64.words_per_block) == (8, 512)


def test_lines_of_the_64x64_machine_have_its_pins_addresses() -> None:
    """adr_full_row and adr_full_col: 8 bits each, {block[1:0], inner[5:0]}."""
    assert (BAYES_64X64.row_address_bits, BAYES_64X64.column_address_bits) == (8, 8)
    place = Place(block_row=2, block_column=3, row=0b101010, word=5)
    assert BAYES_64X64.row_address(place) == 0b10_101010
    assert BAYES_64X64.column_address(place, 1) == 0b11_101001
    assert (BAYES_8X8.row_address_bits, BAYES_8X8.column_address_bits) == (5, 5)


def test_an_observation_of_the_64x64_machine_is_row_above_word() -> None:
    """obs[8:3] is the row, obs[2:0] the word; the block is above them."""
    assert [(field.name, field.lowest, field.bits) for field in BAYES_64X64.fields] == [
        ("block_row", 11, 2),
        ("block_column", 9, 2),
        ("row", 3, 6),
        ("word", 0, 3),
    ]
    assert BAYES_64X64.address(Place(1, 2, 33, 6)) == 0b01_10_100001_110


@pytest.mark.parametrize("geometry", [BAYES_8X8, UNEVEN, SINGLE])
def test_every_word_has_an_address_of_its_own(geometry: ArrayGeometry) -> None:
    addresses = [geometry.address(place) for place in places(geometry)]
    assert len(set(addresses)) == len(addresses) == geometry.words
    assert max(addresses) < 1 << geometry.address_bits
    assert [geometry.place(address) for address in addresses] == places(geometry)


@pytest.mark.parametrize("geometry", [BAYES_8X8, UNEVEN, SINGLE])
def test_every_cell_has_a_pair_of_line_addresses_of_its_own(geometry: ArrayGeometry) -> None:
    lines = {
        (geometry.row_address(place), geometry.column_address(place, bit))
        for place in places(geometry)
        for bit in range(geometry.word_bits)
    }
    assert len(lines) == geometry.cells
    assert all(row < 1 << geometry.row_address_bits for row, _ in lines)
    assert all(column < 1 << geometry.column_address_bits for _, column in lines)


def test_a_word_is_a_whole_row_unless_said_otherwise() -> None:
    assert (SINGLE.word_bits, SINGLE.words_per_row, SINGLE.shape) == (8, 1, (1, 1, 8))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rows": 6}, "rows must be a power of two .*, not 6"),
        ({"columns": 12, "word_bits": 4}, "columns must be a power of two .*, not 12"),
        ({"word_bits": 3}, r"word_bits must divide columns \(16\), not 3"),
        ({"block_rows": 0}, "greater than or equal to 1"),
        ({"banks": 2}, "Extra inputs are not permitted"),
    ],
)
def test_what_cannot_be_built_is_refused(change: dict[str, int], message: str) -> None:
    with pytest.raises(pydantic.ValidationError, match=message):
        ArrayGeometry(**(UNEVEN.model_dump() | change))


def test_addresses_without_a_word_are_refused() -> None:
    beyond = UNEVEN.address(Place(2, 5, 3, 3)) + (1 << 4)  # block_column 6 of 0 to 5
    with pytest.raises(HwgenError, match=f"block_column of address {beyond} must lie between 0 and 5, not 6"):
        UNEVEN.place(beyond)
    with pytest.raises(HwgenError, match="the address must lie between 0 and 511, not 512"):
        UNEVEN.place(512)


def test_places_out_of_range_are_refused() -> None:
    with pytest.raises(HwgenError, match="row must lie between 0 and 3, not 4"):
        UNEVEN.address(Place(0, 0, 4, 0))
    with pytest.raises(HwgenError, match="row must lie between 0 and 3, not 4"):
        UNEVEN.row_address(Place(0, 0, 4, 0))
    with pytest.raises(HwgenError, match="word must lie between 0 and 3, not 9"):
        UNEVEN.column_address(Place(0, 0, 0, 9), 0)
    with pytest.raises(HwgenError, match="bit must lie between 0 and 3, not 4"):
        UNEVEN.column_address(Place(0, 0, 0, 0), 4)
