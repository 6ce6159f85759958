"""A core with one member's pins as two numbers, for simulations in which software is at these pins."""

from typing import Any

from amaranth.hdl import Cat, Elaboratable, Module, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hwgen.errors import DesignError

MOST_BITS = 64
"""Of either number."""


class Exposed(wiring.Component):
    """A component whose member ``member`` has become ``attached_out``, its outputs, the first one in the lowest bits,
    and ``attached_in``, its inputs.

    Raises :class:`~hwgen.errors.DesignError` for more than 64 bits of either.
    """

    def __init__(self, component: Any, member: str) -> None:
        self.component = component
        self.member = member
        members = component.signature.members
        pins = {
            name: Value.cast(getattr(getattr(component, member), name)) for name in members[member].signature.members
        }
        flows = {name: pin.flow for name, pin in members[member].signature.members.items()}
        self.outputs = {name: len(pin) for name, pin in pins.items() if flows[name] == Out}
        """Width of each, by name."""
        self.inputs = {name: len(pin) for name, pin in pins.items() if flows[name] == In}
        """Width of each, by name."""
        self._same = [name for name in members if name != member]
        widths = sum(self.outputs.values()), sum(self.inputs.values())
        if max(widths) > MOST_BITS:
            raise DesignError(f"{member} must have at most {MOST_BITS} pins in either direction, not {max(widths)}")
        ports = {"attached_out": Out(widths[0]), "attached_in": In(widths[1])}
        super().__init__({name: members[name] for name in self._same} | ports)

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        m.submodules.core = core = self.component
        for name in self._same:
            member, inner, outer = core.signature.members[name], getattr(core, name), getattr(self, name)
            if member.is_signature:
                connect(m, inner, flipped(outer))
            else:
                m.d.comb += inner.eq(outer) if member.flow == In else outer.eq(inner)
        pins = getattr(core, self.member)
        m.d.comb += [
            self.attached_out.eq(Cat(getattr(pins, name) for name in self.outputs)),
            Cat(getattr(pins, name) for name in self.inputs).eq(self.attached_in),
        ]
        return m
