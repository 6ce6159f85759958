"""Lists of active inputs, one for each sample, in the banks of a memory: while one is used, the next one fills."""

from amaranth.hdl import Array, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out, connect, flipped

from hwgen.crossbar.sample import SampleFormat
from hwgen.crossbar.scanner import ActiveScanner, entry_layout


class ActiveInputs(wiring.Component):
    """Turns beats of pixels into lists of active inputs; samples go to the banks in turn.

    A bank passes through: free, filling (from the transfer of a sample's first beat on), complete, claimed, free.
    While none is free, the first beat of a sample waits.

    With x always valid and a bank free, a beat with m active inputs takes max(1, m) clocks and the trailer one; the
    list is complete three clocks after these.

    Args:
        banks: how many lists are held, at least 1.
        readers: 1, or 2: so many entries can be read in a clock.
        sample: the parameters of :class:`~hwgen.crossbar.sample.SampleFormat`, by name.

    Members:

    - ``x``: pixel beats and a trailer beat for each sample;
    - ``ready``: a complete list is waiting to be claimed, the oldest of them being in bank ``bank``, with ``count``
      entries and ``trailer``; ``claim``: strobe, it is claimed;
    - ``release``: strobe, the bank of the oldest claimed list is free again;
    - ``entry``: what ``read_bank`` holds at ``read_address``, two clocks later; for a second reader ``other_bank``,
      ``other_address`` and ``other_entry`` are the same;
    - ``discard``: drops all lists, also partial ones; the next beat is the first of a sample; ``x`` waits;
    - ``occupied``: some bank is not free; ``held``: how many are not; ``complete``: how many hold a complete list that
      is not claimed.
    """

    def __init__(self, *, banks: int, readers: int = 1, **sample: int) -> None:
        if banks < 1:
            raise ValueError(f"banks must be at least 1, not {banks!r}")
        if readers not in (1, 2):
            raise ValueError(f"readers must be 1 or 2, not {readers!r}")
        self.banks = banks
        self.readers = readers
        self.sample = SampleFormat(**sample)
        self.stride = self.sample.stride(banks)
        bank_bits = max(1, (banks - 1).bit_length())
        other = {
            "other_bank": In(bank_bits),
            "other_address": In(self.sample.index_bits),
            "other_entry": Out(entry_layout(self.sample)),
        }
        super().__init__(
            {
                "x": In(stream.Signature(self.sample.beat_bits)),
                "ready": Out(1),
                "bank": Out(bank_bits),
                "count": Out(range(self.sample.inputs + 1)),
                "trailer": Out(self.sample.trailer_bits),
                "claim": In(1),
                "release": In(1),
                "read_bank": In(bank_bits),
                "read_address": In(self.sample.index_bits),
                "entry": Out(entry_layout(self.sample)),
                "discard": In(1),
                "occupied": Out(1),
                "held": Out(range(banks + 1)),
                "complete": Out(range(banks + 1)),
                **(other if readers == 2 else {}),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        m.submodules.scanner = scanner = ActiveScanner(self.sample)
        connect(m, flipped(self.x), scanner.x)

        # How many banks are not free, and how many are complete but not claimed.
        held, complete = self.held, self.complete
        m.d.comb += [
            scanner.clear.eq(self.discard),
            scanner.admit.eq(held != self.banks),
            self.occupied.eq(held != 0),
            self.ready.eq(complete != 0),
        ]
        m.d.sync += [
            held.eq(held + scanner.begun - self.release),
            complete.eq(complete + scanner.commit - self.claim),
        ]

        # What is written, and where.
        filling = Signal.like(self.bank)
        following = self._after(filling)
        written = Signal.like(self.count)
        write_address = Signal(range(max(2, self.banks * self.stride)))
        counts = Array(Signal.like(self.count, name=f"count_{bank}", reset_less=True) for bank in range(self.banks))
        trailers = Array(
            Signal.like(self.trailer, name=f"trailer_{bank}", reset_less=True) for bank in range(self.banks)
        )
        with m.If(scanner.write):
            m.d.sync += [written.eq(written + 1), write_address.eq(write_address + 1)]
        with m.If(scanner.commit):
            m.d.sync += [
                counts[filling].eq(written),
                trailers[filling].eq(scanner.trailer),
                written.eq(0),
                filling.eq(following),
                write_address.eq(self._start(following)),
            ]
        with m.If(self.claim):
            m.d.sync += self.bank.eq(self._after(self.bank))
        m.d.comb += [self.count.eq(counts[self.bank]), self.trailer.eq(trailers[self.bank])]

        self._add_memory(m, "", (self.read_bank, self.read_address, self.entry), scanner, write_address)
        if self.readers == 2:
            # A block RAM has one port to read beside the one to write.
            other = (self.other_bank, self.other_address, self.other_entry)
            self._add_memory(m, "other_", other, scanner, write_address)
        with m.If(self.discard):
            m.d.sync += [signal.eq(0) for signal in (held, complete, filling, written, write_address, self.bank)]
        return m

    def _add_memory(
        self,
        m: Module,
        prefix: str,
        reader: tuple[Value, Value, data.View],
        scanner: ActiveScanner,
        write_address: Signal,
    ) -> None:
        """All lists, for a ``reader`` that asks by bank and address, and is answered with an entry."""
        bank, place, shown = reader
        depth = max(2, self.banks * self.stride)
        m.submodules[f"{prefix}memory"] = memory = Memory(shape=self.entry.shape(), depth=depth, init=[])
        write_port = memory.write_port()
        m.d.comb += [
            write_port.addr.eq(write_address),
            write_port.data.eq(scanner.entry),
            write_port.en.eq(scanner.write),
        ]
        read_port = memory.read_port()
        address = Signal.like(read_port.addr, name=f"{prefix}read_word")
        m.d.comb += [
            address.eq(self._start(bank) + place),
            read_port.addr.eq(address),
            # A list is read when it is complete. Synthesis must see that no word is read while it is written: it
            # would otherwise put logic behind the block RAM for that case.
            read_port.en.eq(~(scanner.write & (address == write_address))),
        ]
        # A clock enable and no reset, so that it can be the output register of a block RAM.
        was_read = Signal(name=f"{prefix}was_read")
        entry = Signal.like(self.entry, name=f"{prefix}entry_register", reset_less=True)
        m.d.sync += was_read.eq(read_port.en)
        with m.If(was_read):
            m.d.sync += entry.eq(read_port.data)
        m.d.comb += shown.eq(entry)

    def _start(self, bank: Value) -> Value:
        """First word of a bank."""
        if self.stride & (self.stride - 1) == 0:
            return bank << (self.stride.bit_length() - 1)
        return Array(index * self.stride for index in range(self.banks))[bank]

    def _after(self, bank: Value) -> Value:
        """The bank whose turn is next."""
        return Mux(bank == self.banks - 1, 0, bank + 1)
