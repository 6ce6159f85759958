"""A component that is needed many times: one module in the Verilog, an instance for each copy."""

import re
from collections.abc import Callable
from typing import Any

from amaranth.back import rtlil
from amaranth.hdl import ClockSignal, Const, Instance, Module, Value
from amaranth.hdl._ir import PortDirection
from amaranth.lib import wiring


def replicate(
    m: Module,
    platform: object,
    name: str,
    factory: Callable[[], wiring.Component],
    count: int,
    *,
    apart: bool = False,
    prefix: str | None = None,
) -> list[wiring.PureInterface | wiring.Component]:
    """Add ``count`` equal components to ``m``, as its submodules ``<prefix>_0``, ``<prefix>_1``, ...

    Emitted as Verilog they are instances of one module, ``<top>_<name>``, elaborated once: 400 lanes written out would
    take Amaranth a minute, and nobody could read them. Elsewhere (simulation, proofs) they are ordinary submodules.

    Args:
        platform: what ``elaborate`` was given.
        name: of the module; once in a design, or where they stand ``apart``, of equal components.
        factory: makes the component, without arguments: ``lambda: Lane(config)``.
        count: how many.
        apart: synthesis must not merge copies that do the same: in Verilog, the module has the attribute
            ``keep_hierarchy``.
        prefix: of the submodules' names, ``name`` unless given.

    Returns, for each copy, an object with the component's members, to be connected as those of any submodule.

    An instance is out of reach of a ``ResetInserter`` around ``m``, where an ordinary submodule is not. So that both
    behave alike, no register of the component may have a reset: give it an initial value and ``reset_less=True``, and
    a member for the reset if it needs one. Emission raises :class:`ValueError` if one does.
    """
    if not isinstance(platform, SharedModules):
        components = [factory() for _ in range(count)]
        for index, component in enumerate(components):
            m.submodules[f"{prefix or name}_{index}"] = component
        return components

    component = factory()
    module = platform.add(name, component, apart=apart)
    copies = [component.signature.create(path=(f"{prefix or name}_{index}",)) for index in range(count)]
    for index, copy in enumerate(copies):
        connections: dict[str, Any] = {"i_clk": ClockSignal()} if platform.clocked(module) else {}
        for port, (value, direction) in ports_of(copy).items():
            connections[f"{'i' if direction is PortDirection.Input else 'o'}_{port}"] = value
        m.submodules[f"{prefix or name}_{index}"] = Instance(module, **connections)
    return copies


class SharedModules:
    """The platform of an emission: gathers the modules that :func:`replicate` makes.

    Args:
        top: name of the top module, which prefixes theirs.
    """

    def __init__(self, top: str) -> None:
        self.top = top
        self.apart: list[str] = []  # modules that synthesis keeps
        self.unchecked: list[str] = []  # modules of memories of which no word is read and written at once
        self._modules: dict[str, str] = {}

    def add(self, name: str, component: wiring.Component, *, apart: bool = False) -> str:
        """Convert a component to a module, which synthesis keeps if it must stand ``apart``; returns the module's
        name."""
        module = f"{self.top}_{name}"
        if module in self._modules:
            if apart:
                return module
            raise ValueError(f"two replicated components are named {name!r}")
        il = rtlil.convert(component, name=module, platform=self, ports=ports_of(component), emit_src=False)
        # The reset comes with the clock, wanted or not.
        il = re.sub(r"^  wire width 1 input \d+  \\rst\n\n", "", il, count=1, flags=re.MULTILINE)
        if re.search(r"\\rst\b", il):
            raise ValueError(f"replicated component {name!r} has a register with a reset: declare it reset_less")
        self._modules[module] = il.replace("attribute \\top 1\n", "", 1)
        if apart:
            self.apart.append(module)
        return module

    def add_text(self, name: str, text: Callable[[str], str], *, unchecked: bool = False) -> str:
        """Add a module that is written as RTLIL by ``text``, which is called with its full name, unless there is one
        of this name already; returns the full name. ``unchecked``: synthesis need not see to it that its memory reads
        the old content of a word that is being written."""
        module = f"{self.top}_{name}"
        if module not in self._modules:
            self._modules[module] = text(module)
            if unchecked:
                self.unchecked.append(module)
        return module

    def clocked(self, module: str) -> bool:
        """Whether a module has a clock."""
        return re.search(r"^  wire width 1 input \d+  \\clk$", self._modules[module], flags=re.MULTILINE) is not None

    @property
    def il(self) -> str:
        """All modules as RTLIL."""
        return "".join(self._modules.values())


def ports_of(interface: Any) -> dict[str, tuple[Value, PortDirection]]:
    """A component's members as ports: their paths joined by underscores, in the order of the signature.

    Members of no bits and constant ones (the ``ready`` of a stream that is always ready) are left out.
    """
    ports = {}
    for path, member, value in interface.signature.flatten(interface):
        direction = PortDirection.Input if member.flow == wiring.In else PortDirection.Output
        name = "_".join(map(str, path))
        if name in ports:
            raise ValueError(f"two members would share the port name {name!r}")
        value = Value.cast(value)
        if len(value) and not isinstance(value, Const):
            ports[name] = (value, direction)
    return ports
