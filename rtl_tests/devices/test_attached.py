"""Devices at the pins, fed with lines by hand."""

from hwgen.memristor.config import ArrayConfig, ReadPhases
from hwgen.memristor.geometry import BAYES_8X8, Place
from sim.devices.attached import AttachedArray
from sim.devices.hfox import HfOxConfig, Resistance, SenseAmplifier
from sim.golden.memristor import IDLE, read_lines

CONFIG = ArrayConfig(geometry=BAYES_8X8, clock_hz=200_000_000)
PLACE = Place(1, 2, 3, 0)
BITS = [1, 0, 1, 0, 0, 1, 0, 1]
WORD = sum(bit << index for index, bit in enumerate(BITS))


def read(attached: AttachedArray, precharged: bool = True) -> int:
    """What the amplifiers show at the end of a read, with or without its precharge."""
    lines = [pins for pins in read_lines(CONFIG, PLACE) if precharged or not (pins.cwl and pins.csl)]
    data = [attached.clock(pins) for pins in lines]
    attached.clock(IDLE)
    return data[max(clock for clock, pins in enumerate(lines) if pins.cwl)]


def test_a_read_without_a_precharge_of_its_own_is_undetermined() -> None:
    attached = AttachedArray(CONFIG, HfOxConfig.ideal())
    attached.array.form()
    attached.array.program([1, 0, 1, 0, 0, 1, 0, 1])
    word = read(attached)
    assert {read(attached) for _ in range(5)} == {word}
    assert len({read(attached, precharged=False) for _ in range(20)}) > 2
    assert read(attached) == word


def slow_array(evaluate_ns: int, noise_sigma: float = 0.0) -> AttachedArray:
    """Formed cells whose lower resistance discharges a branch in 40 ns, programmed at ``PLACE``."""
    states = {
        name: Resistance(median_ohm=ohm, device_sigma=0.0, cycle_sigma=0.0)
        for name, ohm in (("lrs", 2e6), ("hrs", 8e6))
    }
    sense = SenseAmplifier(offset_sigma=0.0, noise_sigma=noise_sigma, evaluate_ns=20.0)
    devices = HfOxConfig.ideal().model_copy(update=states | {"sense": sense})
    config = CONFIG.model_copy(update={"read": ReadPhases(evaluate_ns=evaluate_ns)})
    attached = AttachedArray(config, devices, seed=1)
    attached.array.form()
    attached.array.program(BITS, (6, 3), attempts=20)
    return attached


def shown(attached: AttachedArray) -> list[int]:
    """The word at ``PLACE`` on the data pins, in each clock of a read's evaluation and hold."""
    lines = list(read_lines(attached.config, PLACE))
    data = [attached.clock(pins) for pins in lines]
    attached.clock(IDLE)
    shift = PLACE.block_row * 8
    return [levels >> shift & 0xFF for levels, pins in zip(data, lines, strict=True) if pins.cwl and not pins.csl]


def test_a_slow_cell_is_read_by_an_evaluation_that_is_long_enough() -> None:
    # Evaluation and hold: 30 ns are too short for 40 ns, 70 ns suffice.
    short, long = slow_array(20), slow_array(60)
    assert len({shown(short)[-1] for _ in range(20)}) > 10
    assert {shown(long)[-1] for _ in range(20)} == {WORD}


def test_what_is_decided_stays_and_the_rest_is_decided_as_time_passes() -> None:
    attached = slow_array(200, noise_sigma=0.05)
    # The first four cells are quick: 7 kOhm discharge a branch in less than a nanosecond.
    numbers = attached.array._numbers[6, 3, :4]
    attached.array._devices.log_ohm[2 * numbers] -= 5
    attached.array._devices.log_ohm[2 * numbers + 1] -= 5
    for _ in range(20):
        words = shown(attached)
        before, after = words[5:8], words[9:]  # 25 to 35 ns have passed, or more than 40
        assert len(set(before)) == len(set(after)) == 1
        assert before[0] & 0xF == after[0] & 0xF == WORD & 0xF
        assert after[0] == WORD


def test_how_long_an_evaluation_takes_does_not_change_what_comes_after() -> None:
    short, long = slow_array(20, noise_sigma=0.05), slow_array(500, noise_sigma=0.05)
    for attached in (short, long):
        shown(attached)
    assert (short.array.sense(..., 1.0, 1.0).bits == long.array.sense(..., 1.0, 1.0).bits).all()  # guesses, all of them
