"""ECP5: registers behind block RAM outputs become the block RAM's own output registers.

Yosys maps a memory with a synchronous read port to a DP16KD without output register, and leaves a register behind it in
logic. The way from the block RAM (5.8 ns after the clock edge at speed grade 6) to that register is then the longest of
the design. The primitive has a register of its own on that way: this pass moves the logic's register into it.
"""

from collections import defaultdict
from typing import Any

Netlist = dict[str, Any]
"""A netlist as Yosys writes it with ``write_json``."""


def fold_output_registers(netlist: Netlist) -> int:
    """Move registers into block RAMs where that changes nothing but the timing; returns how many.

    The outputs of a port are folded when every one in use feeds one TRELLIS_FF and nothing else, and all these have the
    same clock and clock enable, no reset, and no initial 1: the DP16KD's output register starts at 0.
    """
    return sum(_fold_module(module) for module in netlist["modules"].values())


def _fold_module(module: Netlist) -> int:
    cells = module["cells"]
    loads: dict[Any, list[tuple[str, str]]] = defaultdict(list)
    for name, cell in cells.items():
        for port, bits in cell["connections"].items():
            if cell["port_directions"].get(port) == "input":
                for bit in bits:
                    loads[bit].append((name, port))
    for port in module["ports"].values():
        for bit in port["bits"]:
            loads[bit].append(("", ""))  # seen from outside
    folded = 0
    for memory in [cell for cell in cells.values() if cell["type"] == "DP16KD"]:
        for side in "AB":
            folded += _fold_port(cells, loads, memory, side)
    return folded


def _fold_port(cells: Netlist, loads: dict[Any, list[tuple[str, str]]], memory: Netlist, side: str) -> int:
    registers: dict[str, str] = {}  # output port of the memory -> register behind it
    clocking = set()
    for port, bits in memory["connections"].items():
        if not port.startswith(f"DO{side}") or not loads[bits[0]]:
            continue
        if len(loads[bits[0]]) > 1:
            return 0
        name, pin = loads[bits[0]][0]
        register = cells.get(name)
        if register is None or register["type"] != "TRELLIS_FF" or pin != "DI" or not _plain(register):
            return 0
        registers[port] = name
        clocking.add((register["connections"]["CLK"][0], register["connections"]["CE"][0]))
    if len(clocking) != 1 or memory["connections"][f"CLK{side}"][0] != next(iter(clocking))[0]:
        return 0
    for port, name in registers.items():
        memory["connections"][port] = cells.pop(name)["connections"]["Q"]
    memory["connections"][f"OCE{side}"] = [next(iter(clocking))[1]]
    memory["port_directions"][f"OCE{side}"] = "input"
    memory["parameters"][f"REGMODE_{side}"] = "OUTREG"
    return len(registers)


def _plain(register: Netlist) -> bool:
    """Whether a register has a clock enable, the rising edge, and neither reset nor an initial 1."""
    parameters = register["parameters"]
    return (
        parameters.get("CEMUX") == "CE"
        and parameters.get("CLKMUX", "CLK") == "CLK"
        and parameters.get("REGSET", "RESET") == "RESET"
        and register["connections"].get("LSR", ["0"])[0] == "0"
    )
