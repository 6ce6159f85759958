"""Profiles, configs and tables of the controller: plain data."""

from types import SimpleNamespace

import numpy as np
import pytest

from hwgen.bayes.table import LikelihoodTable
from hwgen.bus.common import IDENTITY_MAGIC
from hwgen.bus.map import WORD_BYTES
from hwgen.chips.config import ChipConfig
from hwgen.chips.driver import ChipDriver
from hwgen.chips.likelihoods import chip_table, chip_words, fit, from_source
from hwgen.chips.profile import PROFILES, target_profile
from hwgen.chips.registers import CORE_NUMBER, register_map
from hwgen.chips.target import target_design
from hwgen.errors import DesignError, HwgenError
from hwgen.memristor.config import ProgrammingPhases
from hwgen.memristor.geometry import Place

PUBLISHED = PROFILES["bayes-64x64"]
PROTOTYPE = PROFILES["bayes-8x8"]


def test_the_published_pins() -> None:
    names = "clk cbl cblen csl cwl inference load_seed read_1 read_8 load_mem read_out stoch_log seeds"
    found = {pin.name: pin.width for pin in PUBLISHED.pins}
    assert list(found) == [*names.split(), "adr_full_col", "adr_full_row", "bit_out"]
    assert {name: width for name, width in found.items() if width > 1} == {
        "seeds": 8,
        "adr_full_col": 8,
        "adr_full_row": 8,
        "bit_out": 4,
    }
    found = {pin.name: pin.width for pin in PROTOTYPE.pins}
    assert found == {
        **dict.fromkeys(("clk", "cbl", "cblen", "csl", "cwl"), 1),
        "instruction": 2,
        "adr_full_col": 5,
        "adr_full_row": 5,
        "bit_out": 4,
    }


def test_the_published_sizes() -> None:
    assert (PUBLISHED.geometry.devices, PUBLISHED.bins, PUBLISHED.address_bits) == (131_072, 512, 9)
    assert (PROTOTYPE.geometry.devices, PROTOTYPE.bins, PROTOTYPE.address_bits) == (2_048, 8, 3)


def test_an_observation_is_row_and_word() -> None:
    streams = tuple(np.zeros((512, 4), np.uint16) for _ in range(4))
    streams[2][0b101011_110, 3] = 77
    words = chip_words(PUBLISHED, LikelihoodTable(streams))
    assert [address for address, word in words.items() if word] == [
        PUBLISHED.geometry.address(Place(block_row=3, block_column=2, row=0b101011, word=0b110))
    ]


def test_cells_of_the_prototype_are_reversed_and_complemented() -> None:
    assert PROTOTYPE.cells(0b0000_0001) == 0b0111_1111
    assert all(PROTOTYPE.cells(PROTOTYPE.cells(word)) == word for word in range(256))
    assert all(PUBLISHED.cells(word) == word for word in range(256))


@pytest.mark.parametrize("target", ["chip:bayes-64", "bayes-64x64", "chip:", "board:bayes-8x8"])
def test_a_mistyped_target_names_those_there_are(target: str) -> None:
    with pytest.raises(DesignError) as error:
        target_profile(target)
    assert str(error.value) == f"target must be one of chip:bayes-64x64, chip:bayes-8x8, not {target!r}"


@pytest.mark.parametrize(
    ("clock_hz", "divider"), [(12_000_000, 12), (25_000_000, 20), (2_000_000, 2), (27_000_000, 24)]
)
def test_the_chips_clock_is_the_slowest_from_1_mhz_on(clock_hz: int, divider: int) -> None:
    config = ChipConfig(chip="bayes-64x64", clock_hz=clock_hz)
    assert (config.divider, config.chip_hz) == (divider, clock_hz // divider)


@pytest.mark.parametrize("divider", [3, 14, 24])
def test_other_dividers_are_refused(divider: int) -> None:
    with pytest.raises(DesignError, match=r"chip.divider must be an even divisor of clock_hz \(12000000\).*try 12"):
        target_design("chip:bayes-8x8", divider=divider)


@pytest.mark.parametrize(
    ("clock_hz", "nearest"),
    [(66_666_667, 66_666_666), (33_333_333, 33_333_332), (2_000_001, 2_000_000), (999_999_999, 1_000_000_000)],
)
def test_a_clock_without_even_divisor_is_refused_and_the_next_that_has_one_named(clock_hz: int, nearest: int) -> None:
    for divider in ({}, {"divider": 2}, {"divider": 3}):
        with pytest.raises(DesignError) as error:
            target_design("chip:bayes-64x64", clock_hz=clock_hz, **divider)
        assert str(error.value) == (
            "chip:bayes-64x64: chip.clock_hz must be even, as the chip's clock is an even divisor of it, "
            f"not {clock_hz}; try {nearest}"
        )
    below, above = (ChipConfig(chip="bayes-64x64", clock_hz=clock_hz + by).chip_hz for by in (-1, 1))
    assert ChipConfig(chip="bayes-64x64", clock_hz=nearest).chip_hz == min(below, above)


@pytest.mark.parametrize("clock_hz", [33_333_000, 33_000_000, 66_666_666, 999_999_998])
def test_lines_stand_for_exactly_as_many_clocks_as_asked(clock_hz: int) -> None:
    for clocks in (2, 3, 5, 7, 90, 255):
        config = ChipConfig(
            chip="bayes-64x64",
            clock_hz=clock_hz,
            divider=2,
            settle_clocks=clocks,
            programming=ProgrammingPhases(longest_pulse_ns=1_000_000),
        )
        read, pulses = config.array_config.read_clocks, config.array_config.programming_clocks
        assert (read.setup, read.precharge, read.hold, read.off) == (max(clocks, config.array_config.clocks(10)),) * 4
        assert (pulses.setup, pulses.drive, pulses.off) == (max(clocks, config.array_config.clocks(10)),) * 3


def test_phases_last_as_long_as_they_say_and_lines_settle() -> None:
    config = ChipConfig(chip="bayes-64x64", clock_hz=40_000_000, divider=4)
    read, pulses = config.array_config.read_clocks, config.array_config.programming_clocks
    assert read == (2, 2, 1, 2, 2)
    assert (pulses.setup, pulses.drive, pulses.off) == (2, 2, 2)
    assert (pulses.forming, pulses.set, pulses.supply, pulses.longest_pulse) == (100, 10, 100, 1000)
    assert config.steps("stochastic") == 4 * 9 + 4 * 3 + 255 + 4
    assert config.steps("logarithmic") == 4 * 9 + 2 + 2 + 8 + 4


def test_a_command_is_waited_for_in_clocks_of_the_controller() -> None:
    config = target_design("chip:bayes-8x8", programming={"longest_pulse_ns": 20_000}, attempts=1).config
    identity, config_hash = (register_map(config).base(name) for name in ("identity", "config_hash"))
    known = {
        identity: IDENTITY_MAGIC << 16 | CORE_NUMBER,
        config_hash: config.hash & 0xFFFF_FFFF,
        config_hash + WORD_BYTES: config.hash >> 32,
    }
    always_active = SimpleNamespace(
        read=lambda addresses: np.array([known.get(address, 0b11) for address in addresses.tolist()], np.uint32),
        write=lambda addresses, words: None,
    )
    programmer = ChipDriver(always_active, config).array
    with pytest.raises(HwgenError, match=f"more than the {config.longest_command} clocks that it may take"):
        programmer.program([0], [0])


def test_a_small_table_is_filled_up_so_that_nothing_changes() -> None:
    table = LikelihoodTable((np.array([[9, 8]] * 3, np.uint16),))
    for mode, likely, unlikely in (("stochastic", 255, 0), ("logarithmic", 0, 255)):
        streams = fit(table, PROTOTYPE, mode).streams
        assert streams[0].tolist() == [[9, 8, unlikely, unlikely]] * 3
        assert [stream.tolist() for stream in streams[1:]] == [[[likely, likely, unlikely, unlikely]] * 2] * 3


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ([(2, 4)] * 5, "at most 4 columns, not 5"),
        ([(2, 5)] * 4, "at most 4 rows, not 5"),
        ([(9, 4)] * 4, "at most 8 bins a column, not 9"),
    ],
)
def test_a_table_that_is_too_large_is_refused(shapes: list[tuple[int, int]], message: str) -> None:
    table = LikelihoodTable(tuple(np.zeros(shape, np.uint16) for shape in shapes))
    with pytest.raises(DesignError, match=f"a table for bayes-8x8 may have {message}"):
        fit(table, PROTOTYPE, "logarithmic")
    with pytest.raises(DesignError):
        chip_table(ChipConfig(chip="bayes-8x8"), table)


def test_a_table_from_a_classifier_fits_with_its_samples() -> None:
    source = {"dataset": "iris", "classifier": "GaussianNB", "features": 3, "bins": 8}
    table, held_out = from_source(PROTOTYPE, "logarithmic", source)
    assert [stream.shape for stream in table.streams] == [(8, 4)] * 3 + [(2, 4)]
    assert held_out is not None and held_out.samples.shape == (len(held_out.labels), 4)
    assert not held_out.samples[:, 3].any()
