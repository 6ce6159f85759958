"""Phases of the array's sequencers: nanoseconds in the config, clocks in the hardware."""

import json
from fractions import Fraction

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.bayes.config import BayesConfig
from hwgen.bus.common import core_map
from hwgen.errors import DesignError
from hwgen.memristor.config import MOST_ADDRESS_BITS, ArrayConfig, ProgrammingPhases, ReadPhases
from hwgen.memristor.geometry import BAYES_8X8, ArrayGeometry
from hwgen.memristor.registers import array_registers, array_windows


def config(clock_hz: int = 100_000_000, **others: object) -> ArrayConfig:
    return ArrayConfig(geometry=BAYES_8X8, clock_hz=clock_hz, **others)


def test_phases_at_100_mhz() -> None:
    assert config().read_clocks == (1, 1, 2, 1, 1)
    assert config().read_clocks.total == 6
    clocks = config().programming_clocks
    assert (clocks.forming, clocks.set, clocks.reset, clocks.supply) == (1000, 100, 100, 1000)
    assert clocks.longest_pulse == 10_000
    assert clocks.overhead == 3


@given(st.integers(1_000_000, 10**9), st.integers(1, 10**9))
def test_a_phase_is_never_shorter_than_it_says_and_less_than_a_clock_longer(clock_hz: int, nanoseconds: int) -> None:
    clocks = config(clock_hz, programming=ProgrammingPhases(longest_pulse_ns=10**9)).clocks(nanoseconds)
    period = Fraction(10**9, clock_hz)
    assert clocks * period >= nanoseconds
    assert clocks == 1 or (clocks - 1) * period < nanoseconds


@given(st.integers(1_000_000, 10**9), st.integers(3_000, 10**9))  # the word line of a read is at 1 for 3 clocks
def test_the_longest_pulse_is_never_longer_than_it_says(clock_hz: int, nanoseconds: int) -> None:
    phases = ProgrammingPhases(forming_ns=1, set_ns=1, reset_ns=1, longest_pulse_ns=nanoseconds)
    longest = config(clock_hz, programming=phases).programming_clocks.longest_pulse
    period = Fraction(10**9, clock_hz)
    assert longest * period <= nanoseconds < (longest + 1) * period


@pytest.mark.parametrize("name", ["forming", "set", "reset"])
def test_a_pulse_above_the_longest_is_refused(name: str) -> None:
    # 1,050 ns is 105 clocks of 10 ns; at 30 MHz it is 32 clocks, 1,066 ns.
    phases = {"forming_ns": 1_000, "longest_pulse_ns": 1_050, f"{name}_ns": 1_050}
    assert getattr(config(programming=ProgrammingPhases(**phases)).programming_clocks, name) == 105
    with pytest.raises(pydantic.ValidationError, match=f"{name}_ns must be at most 1033, not 1050: .* at 30000000 Hz"):
        config(30_000_000, programming=ProgrammingPhases(**phases))


def test_a_limit_below_a_clock_is_refused() -> None:
    with pytest.raises(pydantic.ValidationError, match="at least a clock, 1000 ns: longest_pulse_ns = 999"):
        config(1_000_000, programming=ProgrammingPhases(longest_pulse_ns=999))


@pytest.mark.parametrize(
    ("sizes", "words", "most"),
    [
        ((64, 64, 4096, 4096, 8), 4096 * 512, 256),
        ((64, 64, 64, 64, 8), 64 * 8, 256),
        ((5, 4, 4096, 128, 8), 4096 * 16, 1 << 15),  # five rows of blocks take three bits
    ],
)
def test_an_array_with_more_words_than_addresses_is_refused(sizes: tuple[int, ...], words: int, most: int) -> None:
    names = ("block_rows", "block_columns", "rows", "columns", "word_bits")
    block_rows, block_columns, rows, columns, word_bits = sizes
    message = (
        f"rows = {rows} and columns = {columns} give {words} words of {word_bits} bits a block; with {block_rows} x "
        f"{block_columns} blocks, at most {most} are allowed"
    )
    geometry = ArrayGeometry(**dict(zip(names, sizes, strict=True)))
    with pytest.raises(pydantic.ValidationError, match=message):
        ArrayConfig(geometry=geometry, clock_hz=100_000_000)
    fitting = geometry.model_copy(update={"rows": max(1, rows * most // words), "columns": min(columns, most * 8)})
    assert fitting.address_bits == MOST_ADDRESS_BITS
    register_map = core_map(
        registers=array_registers(ArrayConfig(geometry=fitting, clock_hz=100_000_000)),
        windows=array_windows(ArrayConfig(geometry=fitting, clock_hz=100_000_000)),
    )
    assert register_map.address_bits <= 32  # those of the bus


def test_a_design_file_with_too_large_an_array_is_told_what_is_allowed() -> None:
    values = {"mode": "logarithmic", "rows": 64, "bins": [2] * 64, "likelihood_bits": 8, "memory": "array"}
    message = (
        "^bayes.array: rows = 4096 and columns = 4096 give 2097152 words of 8 bits a block; with 64 x 64 blocks, "
        "at most 256 are allowed"
    )
    with pytest.raises(DesignError, match=message):
        BayesConfig.parse(values | {"array": {"clock_hz": 25_000_000, "columns": 4096, "rows": 4096}})


@pytest.mark.parametrize(
    "wrong", [{"clock_hz": 0}, {"attempts": 0}, {"attempts": 256}, {"read": {"setup_ns": 0}}, {"settle_ns": 5}]
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(pydantic.ValidationError):
        ArrayConfig.model_validate({"geometry": BAYES_8X8, "clock_hz": 100_000_000} | wrong)


def test_a_config_survives_json() -> None:
    before = config(read=ReadPhases(evaluate_ns=35), attempts=3)
    assert ArrayConfig.model_validate_json(json.dumps(before.model_dump(mode="json"))) == before
