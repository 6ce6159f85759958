"""The behavioural chips, driven by hand from what is published of them."""

import pytest

from rtl_tests.chips.by_hand import FORMING, RESET, SET, Bench
from sim.devices.chips.cells import BL, BLB, State

WORDS = (200, 180, 255, 90)
SEEDS = (0x5C, 0x7F, 0xFB, 0xEB)


def inverted(value: int) -> int:
    """Bits in reverse order, complemented."""
    return int(f"{value:08b}"[::-1], 2) ^ 0xFF


def loaded(seed: int = 0) -> Bench:
    """A 64x64 chip whose row 2 has the four words in its registers, other rows zeros."""
    bench = Bench("bayes-64x64", seed=seed)
    for column, word in enumerate(WORDS):
        for row in range(4):
            bench.program((row, column, 17, 5), word if row == 2 else 0)
    for column in range(4):
        bench.read(column, 17, 5)
    return bench


@pytest.mark.parametrize(
    ("csl", "cbl", "supply", "device", "state"),
    [
        (0, 1, RESET, BL, State.HIGH),
        (0, 0, RESET, BLB, State.HIGH),
        (1, 1, SET, BLB, State.LOW),
        (1, 0, SET, BL, State.LOW),
    ],
)
def test_the_control_table(csl: int, cbl: int, supply: int, device: int, state: State) -> None:
    bench = Bench("bayes-64x64")
    cell = (3, 1, 60, 33)
    states = bench.chip.cells.states[cell]
    bench.pulse(cell, csl, cbl, supply)
    assert states.tolist() == [State.VIRGIN] * 2  # only forming changes them
    for each in (0, 1):
        bench.pulse(cell, 1, each, FORMING)
    assert states.tolist() == [State.LOW] * 2
    if state is State.LOW:
        states[:] = State.HIGH
    bench.pulse(cell, csl, cbl, supply)
    assert states[device] == state and states[1 - device] != state
    assert (bench.chip.cells.states != State.VIRGIN).sum() == 2
    assert not bench.chip.breaches


def test_too_short_a_pulse_changes_nothing() -> None:
    bench = Bench("bayes-8x8")
    bench.chip._period_ns = 400.0
    cell = (0, 0, 0, 0)
    bench.pulse(cell, 1, 0, FORMING, clocks=2)
    assert bench.chip.cells.states[cell].tolist() == [State.VIRGIN] * 2
    bench.pulse(cell, 1, 0, FORMING, clocks=3)
    assert bench.chip.cells.states[cell].tolist() == [State.LOW, State.VIRGIN]


def test_cells_whose_devices_are_alike_read_at_random() -> None:
    found = set()
    for seed in range(8):
        bench = Bench("bayes-64x64", seed=seed)
        bench.read(1, 3)
        assert bench.chip.cells.undetermined == 32
        found.add(tuple(row[1] for row in bench.chip.words))
    assert len(found) == 8


def test_a_stuck_device_keeps_its_state() -> None:
    bench = Bench("bayes-64x64")
    bench.chip.cells.stick((0, 0, 0, 0), BL, State.LOW)
    bench.program((0, 0, 0, 0), 0xFF)
    assert bench.chip.cells.states[0, 0, 0, :2].tolist() == [[State.LOW, State.LOW], [State.HIGH, State.LOW]]
    assert Bench("bayes-64x64", stuck=0.01, seed=1).chip.cells.stuck.mean() == pytest.approx(0.01, rel=0.1)


def test_a_period_of_the_generators_counts_the_published_product() -> None:
    bench = loaded()
    for column, seed in enumerate(SEEDS):
        bench.clock(1, adr_full_col=column << 6, seeds=seed)
        bench.clock(1, load_seed=1)
        bench.clock(2, load_seed=0)
    assert bench.chip.generators == list(SEEDS)
    bench.clock(1, inference=1)
    counts = [sum(bits) for bits in zip(*bench.clock(255), strict=True)]
    assert counts == [0, 0, 49, 0]
    assert not bench.chip.breaches


def test_a_generator_steps_as_published() -> None:
    bench = Bench("bayes-64x64")
    bench.clock(3, seeds=1, load_seed=1)
    bench.clock(2, load_seed=0)
    states = []
    bench.clock(1, inference=1)
    for _ in range(8):
        bench.clock(1)
        states.append(bench.chip.generators[0])
    assert states == [0x01, 0x02, 0x04, 0x08, 0x11, 0x23, 0x47, 0x8E]


def test_sums_saturate_and_leave_in_the_published_clocks() -> None:
    bench = loaded()
    bench.chip.words[1] = [100, 0, 28, 3]
    # Two clocks of inference from clock 0 on; bits in clocks 6 to 13, the highest first. What a chip shows after the
    # rising edge that ends a clock is seen in the next one.
    bench.clock(2, stoch_log=1, inference=1)
    bench.clock(3, inference=0, read_out=1)
    rows = list(zip(*bench.clock(8), strict=True))
    assert [int("".join(map(str, row)), 2) for row in rows] == [0, 131, 255, 0]
    assert not bench.chip.breaches


def test_the_coded_chip_inverts_words_and_clears_their_registers() -> None:
    bench = Bench("bayes-8x8")
    for column, word in enumerate((10, 20, 30, 40)):
        for row in range(4):
            bench.program((row, column, 6, 0), inverted(word + row))
    for column in range(4):
        bench.read(column, 6)
    assert bench.chip.words == [[10 + row, 20 + row, 30 + row, 40 + row] for row in range(4)]
    bench.clock(2, instruction=0)
    bench.clock(3, instruction=1)
    rows = list(zip(*bench.clock(8), strict=True))
    assert [int("".join(map(str, row)), 2) for row in rows] == [100, 104, 108, 112]
    bench.clock(1, instruction=3)
    bench.clock(3, instruction=0)
    assert bench.chip.words == [[0] * 4] * 4
    assert not bench.chip.breaches


def test_a_single_bit_can_be_read() -> None:
    bench = loaded()
    for bit in range(8):
        bench.clock(2, adr_full_col=1 << 6 | bit, read_1=1)
        assert bench.clock(1)[0] == [0, 0, WORDS[1] >> bit & 1, 0]
    bench.clock(3, stoch_log=1)
    assert bench.clock(1)[0] == [0] * 4


@pytest.mark.parametrize("name", ["adr_full_row", "adr_full_col", "cbl", "csl", "cblen", "supply"])
@pytest.mark.parametrize("when", ["rises", "open", "falls"])
def test_what_lines_must_not_do_is_noted(name: str, when: str) -> None:
    bench = Bench("bayes-64x64")
    bench.clock(3, cblen=1, csl=1, cbl=1, supply=SET, adr_full_row=2, adr_full_col=2, load_mem=1)
    change = {name: bench.pins[name] ^ 1}
    bench.clock(1, cwl=1, **(change if when == "rises" else {}))
    bench.clock(1, **(change if when == "open" else {}))
    bench.clock(1, cwl=0, **(change if when == "falls" else {}))
    bench.clock(1, cblen=0, csl=0, cbl=0, supply=0, load_mem=0)
    bench.clock(4)
    line = {"adr_full_row": "row", "adr_full_col": "column"}.get(name, name)
    assert any(f"{line} changes near an open word line" in breach for breach in bench.chip.breaches)


def test_the_bench_by_hand_breaks_no_rule() -> None:
    bench = Bench("bayes-64x64")
    bench.program((1, 2, 3, 4), 0x5A)
    bench.read(2, 3, 4)
    assert not bench.chip.breaches
    assert bench.chip.words[1][2] == 0x5A
