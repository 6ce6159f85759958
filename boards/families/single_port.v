// Yosys techmap: a memory with one read port and one write port becomes one that a single-port RAM can hold.
//
// Its two ports get one address, which memory_libmap asks for; the ports must not work in the same clock, which it then
// proves. Nothing is known of a single-port RAM's output after a write (Yosys' model makes it X), so what was read last
// is held in registers from a write to the next read. There is no initial content.
(* techmap_celltype = "$__single_port_memory" *)
module single_port_memory(RD_CLK, RD_EN, RD_ARST, RD_SRST, RD_ADDR, RD_DATA, WR_CLK, WR_EN, WR_ADDR, WR_DATA);
  // Those of $mem_v2.
  parameter MEMID = "";
  parameter SIZE = 0;
  parameter OFFSET = 0;
  parameter ABITS = 0;
  parameter WIDTH = 0;
  parameter INIT = 0;
  parameter RD_PORTS = 1;
  parameter RD_CLK_ENABLE = 1'b1;
  parameter RD_CLK_POLARITY = 1'b1;
  parameter RD_TRANSPARENCY_MASK = 1'b0;
  parameter RD_COLLISION_X_MASK = 1'b0;
  parameter RD_WIDE_CONTINUATION = 1'b0;
  parameter RD_CE_OVER_SRST = 1'b0;
  parameter RD_ARST_VALUE = 0;
  parameter RD_SRST_VALUE = 0;
  parameter RD_INIT_VALUE = 0;
  parameter WR_PORTS = 1;
  parameter WR_CLK_ENABLE = 1'b1;
  parameter WR_CLK_POLARITY = 1'b1;
  parameter WR_PRIORITY_MASK = 1'b0;
  parameter WR_WIDE_CONTINUATION = 1'b0;
  input RD_CLK, RD_EN, RD_ARST, RD_SRST, WR_CLK;
  input [ABITS-1:0] RD_ADDR, WR_ADDR;
  input [WIDTH-1:0] WR_EN, WR_DATA;
  output [WIDTH-1:0] RD_DATA;

  // More ports, or other clocking, would be mapped wrongly: techmap then leaves the cell, and synthesis fails.
  wire _TECHMAP_FAIL_ = RD_PORTS != 1 || WR_PORTS != 1 || !RD_CLK_ENABLE || !WR_CLK_ENABLE || !RD_CLK_POLARITY;

  wire write = |WR_EN;
  wire [ABITS-1:0] address = write ? WR_ADDR : RD_ADDR;
  wire [WIDTH-1:0] read, held;
  wire stale;

  (* ram_style = "huge" *)
  \$mem_v2 #(
    .MEMID(MEMID), .SIZE(SIZE), .OFFSET(OFFSET), .ABITS(ABITS), .WIDTH(WIDTH), .INIT({SIZE{{WIDTH{1'bx}}}}),
    .RD_PORTS(RD_PORTS), .RD_CLK_ENABLE(RD_CLK_ENABLE), .RD_CLK_POLARITY(RD_CLK_POLARITY),
    .RD_TRANSPARENCY_MASK(RD_TRANSPARENCY_MASK), .RD_COLLISION_X_MASK(RD_COLLISION_X_MASK),
    .RD_WIDE_CONTINUATION(RD_WIDE_CONTINUATION), .RD_CE_OVER_SRST(RD_CE_OVER_SRST),
    .RD_ARST_VALUE(RD_ARST_VALUE), .RD_SRST_VALUE(RD_SRST_VALUE), .RD_INIT_VALUE(RD_INIT_VALUE),
    .WR_PORTS(WR_PORTS), .WR_CLK_ENABLE(WR_CLK_ENABLE), .WR_CLK_POLARITY(WR_CLK_POLARITY),
    .WR_PRIORITY_MASK(WR_PRIORITY_MASK), .WR_WIDE_CONTINUATION(WR_WIDE_CONTINUATION)
  ) _TECHMAP_REPLACE_ (
    .RD_CLK(RD_CLK), .RD_EN(RD_EN), .RD_ARST(RD_ARST), .RD_SRST(RD_SRST), .RD_ADDR(address), .RD_DATA(read),
    .WR_CLK(WR_CLK), .WR_EN(WR_EN), .WR_ADDR(address), .WR_DATA(WR_DATA)
  );
  \$dffe #(.WIDTH(1), .CLK_POLARITY(1'b1), .EN_POLARITY(1'b1))
    stale_register (.CLK(RD_CLK), .EN(write || RD_EN), .D(write), .Q(stale));
  \$dffe #(.WIDTH(WIDTH), .CLK_POLARITY(1'b1), .EN_POLARITY(1'b1))
    held_register (.CLK(RD_CLK), .EN(write), .D(RD_DATA), .Q(held));
  assign RD_DATA = stale ? held : read;
endmodule
