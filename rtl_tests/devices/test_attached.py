"""Devices at the pins, fed with lines by hand."""

from hwgen.memristor.config import ArrayConfig
from hwgen.memristor.geometry import BAYES_8X8, Place
from sim.devices.attached import AttachedArray
from sim.devices.hfox import HfOxConfig
from sim.golden.memristor import IDLE, read_lines

CONFIG = ArrayConfig(geometry=BAYES_8X8, clock_hz=200_000_000)
PLACE = Place(1, 2, 3, 0)


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
