"""The register bank: a :class:`~hwgen.bus.map.RegisterMap` as hardware."""

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import NamedTuple

from amaranth.hdl import Cat, Const, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hwgen.bus.counter_memory import WORDS as COUNTER_WORDS
from hwgen.bus.counter_memory import counter_port
from hwgen.bus.interface import BusSignature, WindowSignature
from hwgen.bus.map import WORD_BYTES, Access, Register, RegisterMap, Window

ANSWERS_AT_ONCE = 6
"""Entries of the map whose answers are joined in one clock."""


class RegisterBank(wiring.Component):
    """Answers the bus for a register map.

    Registers answer four clocks after ``valid``, counters and windows two clocks after their memory. Addresses outside
    the map or not on a word boundary, accesses that a register does not allow, and values too wide for it answer with
    ``error``.

    Args:
        register_map: what is offered.
        counters: registers of the map that :class:`~hwgen.bus.counter_memory.CounterMemory` holds, in its order.

    Members: ``bus``; for each other register a signal of its name and width, driven by the core (``ro``: the value;
    ``rw1c``: bits to set) or by the bank (``rw``: the value; ``wo``: one-clock strobes); for each ``rw1c`` register
    also ``<name>_flags``, its value, and ``<name>_raised``, the bits set in this clock that are 0 or are just being
    cleared; for each window its port; where there are any, that of the ``counters``; ``clear`` returns the stored bits
    to their reset value.
    """

    def __init__(self, register_map: RegisterMap, counters: Sequence[str] = ()) -> None:
        self.map = register_map
        self.held = tuple(counters)
        self.registers = tuple(entry for entry in register_map.registers if entry.name not in counters)
        flow = {Access.READ: In, Access.STICKY: In, Access.READ_WRITE: Out, Access.STROBE: Out}
        members = {register.name: flow[register.access](register.width) for register in self.registers}
        for register in self.registers:
            if register.access is Access.STICKY:
                members |= {f"{register.name}_{suffix}": Out(register.width) for suffix in ("flags", "raised")}
        members |= {
            window.name: Out(WindowSignature(sum(window.index_bits), window.width)) for window in register_map.windows
        }
        if counters:
            members["counters"] = Out(counter_port(len(counters)))
        super().__init__({"bus": In(BusSignature()), "clear": In(1), **members})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        bus = self.bus

        # Capture the request, decode it in the next clock, act on it in the one after: short paths.
        captured = Signal()
        decoded = Signal()
        request = Signal(data.StructLayout({"write": 1, "address": 32, "wdata": 32}))
        with m.If(~captured & ~bus.ready):
            m.d.sync += [
                captured.eq(bus.valid),
                request.write.eq(bus.write),
                request.address.eq(bus.address),
                request.wdata.eq(bus.wdata),
            ]
        m.d.sync += decoded.eq(captured & ~bus.ready)
        with m.If(bus.ready):
            m.d.sync += [captured.eq(0), decoded.eq(0)]

        # Every entry answers by itself; one answer is chosen in two stages.
        answered = Signal()
        act = Signal()
        m.d.comb += act.eq(decoded & ~answered & ~bus.ready)
        wide: list[Wide] = []
        answers = [self._add_register(m, register, request, act, wide) for register in self.registers]
        if wide:
            answers.append(self._add_upper_words(m, wide, act))
        if self.held:
            answers.append(self._add_counters(m, request, act))
        answers += [self._add_window(m, window, request, act) for window in self.map.windows]
        found = Cat(answer.found for answer in answers).any()
        error = Signal()
        parts = []
        m.d.sync += [
            answered.eq(Cat(answer.given for answer in answers).any() | (act & ~found)),
            error.eq(Cat(answer.error for answer in answers).any() | ~found),
        ]
        for start in range(0, len(answers), ANSWERS_AT_ONCE):
            part = Signal(32, name=f"rdata_{start // ANSWERS_AT_ONCE}", reset_less=True)
            m.d.sync += part.eq(reduce(or_, (answer.rdata for answer in answers[start : start + ANSWERS_AT_ONCE])))
            parts.append(part)
        m.d.sync += [bus.ready.eq(answered), bus.error.eq(answered & error), bus.rdata.eq(0)]
        with m.If(answered & ~error):
            m.d.sync += bus.rdata.eq(reduce(or_, parts))
        return m

    def _add_register(
        self, m: Module, register: Register, request: data.View, act: Value, wide: list["Wide"]
    ) -> "Answer":
        """A register's storage and its answer; upper words that are to be latched go to ``wide``."""
        port = getattr(self, register.name)
        readable = register.access is not Access.STROBE
        writable = register.access is not Access.READ
        selected = Signal(register.words, name=f"{register.name}_selected")
        for word in range(register.words):
            allowed = Mux(request.write, writable & _fits(request.wdata, register.width), readable)
            address = self.map.base(register.name) + word * WORD_BYTES
            m.d.sync += selected[word].eq((request.address == address) & allowed)
        write = Signal(name=f"{register.name}_write")
        m.d.comb += write.eq(act & selected[0] & request.write)

        value = port
        match register.access:
            case Access.STROBE:
                m.d.comb += port.eq(Mux(write, request.wdata, 0))
            case Access.READ_WRITE:
                value = self._add_storage(m, register, write, request.wdata)
                m.d.comb += port.eq(value)
            case Access.STICKY:
                value = getattr(self, f"{register.name}_flags")
                kept = Signal(register.width, name=f"{register.name}_kept")
                m.d.comb += [
                    kept.eq(Mux(self.clear, 0, value & ~Mux(write, request.wdata, 0))),
                    getattr(self, f"{register.name}_raised").eq(port & ~kept),
                ]
                # An event in the very clock of its clearing wins: none is lost.
                m.d.sync += value.eq(kept | port)

        words = [value.word_select(word, 32) if readable else Const(0) for word in range(register.words)]
        if register.words > 1 and not register.constant:
            wide.append(Wide(selected, value[32:]))
            del words[1:]
        chosen = selected[: len(words)]
        rdata = reduce(or_, (Mux(each & ~request.write, word, 0) for each, word in zip(chosen, words, strict=True)))
        found = chosen.any()
        return Answer(found=found, given=act & found, error=Const(0), rdata=rdata)

    def _add_upper_words(self, m: Module, wide: list["Wide"], act: Value) -> "Answer":
        """The upper words of the wide register whose lowest was read last: one latch for all."""
        latched = Signal(max(len(register.upper) for register in wide), name="upper_words")
        with m.If(act & Cat(register.selected[0] for register in wide).any()):
            m.d.sync += latched.eq(reduce(or_, (Mux(register.selected[0], register.upper, 0) for register in wide)))
        rdata: Value = Const(0)
        for word in range(1, 1 + -(-len(latched) // 32)):
            chosen = Cat(register.selected[word] for register in wide if word < len(register.selected)).any()
            rdata |= Mux(chosen, latched.word_select(word - 1, 32), 0)
        found = Cat(register.selected[1:] for register in wide).any()
        return Answer(found=found, given=act & found, error=Const(0), rdata=rdata)

    def _add_counters(self, m: Module, request: data.View, act: Value) -> "Answer":
        """The counters' port: their words have an index each, and addresses like other registers."""
        port = self.counters
        selected = Signal(name="counters_selected")
        index = Signal.like(port.index, name="counters_index")
        address_bits = self.map.address_bits
        inside = (request.address[address_bits:] == 0) & (request.address[:2] == 0) & ~request.write
        m.d.sync += selected.eq(0)
        with m.Switch(request.address[2:address_bits]):
            for number, name in enumerate(self.held):
                for word in range(COUNTER_WORDS):
                    with m.Case(self.map.base(name) // WORD_BYTES + word):
                        m.d.sync += [selected.eq(inside), index.eq(number * COUNTER_WORDS + word)]
        m.d.comb += [port.valid.eq(act & selected), port.index.eq(index)]
        return Answer(found=selected, given=port.valid & port.ready, error=Const(0), rdata=Mux(selected, port.rdata, 0))

    def _add_storage(self, m: Module, register: Register, write: Value, wdata: Value) -> Signal:
        reset = sum(field.reset << register.lsb(field) for field in register.fields)
        stored = Signal(register.width, init=reset, name=f"{register.name}_stored")
        with m.If(write):
            m.d.sync += stored.eq(wdata)
        with m.If(self.clear):
            m.d.sync += stored.eq(reset)
        return stored

    def _add_window(self, m: Module, window: Window, request: data.View, act: Value) -> "Answer":
        """A window's port, held until its memory answers."""
        port = getattr(self, window.name)
        index_bits = sum(window.index_bits)
        base = self.map.base(window.name) // WORD_BYTES
        word_address = request.address[2:]
        inside = (request.address[:2] == 0) & (word_address[index_bits:] == base >> index_bits)
        selected = Signal(name=f"{window.name}_selected")
        m.d.sync += selected.eq(inside & (~request.write | _fits(request.wdata, window.width)))
        m.d.comb += [
            port.valid.eq(act & selected),
            port.write.eq(request.write),
            port.index.eq(word_address[:index_bits]),
            port.wdata.eq(request.wdata),
        ]
        return Answer(
            found=selected,
            given=port.valid & port.ready,
            error=port.valid & port.error,
            rdata=Mux(selected & ~request.write, port.rdata, 0),
        )


class Wide(NamedTuple):
    """A register whose upper words are latched."""

    selected: Signal
    """Bit n: the request is for word n."""
    upper: Value
    """Its value without the lowest word."""


class Answer(NamedTuple):
    """What an entry of the map says to a request."""

    found: Value
    """The request is for it."""
    given: Value
    """The answer is there, in this clock."""
    error: Value
    rdata: Value
    """0 unless the request is for it and reads."""


def _fits(value: Value, width: int) -> Value:
    """Whether a 32-bit value needs no more than ``width`` bits."""
    return ~value[width:].any() if width < 32 else Const(1)


def fields_of(register: Register, value: Value) -> dict[str, Value]:
    """The register's fields, by name, as slices of its value."""
    return {field.name: value[register.lsb(field) :][: field.width] for field in register.fields}
