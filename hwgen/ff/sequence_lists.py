"""Lists of the active inputs of sequences: one for each step."""

from amaranth.hdl import Array, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from hwgen.crossbar.active import ActiveInputs
from hwgen.crossbar.sample import SampleFormat
from hwgen.crossbar.scanner import entry_layout
from hwgen.ff.config import FFConfig
from hwgen.ff.lists import sample_format, sample_readers
from hwgen.ff.plan import sample_lists


class SequenceLists(wiring.Component):
    """Turns the beats of sequences into lists of active inputs, step by step. A sequence is the beats of each step's
    inputs, and then one trailer; to :class:`~hwgen.crossbar.active.ActiveInputs`, each step is a sample with a trailer.
    So a step takes the clocks of such a sample.

    Args:
        samples: how many sequences are held, at least 1.
        steps: of a sequence, at least 2.
        sample: the parameters of a step's :class:`~hwgen.crossbar.sample.SampleFormat`, by name.

    Members: those of :class:`~hwgen.crossbar.active.ActiveInputs`, ``samples * steps`` lists being held.

    - ``ready``: a sequence is complete, or the next step of one that is claimed: ``bank``, ``count``, its list;
      ``trailer``, of the sequence. ``claim``: the list is claimed, then that of the next step, to the last one.
    - ``release``: strobe, the oldest claimed list is no longer needed.
    """

    def __init__(self, *, samples: int, steps: int, **sample: int) -> None:
        if samples < 1:
            raise ValueError(f"samples must be at least 1, not {samples!r}")
        if steps < 2:
            raise ValueError(f"steps must be at least 2, not {steps!r}")
        self.samples = samples
        self.steps = steps
        self.sample = SampleFormat(**sample)
        banks = range(samples * steps)
        super().__init__(
            {
                "x": In(stream.Signature(self.sample.beat_bits)),
                "ready": Out(1),
                "bank": Out(banks),
                "count": Out(range(self.sample.inputs + 1)),
                "trailer": Out(self.sample.trailer_bits),
                "claim": In(1),
                "release": In(1),
                "read_bank": In(banks),
                "read_address": In(self.sample.index_bits),
                "entry": Out(entry_layout(self.sample)),
                "discard": In(1),
                "held": Out(range(len(banks) + 1)),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        step_format = vars(self.sample) | {"trailer_bits": 1}
        m.submodules.steps = lists = ActiveInputs(banks=self.samples * self.steps, **step_format)
        m.d.comb += [
            lists.claim.eq(self.claim),
            lists.release.eq(self.release),
            lists.discard.eq(self.discard),
            lists.read_bank.eq(self.read_bank),
            lists.read_address.eq(self.read_address),
            *(getattr(self, name).eq(getattr(lists, name)) for name in ("bank", "count", "entry", "held")),
        ]

        # A step but the last one gets a trailer that x does not have.
        place = Signal(range(self.sample.pixel_beats + 1))
        step = Signal(range(self.steps))
        ends = place == self.sample.pixel_beats
        last = step == self.steps - 1
        inserts = ends & ~last
        accept = lists.x.valid & lists.x.ready
        m.d.comb += [
            lists.x.payload.eq(self.x.payload),
            lists.x.valid.eq(self.x.valid | inserts),
            self.x.ready.eq(lists.x.ready & ~inserts),
        ]
        with m.If(accept):
            m.d.sync += place.eq(Mux(ends, 0, place + 1))
            with m.If(ends):
                m.d.sync += step.eq(Mux(last, 0, step + 1))

        # Trailers of sequences: one comes in as the last of its lists does, and goes with the last of them.
        trailers = Array(
            Signal.like(self.trailer, name=f"trailer_{number}", reset_less=True) for number in range(self.samples)
        )
        incoming, outgoing = Signal(range(self.samples)), Signal(range(self.samples))
        claimed = Signal(range(self.steps))
        with m.If(accept & ends & last):
            m.d.sync += [trailers[incoming].eq(self.x.payload), incoming.eq(self._after(incoming))]
        with m.If(self.claim):
            m.d.sync += claimed.eq(claimed + 1)
            with m.If(claimed == self.steps - 1):
                m.d.sync += [claimed.eq(0), outgoing.eq(self._after(outgoing))]
        m.d.comb += [
            self.ready.eq((claimed != 0) | (lists.complete >= self.steps)),
            self.trailer.eq(trailers[outgoing]),
        ]
        with m.If(self.discard):
            m.d.sync += [signal.eq(0) for signal in (place, step, incoming, outgoing, claimed)]
        return m

    def _after(self, sample: Value) -> Value:
        """The place of the next sample's trailer."""
        return Mux(sample == self.samples - 1, 0, sample + 1)


InputLists = ActiveInputs | SequenceLists


def input_lists(config: FFConfig) -> InputLists:
    """The lists of a machine's samples, or of all their steps."""
    banks, sample = sample_lists(config), vars(sample_format(config))
    if config.recurrent:
        return SequenceLists(samples=banks // config.steps, steps=config.steps, **sample)
    return ActiveInputs(banks=banks, readers=sample_readers(config), **sample)
