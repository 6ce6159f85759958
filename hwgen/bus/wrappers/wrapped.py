"""A core behind the buses and streams of a system on chip."""

from typing import Any

from amaranth.hdl import Elaboratable, Module, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hwgen.bus.wrappers.axi4lite import AXI4Lite, AXI4LiteSignature
from hwgen.bus.wrappers.axi4stream import AXI4StreamSignature, AXI4StreamTransmitter, receiver
from hwgen.bus.wrappers.interfaces import Bus, Interfaces, Stream
from hwgen.bus.wrappers.wishbone import Wishbone, WishboneSignature


class Wrapped(wiring.Component):
    """Any core, with its register bus and its streams translated; all else about it stays.

    Args:
        component: a core: a component with members ``bus``, ``x`` and ``y`` and attributes ``map``, ``identity``,
            ``x_beats``, the number of its payloads on ``x`` that make a sample, and ``resetting``, a signal that is 1
            while a soft reset is under way, from a register: nothing is taken on ``x`` then, and what was taken before
            is dropped.
        bus: ``"native"``, ``"axi4lite"`` (member ``s_axi`` in place of ``bus``) or ``"wishbone"`` (``wb``).
        stream: ``"native"`` or ``"axi4stream"`` (``s_axis_x`` and ``m_axis_y`` in place of ``x`` and ``y``).
        stream_width: width of the AXI4-Streams in bits, a multiple of 8 from 8 to 128.

    Raises :class:`~hwgen.errors.DesignError` for another value.

    With AXI4-Stream there is a further member ``framing_error``: a packet on ``s_axis_x`` had another number of beats
    than a sample. It was dropped, or, where samples have several payloads, made a sample whose last payload is 0. The
    flag stays 1 until reset. A soft reset drops what has come on ``s_axis_x``, and of a packet under way also the
    rest, without that flag: the next packet is the next sample. Addresses are as wide as the core's map: where the core
    lies in the system is the interconnect's matter.
    """

    def __init__(self, component: Any, bus: str = "native", stream: str = "native", stream_width: int = 32) -> None:
        self.interfaces = Interfaces(bus, stream, stream_width)
        self.component = component
        self.map = component.map
        self.identity = component.identity
        self.x_beats = component.x_beats

        members = dict(component.signature.members)
        address_bits = self.map.address_bits
        replaced: dict[str, tuple[str, Any]] = {}
        match bus:
            case Bus.AXI4LITE:
                replaced["bus"] = "s_axi", In(AXI4LiteSignature(address_bits))
            case Bus.WISHBONE:
                replaced["bus"] = "wb", In(WishboneSignature(address_bits))
        if stream == Stream.AXI4STREAM:
            replaced["x"] = "s_axis_x", In(AXI4StreamSignature(stream_width))
            replaced["y"] = "m_axis_y", Out(AXI4StreamSignature(stream_width))
        self._same = [name for name in members if name not in replaced]
        flags = {"framing_error": Out(1)} if stream == Stream.AXI4STREAM else {}
        super().__init__(dict(replaced.get(name, (name, member)) for name, member in members.items()) | flags)

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        m.submodules.core = core = self.component
        for name in self._same:
            self._pass_through(m, name)

        address_bits = self.map.address_bits
        match self.interfaces.bus:
            case Bus.AXI4LITE:
                m.submodules.bus = bus = AXI4Lite(address_bits)
                connect(m, flipped(self.s_axi), bus.axi)
                connect(m, bus.bus, core.bus)
            case Bus.WISHBONE:
                m.submodules.bus = bus = Wishbone(address_bits)
                connect(m, flipped(self.wb), bus.wb)
                connect(m, bus.bus, core.bus)

        if self.interfaces.stream == Stream.AXI4STREAM:
            width = self.interfaces.stream_width
            m.submodules.x = x = receiver(len(Value.cast(core.x.payload)), width, self.x_beats)
            connect(m, flipped(self.s_axis_x), x.axis)
            m.d.comb += [
                Value.cast(core.x.payload).eq(x.o.payload),
                core.x.valid.eq(x.o.valid),
                x.o.ready.eq(core.x.ready),
                x.clear.eq(core.resetting),
                self.framing_error.eq(x.framing_error),
            ]
            m.submodules.y = y = AXI4StreamTransmitter(len(Value.cast(core.y.payload)), width)
            m.d.comb += [
                y.i.payload.eq(Value.cast(core.y.payload)),
                y.i.valid.eq(core.y.valid),
                core.y.ready.eq(y.i.ready),
            ]
            connect(m, y.axis, flipped(self.m_axis_y))
        return m

    def _pass_through(self, m: Module, name: str) -> None:
        """Join a member of the core with the member of the same name here."""
        inner, outer = getattr(self.component, name), getattr(self, name)
        member = self.component.signature.members[name]
        if member.is_signature:
            connect(m, inner, flipped(outer))
        elif member.flow == In:
            m.d.comb += inner.eq(outer)
        else:
            m.d.comb += outer.eq(inner)


def wrapped(component: Any, interfaces: Interfaces) -> Any:
    """The core behind ``interfaces``; the core itself where they are native."""
    if interfaces.native:
        return component
    return Wrapped(component, interfaces.bus, interfaces.stream, interfaces.stream_width)
