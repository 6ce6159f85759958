"""Rules that every protocol here shares, as assertions about hardware or as assumptions about its surroundings."""

from typing import Any

from amaranth.hdl import Assert, Assume, Cat, Module, Signal, Value
from amaranth.lib.wiring import In


def inputs_of(component: Any) -> list[Value]:
    """The signals that drive a component from outside."""
    return [Value.cast(value) for _, member, value in component.signature.flatten(component) if member.flow == In]


def held_until_taken(m: Module, valid: Value, ready: Value, *payload: Value) -> None:
    """Assert that an offer is neither withdrawn nor changed before it is taken."""
    offered = Signal()
    before = Signal.like(Cat(*payload))
    m.d.sync += [offered.eq(valid & ~ready), before.eq(Cat(*payload))]
    with m.If(offered):
        m.d.comb += Assert(valid & (Cat(*payload) == before))


def outstanding(m: Module, name: str, begins: Value, ends: Value) -> Signal:
    """How many things have begun and not ended, modulo 16."""
    count = Signal(4, name=name)
    m.d.sync += count.eq(count + begins - ends)
    return count


def at_most(m: Module, statement: Any, waiting: Value, clocks: int) -> None:
    """Assert or assume that ``waiting`` is never 1 for more than ``clocks`` clocks on end."""
    age = Signal(range(clocks + 2))
    m.d.sync += age.eq(0)
    with m.If(waiting):
        m.d.sync += age.eq(age + (age <= clocks))
        m.d.comb += statement(age < clocks)


def answers(m: Module, bus: Any, clocks: int) -> None:
    """Assume that a core behind a register bus answers in at most ``clocks`` clocks, as the contract says it does."""
    at_most(m, Assume, bus.valid & ~bus.ready, clocks)
