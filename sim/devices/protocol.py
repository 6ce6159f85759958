"""The rules of an array's lines, checked clock by clock, whatever drives them."""

from collections.abc import Iterator

from hwgen.memristor.config import ArrayConfig
from sim.golden.memristor import Pins, select


class ProtocolBreach(AssertionError):
    """Lines broke a rule."""


class ProtocolChecker:
    """Watches the lines of an array and notes every breach of a rule.

    Rules are those of safety (nothing moves near an open word line, no pulse is too long, one supply at a time) and of
    use (each phase lasts as long as the config says, polarity and supply belong together, addresses exist). They are
    stated of the lines alone: the checker knows neither what is to be programmed nor how a controller works.
    ``docs/devices.md`` lists them. A cell is *connected* while ``cblen`` is 1.

    Args:
        config: phases and geometry.
        lengths: clocks for which a pulse lasts at least with each of :data:`~hwgen.memristor.config.SUPPLIES`, as the
            host has told the controller; by default the config's.
    """

    def __init__(self, config: ArrayConfig, lengths: tuple[int, ...] | None = None) -> None:
        self.config = config
        self.lengths = config.programming_clocks.lengths if lengths is None else lengths
        """Clocks of a pulse with each supply, at least; may be changed while none is under way. A longer one than the
        limit is cut there."""
        self._read, self._programming = config.read_clocks, config.programming_clocks
        self.breaches: list[str] = []
        """What was seen, one line each: number of the clock and rule."""
        self._clock = -1
        self._before = Pins()
        self._stood = dict.fromkeys(("address", "lines", "supply"), 0)  # clocks before this one with the same levels
        self._closed = max(self._read.off, self._programming.off)  # clocks since the word line fell
        self._open = 0  # clocks for which it has been at 1
        self._precharged = 0  # of these, with the source line at 1
        self._programs = False  # it was last at 1 for a pulse

    def clock(self, pins: Pins, dropped: bool = False) -> None:
        """The lines in the next clock; ``dropped``: in the clock before came reset, abort or lock."""
        self._clock += 1
        before = self._before
        changed = {
            "address": (pins.row, pins.column, pins.cblen) != (before.row, before.column, before.cblen),
            "lines": (pins.cbl, pins.csl) != (before.cbl, before.csl),
            "supply": pins.supply != before.supply,
        }
        for name, change in changed.items():
            self._stood[name] = 0 if change or dropped else self._stood[name] + 1
        rules = self._levels(pins)
        if dropped:
            kept = ", ".join(f"{name} {level}" for name, level in pins._asdict().items() if level)
            found = [*rules, *([f"a line is at 1 after a reset, an abort or a lock: {kept}"] if kept else [])]
            self._closed = max(self._read.off, self._programming.off)
        else:
            found = [*rules, *self._changes(pins, changed)]
            self._closed = 0 if pins.cwl else self._closed + 1
        self.breaches += [f"clock {self._clock}: {rule}" for rule in found]
        self._open = self._open + 1 if pins.cwl else 0
        self._precharged = (self._precharged if self._open > 1 else 0) + (pins.cwl & pins.csl)
        self._before = pins

    def check(self, pins: Pins, dropped: bool = False) -> None:
        """As :meth:`clock`; raises :class:`ProtocolBreach` with what was seen if a rule was broken in this clock."""
        known = len(self.breaches)
        self.clock(pins, dropped)
        if len(self.breaches) > known:
            raise ProtocolBreach("; ".join(self.breaches[known:]))

    def _levels(self, pins: Pins) -> Iterator[str]:
        """Rules of a single clock."""
        geometry = self.config.geometry
        if pins.supply.bit_count() > 1:
            yield "two supplies are selected"
        if pins.cwl and self._open >= self._programming.longest_pulse:
            yield "the word line is at 1 for longer than the limit"
        if pins.row >= geometry.block_rows * geometry.rows:
            yield "there is no such row"
        if pins.column >= geometry.block_columns * geometry.columns:
            yield "there is no such column"
        if pins.cbl and not pins.cblen:
            yield "a bit line is driven while the amplifiers are connected"

    def _changes(self, pins: Pins, changed: dict[str, bool]) -> Iterator[str]:
        """Rules of how the lines came to be what they are."""
        before = self._before
        connects = pins.cblen and not before.cblen
        if connects and (self._stood["supply"] < self._programming.supply or not pins.supply):
            yield "a cell is connected before the supply stands"
        if pins.cwl and not before.cwl:
            self._programs = bool(pins.cblen)
            yield from self._opens_pulse(pins) if pins.cblen else self._opens_read(pins)
        if before.cwl and not pins.cwl and not before.cblen:
            clocks = self._read
            if self._precharged < clocks.precharge:
                yield "precharge is too short"
            if self._open - self._precharged < clocks.evaluate + clocks.hold:
                yield "evaluation and hold are too short"
        if before.cwl and not pins.cwl and before.cblen and self._open < self._shortest(before.supply):
            yield "a pulse is too short"
        evaluation = pins.cwl and before.cwl and not pins.cblen and before.csl and not pins.csl
        if pins.cwl or before.cwl:
            if changed["address"] or changed["supply"] or (changed["lines"] and not evaluation):
                moved = self._moved(pins, *(("csl",) if evaluation else ()))
                yield f"a line changes near an open word line: {moved}"
        elif self._closed < self._off and any(changed.values()):
            yield f"a line changes too soon after the word line fell: {self._moved(pins)}"
        if changed["supply"]:
            if before.supply and pins.supply:
                yield f"a supply is switched on straight after another: {self._moved(pins)}"
            if before.cblen or pins.cblen:
                yield f"the supply changes while a cell is connected: {self._moved(pins)}"

    def _moved(self, pins: Pins, *allowed: str) -> str:
        """The lines that change, those ``allowed`` to and the word line aside, with their levels before and after."""
        levels = zip(Pins._fields, self._before, pins, strict=True)
        moved = [f"{name} {old} to {new}" for name, old, new in levels if old != new and name not in ("cwl", *allowed)]
        return ", ".join(moved)

    def _shortest(self, supply: int) -> int:
        """Clocks for which a pulse lasts at least; 0 where no supply, or more than one, says how long."""
        if supply.bit_count() != 1:
            return 0
        return min(self.lengths[supply.bit_length() - 1], self._programming.longest_pulse)

    @property
    def _off(self) -> int:
        """Clocks for which the lines must outlast the word line."""
        return self._programming.off if self._programs else self._read.off

    def _opens_pulse(self, pins: Pins) -> Iterator[str]:
        clocks = self._programming
        if self._stood["address"] < clocks.setup + clocks.drive or self._stood["lines"] < clocks.drive:
            yield "a pulse begins before the lines stand"
        if pins.supply and pins.csl == (pins.supply == select("reset")):
            yield "the source line does not belong to the supply"

    def _opens_read(self, pins: Pins) -> Iterator[str]:
        if min(self._stood["address"], self._stood["lines"]) < self._read.setup or not pins.csl:
            yield "a read begins before the lines stand"
        if pins.supply or self._stood["supply"] < self._programming.supply:
            yield "a read begins with a supply selected, or before it has gone"
