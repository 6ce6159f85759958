"""The units stage as Verilog: in a 4-state simulator every output bit is what it is in Amaranth's."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from amaranth.hdl._ir import PortDirection

from hwgen.emit.verilog import emit_verilog
from hwgen.ff.activation import Activation
from hwgen.ff.modulator import Modulator
from hwgen.ff.normaliser import Normaliser
from hwgen.ff.readout import Readout
from hwgen.ff.steps import Steps
from hwgen.ff.tables import NormTable
from hwgen.ff.unit_format import UnitFormat
from hwgen.ff.unit_memory import UnitMemory
from hwgen.parts.shared import ports_of
from rtl_tests.simulate import simulate
from sim.backends.cocotb_runner import simulator_on_path

CLOCKS = 400

BENCH = """
module bench;
  reg clk = 0;
  reg [{inputs_msb}:0] in;
  wire [{outputs_msb}:0] out;
  reg [{inputs_msb}:0] stimulus [0:{last}];
  integer n;
  dut dut(.clk(clk), {connections});
  initial begin
    $readmemh("stimulus.hex", stimulus);
    for (n = 0; n <= {last}; n = n + 1) begin
      in = stimulus[n];
      #1 $display("%b", out);
      clk = 1;
      #1 clk = 0;
    end
    $finish;
  end
endmodule
"""

UNITS = UnitFormat((12, 6), 3, 6)
TABLES = [NormTable.of(units, 21) for units in UNITS.units]

PARTS: dict[str, Callable[[], Any]] = {
    "activation": lambda: Activation(UNITS, sum_bits=22, shifts=(9, 8), banks=2, totals=True),
    "supervised-normaliser": lambda: Normaliser(UNITS, TABLES, banks=2),
    "contrastive-normaliser": lambda: Normaliser(UNITS, TABLES, banks=2, reciprocals=(5461, 10923)),
    "pairwise-modulator": lambda: Modulator(UNITS, shifts=(6, 5), thresholds=None, modulator_bits=8),
    "modulator-with-thresholds": lambda: Modulator(
        UNITS, shifts=(6, 5), thresholds=((900, 800), (30, 70)), modulator_bits=8
    ),
    "steps": lambda: Steps(UNITS, modulator_bits=7, positive_max=2, beats=2, banks=3),
    "hinge-readout": lambda: Readout(classes=5, sum_bits=20, shift=9, margin=16),
    "softmax-readout": lambda: Readout(classes=5, sum_bits=20, shift=9, margin=None),
    "memory": lambda: UnitMemory(20, 6, 2),
}


def random_inputs(widths: dict[str, int], draw: np.random.Generator) -> Iterator[dict[str, int]]:
    for _ in range(CLOCKS):
        yield {name: int.from_bytes(draw.bytes(32)) % (1 << width) for name, width in widths.items()}


def memory_inputs(widths: dict[str, int], draw: np.random.Generator) -> Iterator[dict[str, int]]:
    """Every word written before any is read, then no word read while it is written, nor one that there is not."""
    for place in range(12):
        values = {"write": 1, "write_bank": place // 6, "write_beat": place % 6, "write_word": place * 12345}
        yield dict.fromkeys(widths, 0) | values
    for values in random_inputs(widths, draw):
        values["read_beat"] %= 6
        values["write_beat"] = (values["read_beat"] + 1) % 6
        yield values


@pytest.mark.requires_icarus
@pytest.mark.parametrize("part", PARTS)
def test_verilog_does_the_same_in_every_bit(part: str, tmp_path: Path) -> None:
    dut = PARTS[part]()
    ports = ports_of(dut)
    inputs = {name: len(value) for name, (value, way) in ports.items() if way is PortDirection.Input}
    outputs = [name for name, (_, way) in ports.items() if way is PortDirection.Output]
    stimulus = list((memory_inputs if part == "memory" else random_inputs)(inputs, np.random.default_rng(1)))
    widths = {name: len(ports[name][0]) for name in outputs}

    expected: list[str] = []

    async def bench(ctx: Any) -> None:
        for values in stimulus:
            for name, value in values.items():
                ctx.set(ports[name][0].as_unsigned(), value)
            expected.append("".join(f"{ctx.get(ports[name][0].as_unsigned()):0{widths[name]}b}" for name in outputs))
            await ctx.tick()

    simulate(dut, bench)

    verilog = emit_verilog(PARTS[part](), "dut").text
    place, connections = 0, [".rst(1'b0)"] if "rst;" in verilog else []
    for name, width in inputs.items():
        connections.append(f".{name}(in[{place + width - 1}:{place}])")
        place += width
    (tmp_path / "stimulus.hex").write_text(
        "\n".join(f"{_joined(values, inputs):x}" for values in stimulus), encoding="ascii"
    )
    end = sum(widths.values())
    for name in outputs:
        connections.append(f".{name}(out[{end - 1}:{end - widths[name]}])")
        end -= widths[name]
    text = BENCH.format(
        inputs_msb=place - 1,
        outputs_msb=sum(widths.values()) - 1,
        last=len(stimulus) - 1,
        connections=", ".join(connections),
    )
    (tmp_path / "bench.v").write_text(verilog + text, encoding="ascii")
    with simulator_on_path("icarus"):
        subprocess.run(["iverilog", "-g2005", "-o", "bench", "bench.v"], cwd=tmp_path, check=True)
        run = subprocess.run(["vvp", "bench"], cwd=tmp_path, check=True, capture_output=True, text=True)
    seen = [line for line in run.stdout.splitlines() if set(line) <= set("01xz")]
    if part == "memory":
        # Before a word is read, there is none.
        known = 1 + max(clock for clock, line in enumerate(seen) if "x" in line)
        assert known < len(seen) // 2
        seen, expected = seen[known:], expected[known:]
    assert seen == expected


def _joined(values: dict[str, int], widths: dict[str, int]) -> int:
    word, place = 0, 0
    for name, width in widths.items():
        word |= values[name] << place
        place += width
    return word
