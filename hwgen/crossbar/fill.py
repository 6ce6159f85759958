"""Fills the synapse memory with random signs."""

from dataclasses import dataclass

from amaranth.hdl import Array, Elaboratable, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.parts.lfsr import linear
from hwgen.parts.polynomials import step_columns

LFSR_WIDTH = 32


@dataclass(frozen=True)
class Matrix:
    """Where the synapses of one weight layer lie: ``rows`` words for each group of ``lanes`` columns, group after group
    from word ``base`` on."""

    base: int
    rows: int
    groups: int


class SignFill(wiring.Component):
    """Writes every word once: random signs, and nothing beside them.

    Signs come from a linear feedback shift register, one a clock, and shift through the lanes: the first of a word
    ends in lane 0. Matrices are filled in their order, row by row, a row's groups in ascending order, so that a
    synapse's sign does not depend on the number of lanes: synapse n has the lowest bit of the n-th state, from the
    seed on. It takes ``words * (lanes + 1)`` clocks.

    Members: ``start`` with ``seed``, not 0; ``shift``, ``sign``: the lanes' signs move on, this one enters at the
    last lane; ``fill``: the lanes take their signs; ``write``, ``address``: a clock later they are written;
    ``working``; ``done``: this is its last clock.
    """

    def __init__(self, matrices: tuple[Matrix, ...], lanes: int) -> None:
        self.matrices = matrices
        self.lanes = lanes
        words = sum(matrix.rows * matrix.groups for matrix in matrices)
        super().__init__(
            {
                "start": In(1),
                "seed": In(LFSR_WIDTH),
                "shift": Out(1),
                "sign": Out(1),
                "fill": Out(1),
                "write": Out(1),
                "address": Out(range(words)),
                "working": Out(1),
                "done": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        state = Signal(LFSR_WIDTH)
        lane = Signal(range(self.lanes))
        matrix = Signal(range(len(self.matrices)))
        row = Signal(range(max(each.rows for each in self.matrices)))
        group = Signal(range(max(each.groups for each in self.matrices)))
        word = Signal.like(self.address)  # of this row and group
        rows = Array(each.rows for each in self.matrices)[matrix]
        last_group = Signal()
        last_row = Signal()
        m.d.comb += [
            last_group.eq(group == Array(each.groups - 1 for each in self.matrices)[matrix]),
            last_row.eq(row == rows - 1),
            self.sign.eq(state[0]),
        ]
        with m.FSM(name="fill"):
            with m.State("IDLE"), m.If(self.start):
                m.d.sync += [signal.eq(0) for signal in (lane, matrix, row, group)]
                m.d.sync += [state.eq(self.seed), word.eq(self.matrices[0].base)]
                m.next = "SHIFT"
            with m.State("SHIFT"):
                m.d.comb += [self.working.eq(1), self.shift.eq(1)]
                m.d.sync += [state.eq(linear(step_columns(LFSR_WIDTH), state)), lane.eq(lane + 1)]
                with m.If(lane == self.lanes - 1):
                    m.d.sync += lane.eq(0)
                    m.next = "FILL"
            with m.State("FILL"):
                m.d.comb += [self.working.eq(1), self.fill.eq(1)]
                m.d.sync += [group.eq(Mux(last_group, 0, group + 1)), word.eq(word + rows)]
                m.next = "SHIFT"
                with m.If(last_group):
                    start = Array(each.base for each in self.matrices)[matrix]
                    m.d.sync += [row.eq(row + 1), word.eq(start + row + 1)]
                    with m.If(last_row):
                        after = Array(each.base for each in (*self.matrices[1:], self.matrices[0]))[matrix]
                        m.d.sync += [row.eq(0), matrix.eq(matrix + 1), word.eq(after)]
                        with m.If(matrix == len(self.matrices) - 1):
                            m.next = "WRITE"
            with m.State("WRITE"):
                m.d.comb += [self.working.eq(1), self.done.eq(1)]
                m.next = "IDLE"
        m.d.sync += [self.write.eq(self.fill), self.address.eq(word)]
        return m
