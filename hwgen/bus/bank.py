"""The register bank: a :class:`~hwgen.bus.map.RegisterMap` as hardware."""

from amaranth.hdl import Const, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.bus.interface import BusSignature, WindowSignature
from hwgen.bus.map import WORD_BYTES, Access, Register, RegisterMap, Window


class RegisterBank(wiring.Component):
    """Answers the bus for a register map.

    Registers answer in the clock after ``valid``; a window answers when its memory does. Addresses outside the map or
    not on a word boundary, accesses that a register does not allow, and values too wide for it answer with ``error``.

    Members: ``bus``; for each register a signal of its name and width, driven by the core (``ro``: the value;
    ``rw1c``: bits to set) or by the bank (``rw``: the value; ``wo``: one-clock strobes); for each window its port;
    ``clear`` returns the stored bits to their reset value.
    """

    def __init__(self, register_map: RegisterMap) -> None:
        self.map = register_map
        flow = {Access.READ: In, Access.STICKY: In, Access.READ_WRITE: Out, Access.STROBE: Out}
        members = {register.name: flow[register.access](register.width) for register in register_map.registers}
        members |= {
            window.name: Out(WindowSignature(sum(window.index_bits), window.width)) for window in register_map.windows
        }
        super().__init__({"bus": In(BusSignature()), "clear": In(1), **members})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        bus = self.bus
        request = Signal()
        hit = Signal()
        m.d.comb += request.eq(bus.valid & ~bus.ready)
        m.d.sync += [bus.ready.eq(0), bus.error.eq(0), bus.rdata.eq(0)]

        for register in self.map.registers:
            self._add_register(m, register, request, hit)
        for window in self.map.windows:
            self._add_window(m, window, request, hit)

        with m.If(request & ~hit):
            m.d.sync += [bus.ready.eq(1), bus.error.eq(1)]
        return m

    def _add_register(self, m: Module, register: Register, request: Signal, hit: Signal) -> None:
        bus = self.bus
        port = getattr(self, register.name)
        address = self.map.base(register.name)
        selected = Signal(name=f"{register.name}_selected")
        readable = register.access is not Access.STROBE
        writable = register.access is not Access.READ
        too_wide = bus.wdata[register.width :].any() if register.width < 32 else Const(0)
        allowed = Mux(bus.write, writable & ~too_wide, readable)
        m.d.comb += selected.eq(request & (bus.address == address) & allowed)
        write = Signal(name=f"{register.name}_write")
        m.d.comb += write.eq(selected & bus.write)

        value = port
        match register.access:
            case Access.STROBE:
                m.d.comb += port.eq(Mux(write, bus.wdata, 0))
            case Access.READ_WRITE:
                reset = sum(field.reset << register.lsb(field) for field in register.fields)
                stored = Signal(register.width, init=reset, name=f"{register.name}_stored")
                m.d.comb += port.eq(stored)
                with m.If(write):
                    m.d.sync += stored.eq(bus.wdata)
                with m.If(self.clear):
                    m.d.sync += stored.eq(reset)
            case Access.STICKY:
                value = Signal(register.width, name=f"{register.name}_flags")
                m.d.sync += value.eq(Mux(self.clear, 0, value & ~Mux(write, bus.wdata, 0)) | port)

        with m.If(selected):
            m.d.comb += hit.eq(1)
            m.d.sync += bus.ready.eq(1)
            if readable:
                m.d.sync += bus.rdata.eq(Mux(bus.write, 0, value[:32]))
        if register.words > 1:
            self._add_upper_words(m, register, value, request, hit, selected)

    def _add_upper_words(
        self, m: Module, register: Register, value: Signal, request: Signal, hit: Signal, low_word_read: Signal
    ) -> None:
        bus = self.bus
        latched = Signal(register.width - 32, name=f"{register.name}_latched")
        with m.If(low_word_read):
            m.d.sync += latched.eq(value[32:])
        for word in range(1, register.words):
            with m.If(request & ~bus.write & (bus.address == self.map.base(register.name) + word * WORD_BYTES)):
                m.d.comb += hit.eq(1)
                m.d.sync += [bus.ready.eq(1), bus.rdata.eq(latched.word_select(word - 1, 32))]

    def _add_window(self, m: Module, window: Window, request: Signal, hit: Signal) -> None:
        bus = self.bus
        port = getattr(self, window.name)
        index_bits = sum(window.index_bits)
        base = self.map.base(window.name) // WORD_BYTES
        word_address = bus.address[2:]
        inside = (bus.address[:2] == 0) & (word_address[index_bits:] == base >> index_bits)
        too_wide = bus.wdata[window.width :].any() if window.width < 32 else Const(0)
        m.d.comb += [port.write.eq(bus.write), port.index.eq(word_address[:index_bits]), port.wdata.eq(bus.wdata)]
        with m.If(request & inside & ~(bus.write & too_wide)):
            m.d.comb += [port.valid.eq(1), hit.eq(1)]
            with m.If(port.ready):
                m.d.sync += [
                    bus.ready.eq(1),
                    bus.error.eq(port.error),
                    bus.rdata.eq(Mux(bus.write | port.error, 0, port.rdata)),
                ]


def fields_of(register: Register, value: Value) -> dict[str, Value]:
    """The register's fields, by name, as slices of its value."""
    return {field.name: value[register.lsb(field) :][: field.width] for field in register.fields}
