"""A core with models at the pins that no bench drives, for simulation."""

from typing import Any

from amaranth.hdl import Elaboratable, Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, connect, flipped


class Surrounded(wiring.Component):
    """A component that has lost some of its members to models.

    Args:
        component: with members of which some are to be joined to models.
        models: components with a member ``pins`` each, by the member of ``component`` that it is joined to.
    """

    def __init__(self, component: Any, models: dict[str, Any]) -> None:
        self.component = component
        self.models = models
        members = component.signature.members
        self._same = [name for name in members if name not in models]
        super().__init__({name: members[name] for name in self._same})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        m.submodules.core = core = self.component
        for name in self._same:
            member, inner, outer = core.signature.members[name], getattr(core, name), getattr(self, name)
            if member.is_signature:
                connect(m, inner, flipped(outer))
            else:
                m.d.comb += inner.eq(outer) if member.flow == In else outer.eq(inner)
        for name, model in self.models.items():
            m.submodules[f"model_of_{name}"] = model
            connect(m, getattr(core, name), model.pins)
        return m


def surroundings(component: Any, held: Any = None) -> dict[str, Any]:
    """The models that a core names (``surroundings``), by member; most have none.

    ``held``: parameters that they hold from the start on; None: they are yet to be loaded through the core.
    """
    return component.surroundings(held) if hasattr(component, "surroundings") else {}


def surrounded(component: Any) -> Any:
    """The component as simulations take it, with its models; itself, where it has none."""
    models = surroundings(component)
    return Surrounded(component, models) if models else component
