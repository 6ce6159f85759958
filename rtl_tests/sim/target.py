"""A small design for the ``rtl`` backend to work on, and its payloads."""

from pathlib import Path

import numpy as np

from hwgen.transport import Words
from sim.backends.rtl import RtlTransport

LATENCY = 2  # clocks from an x transfer to its y transfer in DESIGN
WAIT = 3  # clocks in which SLOW_BUS is not ready, before the one in which it is
VIOLATIONS, ACCESSES = 0x40, 0x44  # the registers in DESIGN that count broken protocol rules and bus transfers

# Sixteen registers, and a stream that adds one to each payload in a pipeline of two stages. It watches the host:
# a request or a payload that changes before it was accepted counts as a violation.
DESIGN = """
module target(
  input clk, input rst,
  input bus_valid, input bus_write, input [31:0] bus_address, input [31:0] bus_wdata,
  output bus_ready, output [31:0] bus_rdata, output bus_error,
  input x_valid, input [{msb}:0] x_payload, output x_ready,
  output y_valid, output [{msb}:0] y_payload, input y_ready, output irq
);
  reg [31:0] file [0:15];
  reg [31:0] violations, accesses;
  wire exists = bus_address <= 32'h44 && bus_address[1:0] == 0;
  {bus}
  assign bus_error = bus_ready & !exists;
  wire [31:0] counter = bus_address[2] ? accesses : violations;
  assign bus_rdata = !(bus_ready & exists) ? 32'hdeadbeef : bus_address[6] ? counter : file[bus_address[5:2]];
  always @(posedge clk)
    if (bus_valid & bus_ready & bus_write & exists & !bus_address[6]) file[bus_address[5:2]] <= bus_wdata;

  reg first_full, second_full;
  reg [{msb}:0] first, second;
  wire second_takes = !second_full | y_ready;
  assign x_ready = !first_full | second_takes;
  assign y_valid = second_full;
  assign irq = 0;
  assign y_payload = second;
  always @(posedge clk) begin
    if (x_ready) begin first_full <= x_valid; first <= x_payload + 1'b1; end
    if (second_takes) begin second_full <= first_full; second <= first; end
    if (rst) begin first_full <= 0; second_full <= 0; end
  end

  reg x_held, bus_held;
  reg [{msb}:0] held_payload;
  reg [64:0] held_request;
  wire [64:0] request = {{bus_write, bus_address, bus_wdata}};
  always @(posedge clk) begin
    x_held <= x_valid & !x_ready;
    held_payload <= x_payload;
    bus_held <= bus_valid & !bus_ready;
    held_request <= request;
    violations <= violations + (x_held & (!x_valid | held_payload != x_payload))
                             + (bus_held & (!bus_valid | held_request != request));
    accesses <= accesses + (bus_valid & bus_ready);
    if (rst) begin x_held <= 0; bus_held <= 0; violations <= 0; accesses <= 0; end
  end
endmodule
"""
FAST_BUS = "assign bus_ready = bus_valid;"
SLOW_BUS = f"""
  reg [1:0] waited;
  assign bus_ready = bus_valid & waited == {WAIT};
  always @(posedge clk) waited <= rst | !bus_valid | bus_ready ? 0 : waited + 1;
"""
DEAF_BUS = "assign bus_ready = 0;"


def design(width: int, bus: str = FAST_BUS) -> str:
    return DESIGN.format(msb=width - 1, bus=bus)


def opened(width: int = 70, bus: str = FAST_BUS, *, waves: Path | None = None, limit: int = 1000) -> RtlTransport:
    return RtlTransport(design(width, bus), "target", width, width, waves=waves, limit=limit)


def words(*values: int) -> Words:
    return np.array(values, dtype=np.uint32)


def payloads(values: list[int], width: int) -> Words:
    """Payloads as rows of words, least significant first."""
    count = -(-width // 32)
    rows = [[value >> 32 * i & 0xFFFF_FFFF for i in range(count)] for value in values]
    return np.array(rows, dtype=np.uint32).reshape(len(values), count)


def random_values(width: int, count: int) -> list[int]:
    """Reproducible payloads; the first ones carry across every word boundary."""
    draw = np.random.default_rng(width)
    values = [int.from_bytes(draw.bytes(-(-width // 8)), "little") % (1 << width) for _ in range(count)]
    edges = [(1 << width) - 1, 0, (1 << min(32, width)) - 1, (1 << min(64, width)) - 1]
    return (edges + values)[:count]
