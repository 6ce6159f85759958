"""Moves an image's entries by a few pixels."""

from amaranth.hdl import Array, Cat, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from hwgen.ff.plan import VIEW_STAGES, Frame


class ViewShift(wiring.Component):
    """From an entry's word to the word of where the entry is in the moved image. An entry that leaves the image stays a
    clock, but nothing is read, and it has no value.

    Args:
        read: what is asked of the synapse pipeline; its tag has ``step`` and ``value``.
        inputs: shape of the number of an input.
        frame: the image.

    Members: ``read``: for an entry of input ``index``; ``right``, ``down``: by so many pixels; ``fixed``: not this one;
    ``moved``: the same, :data:`~hwgen.ff.plan.VIEW_STAGES` clocks later.
    """

    def __init__(self, read: data.StructLayout, inputs: range, frame: Frame) -> None:
        self.frame = frame
        pixels = range(-frame.most, frame.most + 1)
        super().__init__(
            {
                "read": In(read),
                "index": In(inputs),
                "right": In(pixels),
                "down": In(pixels),
                "fixed": In(1),
                "moved": Out(read),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        frame = self.frame
        fixed = [self.fixed]
        reads = [self.read]
        for stage in range(VIEW_STAGES):
            fixed.append(Signal(name=f"fixed_{stage}"))
            reads.append(Signal(self.read.shape(), name=f"read_{stage}"))
            m.d.sync += [fixed[-1].eq(fixed[-2]), reads[-1].eq(reads[-2])]
        m.d.comb += self.moved.eq(reads[-1])

        # The new address, in two steps.
        most = frame.most
        rows = Array(down * frame.width for down in range(-most, most + 1))[self.down + most]
        offset = Signal(range(-most * (frame.width + 1), most * (frame.width + 1) + 1), reset_less=True)
        m.d.sync += [
            offset.eq(Mux(self.fixed, 0, rows + self.right)),
            reads[2].address.eq(reads[1].address + offset),
        ]

        # How far the pixel may be moved, as far as that matters, and how far it is.
        layout = data.ArrayLayout(range(most + 1), 4)
        content = [frame.margins(pixel) for pixel in range(frame.inputs)]
        m.submodules.margins = margins = Memory(shape=layout, depth=frame.inputs, init=content)
        read_port = margins.read_port()
        room = Signal(layout, reset_less=True)
        m.d.comb += read_port.addr.eq(self.index)
        m.d.sync += room.eq(read_port.data)
        distances: list[Value] = [
            Mux(distance > 0, distance, 0) for distance in (self.right, -self.right, self.down, -self.down)
        ]
        for stage in range(2):
            delayed = Signal(layout, name=f"distances_{stage}", reset_less=True)
            m.d.sync += [one.eq(distance) for one, distance in zip(delayed, distances, strict=True)]
            distances = list(delayed)
        outside = Cat(distance > margin for distance, margin in zip(distances, room, strict=True)).any()
        with m.If(outside & ~fixed[2]):
            m.d.sync += [
                reads[3].valid.eq(0),
                reads[3].tag.step.eq(0),
                reads[3].tag.value.eq(0),
            ]
        return m
