"""What a netlist takes at least."""

from typing import Any

from boards.definitions import BOARDS
from boards.fit import least
from boards.netlist import SCOPE


def cell(kind: str, inputs: dict[str, int], outputs: dict[str, int]) -> dict[str, Any]:
    directions = dict.fromkeys(inputs, "input") | dict.fromkeys(outputs, "output")
    connections = {port: [bit] for port, bit in (inputs | outputs).items()}
    return {"type": kind, "port_directions": directions, "connections": connections}


def netlist(cells: dict[str, Any], shown: list[int]) -> dict[str, Any]:
    ports = {"a": {"direction": "input", "bits": [2]}, "y": {"direction": "output", "bits": shown}}
    return {"modules": {"top": {"ports": ports, "cells": cells}}}


CELLS = {
    "engine": {"type": SCOPE, "port_directions": {}, "connections": {}},
    "engine.alone": cell("SB_LUT4", {"I0": 2}, {"O": 3}),
    "engine.kept": cell("SB_DFF", {"D": 3, "C": 9}, {"Q": 4}),
    "engine.read_twice": cell("SB_LUT4", {"I0": 4}, {"O": 5}),
    "engine.beside": cell("SB_DFFESR", {"D": 5, "C": 9}, {"Q": 6}),
    "engine.reader": cell("SB_LUT4", {"I0": 5}, {"O": 7}),
    "engine.moved": cell("SB_DFF", {"D": 6, "C": 9}, {"Q": 8}),
}


def test_flip_flops_of_ice40_share_the_cell_of_a_look_up_table_that_they_alone_read() -> None:
    counts = least(netlist(CELLS, [8]), "top", BOARDS["icebreaker"])
    assert counts == {"lut": 3 + 2, "ff": 3, "block_ram": 0, "spram": 0, "dsp": 0}
    # A port reads, too.
    assert least(netlist(CELLS, [8, 3]), "top", BOARDS["icebreaker"])["lut"] == 3 + 3


def test_elsewhere_flip_flops_take_no_look_up_tables() -> None:
    cells = {
        "lut": cell("LUT4", {"A": 2}, {"Z": 3}),
        "carry": cell("CCU2C", {"A0": 3}, {"S0": 4}),
        "ff": cell("TRELLIS_FF", {"DI": 2}, {"Q": 5}),
    }
    counts = least(netlist(cells, [5]), "top", BOARDS["ulx3s-85f"])
    assert (counts["lut"], counts["ff"]) == (3, 1)
