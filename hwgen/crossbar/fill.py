"""Fills the synapse memory with random numbers."""

from collections.abc import Callable

from amaranth.hdl import Array, Const, Elaboratable, Module, Mux, Signal, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.crossbar.words import Matrix
from hwgen.parts.lfsr import linear
from hwgen.parts.polynomials import step_columns

LFSR_WIDTH = 32


class RandomFill(wiring.Component):
    """Writes every word once: in each synapse a uniform random number of as many bits as its matrix says.

    The bits come from a linear feedback shift register, one a clock: the lowest bit of each of its states, the seed's
    first. A synapse takes the next ``bits`` of them, the first one lowest, as a two's complement number. Matrices are
    filled in their order, row by row, a row's groups in ascending order, lane 0 first: what a synapse begins with does
    not depend on the number of lanes. It takes :func:`~hwgen.crossbar.words.fill_clocks`.

    Numbers shift through the lanes until the first of a word is in lane 0.

    Args:
        matrices: they cover the memory's words, each once; from 1 to 32 bits a synapse.
        lanes: synapses in a word.

    Members: ``start`` with ``seed``, not 0; ``shift``, ``drawn``: the lanes' numbers move on, this one enters at the
    last lane, its sign extended to the most bits of any matrix; ``fill``: the lanes take their numbers; ``write``,
    ``address``: a clock later they are written; ``working``; ``done``: this is its last clock.
    """

    def __init__(self, matrices: tuple[Matrix, ...], lanes: int) -> None:
        for matrix in matrices:
            if not 1 <= matrix.bits <= LFSR_WIDTH:
                raise ValueError(f"bits must be from 1 to {LFSR_WIDTH}, not {matrix.bits!r}")
        self.matrices = matrices
        self.lanes = lanes
        super().__init__(
            {
                "start": In(1),
                "seed": In(LFSR_WIDTH),
                "shift": Out(1),
                "drawn": Out(signed(drawn_bits(matrices))),
                "fill": Out(1),
                "write": Out(1),
                "address": Out(range(sum(matrix.words for matrix in matrices))),
                "working": Out(1),
                "done": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        state = Signal(LFSR_WIDTH)
        bit = Signal(range(drawn_bits(self.matrices)))  # drawn of a synapse
        lane = Signal(range(self.lanes))
        matrix = Signal(range(len(self.matrices)))
        row = Signal(range(max(each.rows for each in self.matrices)))
        group = Signal(range(max(each.groups for each in self.matrices)))
        word = Signal.like(self.address)  # of this row and group
        rows = Array(each.rows for each in self.matrices)[matrix]
        last_bit = Signal()
        last_group = Signal()
        last_row = Signal()
        m.d.comb += [
            last_bit.eq(bit == self._by_width(lambda bits: Const(bits - 1), matrix)),
            last_group.eq(group == Array(each.groups - 1 for each in self.matrices)[matrix]),
            last_row.eq(row == rows - 1),
            self.drawn.eq(self._by_width(lambda bits: _drawn(state, bits), matrix)),
        ]
        with m.FSM(name="fill"):
            with m.State("IDLE"), m.If(self.start):
                m.d.sync += [signal.eq(0) for signal in (bit, lane, matrix, row, group)]
                m.d.sync += [state.eq(self.seed), word.eq(self.matrices[0].base)]
                m.next = "SHIFT"
            with m.State("SHIFT"):
                m.d.comb += [self.working.eq(1), self.shift.eq(last_bit)]
                m.d.sync += [state.eq(linear(step_columns(LFSR_WIDTH), state)), bit.eq(bit + 1)]
                with m.If(last_bit):
                    m.d.sync += [bit.eq(0), lane.eq(lane + 1)]
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

    def _by_width(self, value: Callable[[int], Value], matrix: Value) -> Value:
        """What depends on the bits that a matrix draws."""
        if len({each.bits for each in self.matrices}) == 1:
            return value(self.matrices[0].bits)
        return Array(value(each.bits) for each in self.matrices)[matrix]


def drawn_bits(matrices: tuple[Matrix, ...]) -> int:
    """Bits of the widest number that is drawn."""
    return max(matrix.bits for matrix in matrices)


def _drawn(state: Value, bits: int) -> Value:
    """The number whose last bit is the state's lowest: the register holds the bits before it above it."""
    return state[:bits][::-1].as_signed()
