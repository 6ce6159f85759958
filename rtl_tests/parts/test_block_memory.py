"""The large memory: alike in Amaranth's simulator and as Verilog, where it has no content that it was not given."""

import re
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.emit.verilog import emit_verilog
from hwgen.parts.block_memory import BlockMemory
from rtl_tests.simulate import simulate
from sim.backends.cocotb_runner import simulator_on_path

BENCH = """
module bench;
  reg clk = 0, read_enable, write_enable;
  reg [{address_msb}:0] read_address, write_address;
  reg [{msb}:0] write_data;
  wire [{msb}:0] read_data;
  reg [{stimulus_msb}:0] stimulus [0:{last}];
  integer n;
  dut dut(.clk(clk), {rst} .read_enable(read_enable), .read_address(read_address), .read_data(read_data),
    .write_enable(write_enable), .write_address(write_address), .write_data(write_data));
  initial begin
    $readmemh("stimulus.hex", stimulus);
    for (n = 0; n <= {last}; n = n + 1) begin
      {{read_enable, write_enable, read_address, write_address, write_data}} = stimulus[n];
      #1 if (n > {first}) $display("%b", read_data);
      clk = 1;
      #1 clk = 0;
    end
    $finish;
  end
endmodule
"""


class Accesses:
    """Every word written once, unless the memory has content, then random accesses; no word is read while it is
    written."""

    def __init__(self, width: int, depth: int, filled: bool) -> None:
        draw = np.random.default_rng(width + depth)
        self.width, self.depth = width, depth
        self.init = [int.from_bytes(draw.bytes(9)) % (1 << width) for _ in range(depth - 2)] if filled else []
        self.steps = []
        if not filled:
            self.steps = [(0, 1, 0, address, self._word(draw)) for address in range(depth)]
        self.steps.append((1, 0, 0, 0, 0))
        self.first = len(self.steps) - 1
        for _ in range(200):
            read, write = (int(address) for address in draw.choice(depth, 2, replace=False))
            self.steps.append((int(draw.integers(2)), int(draw.integers(2)), read, write, self._word(draw)))

    def _word(self, draw: Any) -> int:
        return int.from_bytes(draw.bytes(9)) % (1 << self.width)

    @property
    def shown(self) -> list[int]:
        """What is on ``read_data``, clock by clock, from the clock after the first read."""
        words = [*self.init, *[0] * (self.depth - len(self.init))]
        shown, last = [], 0
        for step, (read, write, read_address, write_address, data) in enumerate(self.steps):
            if step > self.first:
                shown.append(last)
            last = words[read_address] if read else last
            if write:
                words[write_address] = data
        return shown


CASES = [(8, 16, False), (7, 5, False), (1, 2, False), (65, 33, False), (8, 16, True), (65, 5, True)]


@pytest.mark.parametrize(("width", "depth", "filled"), CASES)
def test_a_word_shows_a_clock_after_its_read_and_stays(width: int, depth: int, filled: bool) -> None:
    accesses = Accesses(width, depth, filled)
    dut = BlockMemory(width, depth, accesses.init)
    shown = []

    async def bench(ctx: Any) -> None:
        ports = (dut.read_enable, dut.write_enable, dut.read_address, dut.write_address, dut.write_data)
        for step, values in enumerate(accesses.steps):
            for port, value in zip(ports, values, strict=True):
                ctx.set(port, value)
            if step > accesses.first:
                shown.append(ctx.get(dut.read_data))
            await ctx.tick()

    simulate(dut, bench)
    assert shown == accesses.shown


@pytest.mark.requires_icarus
@pytest.mark.parametrize(("width", "depth", "filled"), CASES)
def test_its_verilog_behaves_alike_and_shows_no_word_that_was_never_written(
    width: int, depth: int, filled: bool, tmp_path: Path
) -> None:
    accesses = Accesses(width, depth, filled)
    verilog = emit_verilog(BlockMemory(width, depth, accesses.init), "dut")
    address_bits = (depth - 1).bit_length()
    lines = []
    for read, write, read_address, write_address, data in accesses.steps:
        word = ((read << 1 | write) << address_bits | read_address) << address_bits | write_address
        lines.append(f"{word << width | data:x}")
    (tmp_path / "stimulus.hex").write_text("\n".join(lines))
    (tmp_path / "dut.v").write_text(verilog.text)
    (tmp_path / "bench.v").write_text(
        BENCH.format(
            msb=width - 1,
            address_msb=address_bits - 1,
            stimulus_msb=2 + 2 * address_bits + width - 1,
            last=len(lines) - 1,
            first=accesses.first,
            rst=".rst(1'b0)," if re.search(r"module dut\(.*\brst\b", verilog.text) else "",
        )
    )
    with simulator_on_path("icarus"):
        subprocess.run(["iverilog", "-g2005", "-o", "program", "bench.v", "dut.v"], cwd=tmp_path, check=True)
        output = subprocess.run(["vvp", "program"], cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    # 4-state: an x would show.
    assert re.findall(r"^[01xz]+$", output, flags=re.MULTILINE) == [f"{word:0{width}b}" for word in accesses.shown]


def test_the_verilog_has_initial_content_only_if_it_was_given() -> None:
    text = emit_verilog(BlockMemory(8, 1024), "dut").text
    assert re.search(r"reg \[7:0\] \w+ \[1023:0\];", text)
    assert "initial" not in text and len(text) < 3000
    given = emit_verilog(BlockMemory(8, 16, [0xA5]), "dut").text
    assert "initial" in given and "8'ha5" in given


def test_memories_of_one_size_share_a_module() -> None:
    class Two(wiring.Component):
        def __init__(self) -> None:
            super().__init__({"address": In(4), "data": In(8), "write": In(1), "o": Out(16)})

        def elaborate(self, platform: object) -> Module:
            m = Module()
            for index in range(2):
                m.submodules[f"memory_{index}"] = memory = BlockMemory(8, 16)
                m.d.comb += [
                    memory.write_address.eq(self.address), memory.read_address.eq(self.address),
                    memory.write_data.eq(self.data), memory.write_enable.eq(self.write), memory.read_enable.eq(1),
                    self.o.word_select(index, 8).eq(memory.read_data),
                ]  # fmt: skip
            return m

    text = emit_verilog(Two(), "two").text
    assert len(re.findall(r"^module two_memory_16x8\(", text, flags=re.MULTILINE)) == 1
    assert len(re.findall(r"^  two_memory_16x8 ", text, flags=re.MULTILINE)) == 2


@pytest.mark.parametrize(("width", "depth", "name"), [(0, 4, "width"), (4, 1, "depth")])
def test_what_makes_no_sense_is_refused(width: int, depth: int, name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} must be at least"):
        BlockMemory(width, depth)


def test_synthesis_is_told_which_memory_never_reads_what_it_writes() -> None:
    marked = "(* no_rw_check *)\n  reg [4:0] words ["
    assert emit_verilog(BlockMemory(5, 20, disjoint=True), "dut").text.count(marked) == 1
    assert "no_rw_check" not in emit_verilog(BlockMemory(5, 20), "dut").text
    assert "no_rw_check" not in emit_verilog(BlockMemory(5, 20, (1, 2), disjoint=True), "dut").text
