"""An array of memristors behind a core's registers."""

from amaranth.hdl import Array, Elaboratable, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hwgen.bus.bank import RegisterBank, fields_of
from hwgen.bus.interface import WindowSignature
from hwgen.bus.map import Access
from hwgen.memristor.config import SUPPLIES, ArrayConfig
from hwgen.memristor.ledger import Ledger
from hwgen.memristor.registers import ARRAY_ERRORS, UNLOCK_KEY, array_registers, array_windows
from hwgen.memristor.sequencers import ArraySequencers


class ArrayInterface(wiring.Component):
    """Sequencers and ledger behind :func:`~hwgen.memristor.registers.array_registers` and
    :func:`~hwgen.memristor.registers.array_windows`.

    Members: ``pins``: the array; ``reads``, ``in_use``: who uses it while it is locked, and that it is being used;
    ``drop``: what is under way is dropped, and the array is locked; ``unlocked``; ``active``: a command is under way;
    ``changing``: strobe, a word is about to get pulses: the array no longer holds what it did; ``errors``: strobes, a
    bit for each of :data:`~hwgen.memristor.registers.ARRAY_ERRORS`; and each register and window under its name, see
    :func:`connect_array`.

    Args:
        config: the array.
        sequencers: with the members of :class:`~hwgen.memristor.sequencers.ArraySequencers`, which they are by default;
            ``pins`` and ``reads`` are theirs.
    """

    def __init__(self, config: ArrayConfig, sequencers: wiring.Component | None = None) -> None:
        self.config = config
        self.sequencers = ArraySequencers(config) if sequencers is None else sequencers
        self.registers = array_registers(config)
        self.windows = array_windows(config)
        registers = {
            register.name: (Out if register.access is Access.READ else In)(register.width)
            for register in self.registers
        }
        windows = {window.name: In(WindowSignature(sum(window.index_bits), window.width)) for window in self.windows}
        super().__init__(
            {
                "pins": self.sequencers.signature.members["pins"],
                "reads": self.sequencers.signature.members["reads"],
                "in_use": In(1),
                "drop": In(1),
                "unlocked": Out(1),
                "active": Out(1),
                "changing": Out(1),
                "errors": Out(len(ARRAY_ERRORS)),
                **registers,
                **windows,
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        m.submodules.sequencers = sequencers = self.sequencers
        m.submodules.ledger = ledger = Ledger(self.config)
        connect(m, sequencers.pins, flipped(self.pins))
        connect(m, flipped(self.reads), sequencers.reads)
        connect(m, flipped(self.failed_cells), ledger.failed_cells)
        connect(m, flipped(self.wear), ledger.wear)

        command = self._fields("array_command")
        wrong_key = Signal()
        m.d.comb += [
            wrong_key.eq((self.array_key != 0) & (self.array_key != UNLOCK_KEY)),
            sequencers.in_use.eq(self.in_use),
            sequencers.unlock.eq(self.array_key == UNLOCK_KEY),
            sequencers.lock.eq(command["lock"]),
            sequencers.drop.eq(self.drop),
            sequencers.abort.eq(command["abort"]),
            sequencers.start.eq(self.array_command[:4].any()),
            sequencers.place.eq(self.array_place),
            sequencers.target.eq(self.array_target),
            self.array_word.eq(sequencers.word),
            self.array_wrong.eq(sequencers.wrong),
            self.array_unstable.eq(sequencers.unstable),
            self.unlocked.eq(sequencers.unlocked),
            self.active.eq(sequencers.active),
            self.changing.eq(sequencers.record & sequencers.worn),
            self.array_state.eq(sequencers.unlocked | sequencers.active << 1),
            self.errors.eq(sequencers.refused | wrong_key | sequencers.cut << 1 | sequencers.failure << 2),
            ledger.record.eq(sequencers.record),
            ledger.place.eq(sequencers.recorded),
            ledger.failed.eq(sequencers.failed),
            ledger.worn.eq(sequencers.worn),
            ledger.locked.eq(sequencers.active),
        ]
        m.d.comb += [sequencers.command[name].eq(command[name]) for name in ("form", "set", "reset", "verify")]
        m.d.comb += [
            length.eq(getattr(self, f"{supply}_clocks"))
            for length, supply in zip(sequencers.lengths, SUPPLIES, strict=True)
        ]
        port = self.array_attempts
        m.d.comb += [
            port.ready.eq(port.valid),
            port.error.eq(port.write),
            port.rdata.eq(Array(sequencers.attempts)[port.index]),
        ]
        return m

    def _fields(self, name: str) -> dict[str, object]:
        register = next(register for register in self.registers if register.name == name)
        return fields_of(register, getattr(self, name))


def connect_array(m: Module, bank: RegisterBank, array: ArrayInterface) -> None:
    """Join an array's registers and windows to those of the same names in a bank."""
    for register in array.registers:
        mine, theirs = getattr(array, register.name), getattr(bank, register.name)
        m.d.comb += theirs.eq(mine) if register.access is Access.READ else mine.eq(theirs)
    for window in array.windows:
        connect(m, getattr(bank, window.name), getattr(array, window.name))
