"""Finds the active inputs of a sample: from beats of pixels to one list entry a clock."""

from functools import reduce
from operator import or_

from amaranth.hdl import Cat, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hwgen.crossbar.sample import SampleFormat


def entry_layout(sample: SampleFormat) -> data.StructLayout:
    """A list entry, see :attr:`~hwgen.crossbar.sample.SampleFormat.entry_fields`."""
    return data.StructLayout(sample.entry_fields)


class ActiveScanner(wiring.Component):
    """Writes one entry a clock for every active input, in ascending order.

    A beat with m active inputs takes max(1, m) clocks, the trailer one, and beats follow each other without a gap.
    An entry shows on the outputs three clocks after the transfer of its beat at the earliest.

    Args:
        sample: format of the samples.

    Members: ``x``: beats; ``admit``: the next sample may begin; ``begun``: its first beat is transferred;
    ``write``, ``entry``: an entry of the list; ``commit``, ``trailer``: the list is complete, all its entries were
    written in earlier clocks; ``clear``: drops all of it, the next beat is the first of a sample.
    """

    def __init__(self, sample: SampleFormat) -> None:
        self.sample = sample
        super().__init__(
            {
                "x": In(stream.Signature(sample.beat_bits)),
                "admit": In(1),
                "begun": Out(1),
                "write": Out(1),
                "entry": Out(entry_layout(sample)),
                "commit": Out(1),
                "trailer": Out(sample.trailer_bits),
                "clear": In(1),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        sample = self.sample
        pixels = sample.pixels_per_beat
        wide = sample.input_bits > 1
        beat_layout = data.StructLayout(
            {
                "active": pixels,
                "base": sample.index_bits,  # number of its first input
                "trailer": sample.trailer_bits,
                **({"values": data.ArrayLayout(sample.input_bits, pixels), "learn": pixels} if wide else {}),
            }
        )

        # The beat that waits, taken from x.
        waits = Signal()
        is_trailer = Signal()
        beat = Signal(beat_layout, reset_less=True)
        take = Signal()  # the scan takes it
        place = Signal(range(sample.pixel_beats + 1))  # of the next beat in its sample; the last is the trailer's
        base = Signal(range(sample.pixel_beats * pixels + 1))
        accept = Signal()
        m.d.comb += [
            self.x.ready.eq((~waits | take) & (self.admit | (place != 0)) & ~self.clear),
            accept.eq(self.x.valid & self.x.ready),
            self.begun.eq(accept & (place == 0)),
        ]
        with m.If(take):
            m.d.sync += waits.eq(0)
        with m.If(accept):
            ends = place == sample.pixel_beats
            m.d.sync += [
                waits.eq(1),
                is_trailer.eq(ends),
                place.eq(Mux(ends, 0, place + 1)),
                base.eq(Mux(ends, 0, base + pixels)),
                beat.base.eq(base),
                beat.trailer.eq(self.x.payload),
            ]
            self._add_pixels(m, beat, place)

        # The beat that is scanned: the lowest of its active inputs, one-hot, and those above it.
        lowest = Signal(pixels)
        above = Signal(pixels)
        scanned = Signal(beat_layout, reset_less=True)
        scanned_trailer = Signal()
        # Two chains side by side, as it is late when it is known whether the next beat's is needed.
        next_lowest = _lowest(above)
        beat_lowest = _lowest(beat.active)
        m.d.comb += take.eq(waits & ~above.any())
        m.d.sync += [
            lowest.eq(Mux(take, beat_lowest, next_lowest)),
            above.eq(Mux(take, beat.active & ~beat_lowest, above & ~next_lowest)),
            scanned_trailer.eq(take & is_trailer),
        ]
        with m.If(take):
            m.d.sync += scanned.eq(beat)

        # The entry.
        offset = Cat(
            Cat(lowest[pixel] for pixel in range(pixels) if pixel >> bit & 1).any()
            for bit in range((pixels - 1).bit_length())
        )
        aligned = pixels & (pixels - 1) == 0
        entry = Signal.like(self.entry, reset_less=True)
        m.d.sync += [
            entry.index.eq(scanned.base | offset if aligned else scanned.base + offset),
            self.write.eq(lowest.any()),
            self.commit.eq(scanned_trailer),
        ]
        if wide:
            chosen = [Mux(lowest[pixel], scanned.values[pixel], 0) for pixel in range(pixels)]
            m.d.sync += [entry.value.eq(reduce(or_, chosen)), entry.learn.eq((lowest & scanned.learn).any())]
        trailer = Signal(sample.trailer_bits, reset_less=True)
        m.d.sync += trailer.eq(scanned.trailer)
        m.d.comb += [self.entry.eq(entry), self.trailer.eq(trailer)]

        with m.If(self.clear):
            kept = (waits, is_trailer, place, base, lowest, above, scanned_trailer, self.write, self.commit)
            m.d.sync += [signal.eq(0) for signal in kept]
        return m

    def _add_pixels(self, m: Module, beat: data.View, place: Signal) -> None:
        """Values, learn bits and activity of a beat's pixels; a trailer has none, nor has what follows the inputs."""
        sample = self.sample
        in_last = sample.inputs - (sample.pixel_beats - 1) * sample.pixels_per_beat
        is_pixels = place < sample.pixel_beats
        is_full = place < sample.pixel_beats - 1
        for pixel in range(sample.pixels_per_beat):
            value = self.x.payload.word_select(pixel, sample.pixel_bits)
            reached = value >= sample.input_threshold
            if sample.input_bits == 1:
                active = reached
            else:
                upper = value[sample.pixel_bits - sample.input_bits :]
                active = upper.any()
                m.d.sync += [beat.values[pixel].eq(upper), beat.learn[pixel].eq(reached)]
            m.d.sync += beat.active[pixel].eq(active & (is_pixels if pixel < in_last else is_full))


def _lowest(flags: Value) -> Value:
    """The lowest flag, one-hot; none if there is none."""
    return (flags & -flags)[: len(flags)]
