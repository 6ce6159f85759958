"""Where lists of inputs are: those of samples, and those of what layers give."""

from amaranth.hdl import Elaboratable, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hwgen.crossbar.sample import SampleFormat
from hwgen.crossbar.scanner import entry_layout as listed_layout
from hwgen.crossbar.stages import LIST_STAGES
from hwgen.ff.config import FFConfig
from hwgen.ff.plan import output_lists, sample_lists


def list_layout(banks: int, entries: int) -> data.StructLayout:
    """Where a list is, and how many entries it has."""
    return data.StructLayout({"bank": range(banks), "count": range(entries + 1)})


def output_entries(config: FFConfig) -> int:
    """Entries of the longest of them."""
    return max(config.layers[1:])


def bank_bits(config: FFConfig) -> int:
    """Bits of a list's place among those of its kind. A bit above them says of which kind it is."""
    return max(1, (max(sample_lists(config), output_lists(config)) - 1).bit_length())


def sample_format(config: FFConfig) -> SampleFormat:
    """How a sample, or each step of one, lies in the transfers on ``x``; the trailer says whether to learn from it, and
    its class."""
    return SampleFormat(
        inputs=config.layers[0],
        pixel_bits=config.pixel_bits,
        input_bits=config.input_bits,
        input_threshold=1 << (config.pixel_bits - config.input_bits),
        beat_bits=config.stream_bits,
        trailer_bits=1 + config.class_bits,
    )


def output_format(config: FFConfig, unit_lanes: int) -> SampleFormat:
    """How the outputs of a layer, padded to those of the largest one, lie in the beats of the units stage."""
    bits = config.activation_bits - 1
    return SampleFormat(
        inputs=output_entries(config),
        pixel_bits=bits,
        input_bits=bits,
        input_threshold=1,
        beat_bits=unit_lanes * bits,
        trailer_bits=1,
    )


def sample_readers(config: FFConfig) -> int:
    """Entries of samples' lists that are read in a clock: two where an update goes over the union of two of them."""
    return 1 + (config.merges and not config.supervised)


def output_readers(config: FFConfig) -> int:
    """The same of lists of what layers give."""
    return 1 + (config.merges and config.depth > 1)


class ListReader(wiring.Component):
    """Reads the lists of samples and those of what layers give, as if they were in one memory.

    Args:
        config: the machine's parameters.
        entry: what a sweep takes of an entry.
        sample, output: formats of the two; None: no layer gives any.

    Members: ``bank``: with :func:`bank_bits` bits the list's place, and above them whether a layer has given it;
    ``entry``: what was asked for ``LIST_STAGES`` clocks ago; ``sample_entry``, ``output_entry``: what each memory
    answers then.
    """

    def __init__(
        self, config: FFConfig, entry: data.StructLayout, sample: SampleFormat, output: SampleFormat | None
    ) -> None:
        self.config = config
        self.output = output
        super().__init__(
            {
                "bank": In(bank_bits(config) + 1),
                "entry": Out(entry),
                "sample_entry": In(listed_layout(sample)),
                **({} if output is None else {"output_entry": In(listed_layout(output))}),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        # An entry of a sample of one bit has no value: it is 1.
        value = self.sample_entry.value if self.config.input_bits > 1 else 1
        if self.output is None:
            m.d.comb += [self.entry.index.eq(self.sample_entry.index), self.entry.value.eq(value)]
            return m
        from_layer = self.bank[-1]
        for stage in range(LIST_STAGES):
            delayed = Signal(name=f"from_layer_{stage}")
            m.d.sync += delayed.eq(from_layer)
            from_layer = delayed
        m.d.comb += [
            self.entry.index.eq(Mux(from_layer, self.output_entry.index, self.sample_entry.index)),
            self.entry.value.eq(Mux(from_layer, self.output_entry.value, value)),
        ]
        return m
