"""Replicated components: the same behaviour as submodules, but one module in the Verilog."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from amaranth.hdl import Module, ResetInserter, Signal, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hwgen.emit.verilog import emit_verilog
from hwgen.parts.shared import replicate
from rtl_tests.simulate import simulate
from sim.backends.cocotb_runner import simulator_on_path

Factory = Callable[[], wiring.Component]


class Toy(wiring.Component):
    """A register that gathers a signed term and a flag; members of every kind, one of no bits among them."""

    def __init__(self) -> None:
        super().__init__(
            {
                "term": In(signed(3)),
                "nothing": In(0),
                "flags": In(data.StructLayout({"add": 1, "invert": 1})),
                "total": Out(8),
                "parts": Out(data.ArrayLayout(4, 2)).array(1),
                "odd": Out(1),
                "link": Out(stream.Signature(2, always_ready=True)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        gathered = Signal(8, init=5, reset_less=True)
        with m.If(self.flags.add):
            m.d.sync += gathered.eq(gathered + self.term)
        m.d.comb += [
            self.total.eq(gathered),
            self.parts[0].eq(gathered),
            self.odd.eq(gathered[0] ^ self.flags.invert),
            self.link.payload.eq(gathered),
            self.link.valid.eq(self.odd),
        ]
        return m


class Ring(wiring.Component):
    """Replicated components; each adds what is left of its neighbour's total, and one word shows them all."""

    def __init__(self, count: int, factory: Factory = Toy) -> None:
        self.count, self.factory = count, factory
        super().__init__({"i": In(4), "o": Out(8), "valid": Out(count)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        toys: list[Any] = replicate(m, platform, "toy", self.factory, self.count)
        shown = Signal(8)
        for index, toy in enumerate(toys):
            last = toys[index - 1]
            m.d.comb += [
                toy.term.eq(last.parts[0][1] ^ self.i),
                toy.flags.add.eq(1),
                toy.flags.invert.eq(self.i[0]),
                self.valid[index].eq(toy.link.valid ^ toy.link.payload[1]),
            ]
            last_shown, shown = shown, Signal(8, name=f"shown_{index}")
            m.d.comb += shown.eq((last_shown << 1 | last_shown[7]) ^ toy.total)
        m.d.comb += self.o.eq(shown)
        return m


def model(count: int, inputs: list[int]) -> list[int]:
    totals = [5] * count
    shown = []
    for value in inputs:
        word = 0
        for total in totals:
            word = ((word << 1 | word >> 7) ^ total) & 255
        shown.append(word)
        terms = [((totals[index - 1] >> 4) ^ value) & 7 for index in range(count)]
        totals = [(total + term - 8 * (term >> 2)) & 255 for total, term in zip(totals, terms, strict=True)]
    return shown


INPUTS = np.random.default_rng(1).integers(16, size=60).tolist()

BENCH = """
module bench;
  reg clk = 0;
  reg rst = 0;
  reg [3:0] i;
  wire [7:0] o;
  reg [3:0] inputs [0:{last}];
  integer n;
  ring dut(.clk(clk), {rst} .i(i), .o(o));
  initial begin
    $readmemh("inputs.hex", inputs);
    for (n = 0; n <= {last}; n = n + 1) begin
      i = inputs[n];
      #1 $display("%b", o);
      clk = 1;
      #1 clk = 0;
    end
    $finish;
  end
endmodule
"""


def run(verilog: Any, simulator: str, folder: Path) -> list[str]:
    """What the ring shows in each clock, in a Verilog simulator."""
    rst = ".rst(rst)," if re.search(r"module ring\(.*\brst\b", verilog.text) else ""
    (folder / "bench.v").write_text(BENCH.format(last=len(INPUTS) - 1, rst=rst))
    (folder / "ring.v").write_text(verilog.text)
    (folder / "inputs.hex").write_text("\n".join(f"{value:x}" for value in INPUTS))
    command = {
        "icarus": ["iverilog", "-g2005", "-o", "program", "bench.v", "ring.v"],
        "verilator": ["verilator", "--binary", "--timing", "-Wno-fatal", "-Wno-lint", "--top-module", "bench",
                      "bench.v", "ring.v", "-CFLAGS", "-std=c++20 -fcoroutines -O0", "-o", "../program"],
    }[simulator]  # fmt: skip
    with simulator_on_path(simulator):
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        program = ["vvp", "program"] if simulator == "icarus" else [str(folder / "program")]
        output = subprocess.run(program, cwd=folder, check=True, capture_output=True, text=True).stdout
    return re.findall(r"^[01xz]{8}$", output, flags=re.MULTILINE)


def test_copies_behave_as_submodules_in_the_simulator() -> None:
    dut = Ring(7)
    shown = []

    async def bench(ctx: Any) -> None:
        for value in INPUTS:
            ctx.set(dut.i, value)
            shown.append(ctx.get(dut.o))
            await ctx.tick()

    simulate(dut, bench)
    assert shown == model(7, INPUTS)


@pytest.mark.parametrize("simulator", ["verilator", pytest.param("icarus", marks=pytest.mark.requires_icarus)])
def test_a_hundred_copies_behave_the_same_in_verilog(simulator: str, tmp_path: Path) -> None:
    shown = run(emit_verilog(Ring(100), "ring"), simulator, tmp_path)
    assert shown == [f"{word:08b}" for word in model(100, INPUTS)]


def test_the_module_is_written_once_and_each_copy_costs_little() -> None:
    small, large = (emit_verilog(Ring(count), "ring").text for count in (1, 101))
    module = re.compile(r"^module ring_toy\(.*?^endmodule", flags=re.MULTILINE | re.DOTALL)
    assert module.findall(large) == module.findall(small)
    assert len(module.findall(large)) == 1
    assert len(re.findall(r"^module ", large, flags=re.MULTILINE)) == 2
    assert len(re.findall(r"^  ring_toy toy_\d+ \(", large, flags=re.MULTILINE)) == 101
    assert emit_verilog(Ring(101), "ring").text == large


def test_ports_are_the_members_that_have_bits_and_the_clock() -> None:
    text = emit_verilog(Ring(2), "ring").text
    header = re.search(r"^module ring_toy\((.*?)\);", text, flags=re.MULTILINE)
    assert header is not None
    names = {"clk", "term", "flags", "total", "parts_0", "odd", "link_payload", "link_valid"}
    assert {name.strip() for name in header[1].split(",")} == names


def test_a_component_without_registers_has_no_clock() -> None:
    class Inverter(wiring.Component):
        def __init__(self) -> None:
            super().__init__({"i": In(1), "o": Out(1)})

        def elaborate(self, platform: object) -> Module:
            m = Module()
            m.d.comb += self.o.eq(~self.i)
            return m

    class Two(wiring.Component):
        def __init__(self) -> None:
            super().__init__({"i": In(2), "o": Out(2)})

        def elaborate(self, platform: object) -> Module:
            m = Module()
            for index, copy in enumerate(replicate(m, platform, "inverter", Inverter, 2)):
                m.d.comb += [copy.i.eq(self.i[index]), self.o[index].eq(copy.o)]
            return m

    assert re.search(r"^module two_inverter\([io], [io]\);", emit_verilog(Two(), "two").text, flags=re.MULTILINE)


class ResetToy(Toy):
    """The same with a register that the reset reaches."""

    def elaborate(self, platform: object) -> Module:
        m = super().elaborate(platform)
        seen = Signal()
        m.d.sync += seen.eq(~seen)
        m.d.comb += self.link.payload[0].eq(seen)
        return m


def test_a_register_with_a_reset_is_refused() -> None:
    with pytest.raises(ValueError, match="'toy' has a register with a reset"):
        emit_verilog(Ring(2, ResetToy), "ring")


def test_a_name_serves_once() -> None:
    class Twice(Ring):
        def elaborate(self, platform: object) -> Module:
            m = super().elaborate(platform)
            replicate(m, platform, "toy", Toy, 1)
            return m

    with pytest.raises(ValueError, match="two replicated components are named 'toy'"):
        emit_verilog(Twice(2), "ring")


def test_components_are_replicated_below_other_modules_too() -> None:
    class Outer(wiring.Component):
        def __init__(self) -> None:
            super().__init__({"i": In(4), "o": Out(8)})

        def elaborate(self, platform: object) -> Module:
            m = Module()
            ring = Ring(3)
            m.submodules.ring = ResetInserter(self.i[3])(ring)
            m.d.comb += [ring.i.eq(self.i), self.o.eq(ring.o)]
            return m

    text = emit_verilog(Outer(), "outer").text
    modules = re.findall(r"^module (\w+)\(", text, flags=re.MULTILINE)
    assert sorted(modules) == ["outer", "outer_ring", "outer_toy"]
