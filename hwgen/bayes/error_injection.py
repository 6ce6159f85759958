"""Errors of emulated memory cells, in the words that a sample has read."""

from amaranth.hdl import Cat, Elaboratable, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.bayes.config import BayesConfig
from hwgen.bayes.device_errors import (
    BIN_BITS,
    BIT_BITS,
    COLUMN_BITS,
    HASH_BITS,
    HASH_CONSTANT,
    HASH_KEY_ROTATION,
    HASH_ROTATIONS,
    HASH_ROUNDS,
    HASH_SHIFT,
    ROW_BITS,
    THRESHOLD_BITS,
)
from hwgen.bayes.signature import WordsSignature, word_layout


class HashUnit(wiring.Component):
    """A hash of a value and a key, see :mod:`hwgen.bayes.device_errors`: a value a clock, a round a clock.

    Members: ``value``; ``key``, which stands still while a value is in the unit; ``hash``: of the value of
    ``HASH_ROUNDS`` clocks before.
    """

    def __init__(self) -> None:
        super().__init__({"value": In(HASH_BITS), "key": In(HASH_BITS), "hash": Out(HASH_BITS)})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        value = self.value
        for index in range(HASH_ROUNDS):
            mixed = Signal(HASH_BITS, name=f"mixed_{index}")
            m.d.comb += mixed.eq(
                value
                ^ value.rotate_left(HASH_ROTATIONS[0])
                ^ value.rotate_left(HASH_ROTATIONS[1])
                ^ self.key.rotate_left(HASH_KEY_ROTATION * index)
                ^ HASH_CONSTANT
            )
            value = Signal(HASH_BITS, name=f"round_{index}", reset_less=True)
            m.d.sync += value.eq(mixed + (mixed << HASH_SHIFT))
        m.d.comb += self.hash.eq(value)
        return m


class ErrorInjection(wiring.Component):
    """Takes the words of a sample, inverts those of their bits that are read wrong, and offers them.

    First comes the key of this read: the hash of its number under the hash of the seed. Then the words of all columns
    turn at once, a bit a clock, past the place where a bit is inverted if the hash of its cell is below the threshold.
    A turn later every bit is back in its place. Latency: :attr:`~hwgen.bayes.config.BayesConfig.injection_clocks`,
    whatever the rate; the words of the next sample are taken a clock after these have gone.

    Members: ``read``: the words as they are stored; ``bins``: the bin of each column that they are of; ``words``: to
    the engine; ``threshold``, ``seed``, ``frozen``: see :class:`~hwgen.bayes.device_errors.DeviceErrors`, to be changed
    while no words are here; ``restart``: the next read is number 0, as after a reset; ``occupied``: words are here.
    """

    def __init__(self, config: BayesConfig) -> None:
        self.config = config
        super().__init__(
            {
                "read": In(WordsSignature(config)),
                "bins": In(BIN_BITS).array(config.streams),
                "words": Out(WordsSignature(config)),
                "threshold": In(THRESHOLD_BITS),
                "seed": In(HASH_BITS),
                "frozen": In(1),
                "restart": In(1),
                "occupied": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        config = self.config
        word_bits = config.rows * config.likelihood_bits
        number = Signal(HASH_BITS)  # of the next read
        clock = Signal(range(word_bits + HASH_ROUNDS + 1))  # of the state
        take = Signal()
        turn = Signal()

        m.submodules.keys = keys = HashUnit()
        key = Signal(HASH_BITS, reset_less=True)
        m.d.comb += keys.key.eq(key)

        # The cell whose hash begins.
        bit = Signal(range(config.likelihood_bits))
        row = Signal(range(config.rows))
        last_bit = bit == config.likelihood_bits - 1
        m.d.sync += bit.eq(Mux(last_bit, 0, bit + 1))
        with m.If(last_bit):
            m.d.sync += row.eq(row + 1)

        for index in range(config.streams):
            held = Signal(word_layout(config), name=f"word_{index}", reset_less=True)
            place = Signal(range(max(config.stream_bins[index], 2)), name=f"bin_{index}", reset_less=True)
            flip = Signal(name=f"flip_{index}", reset_less=True)
            m.submodules[f"hash_{index}"] = unit = HashUnit()
            fields = ((bit, BIT_BITS), (row, ROW_BITS), (place, BIN_BITS), (index, COLUMN_BITS))
            at = 0
            for field, bits in fields:
                m.d.comb += unit.value[at:][:bits].eq(field)
                at += bits
            m.d.comb += [unit.key.eq(key), self.words.words[index].eq(held)]
            m.d.sync += flip.eq(unit.hash[-THRESHOLD_BITS:] < self.threshold)
            with m.If(take):
                m.d.sync += [held.eq(self.read.words[index]), place.eq(self.bins[index])]
            with m.Elif(turn):
                turned = held.as_value()
                m.d.sync += held.eq(Cat(turned[1:], turned[0] ^ flip))

        m.d.sync += clock.eq(clock + 1)
        with m.FSM(name="injection") as fsm:
            with m.State("IDLE"):
                m.d.comb += [self.read.ready.eq(1), take.eq(self.read.valid)]
                m.d.sync += [clock.eq(0), key.eq(0), self.words.invalid.eq(self.read.invalid)]
                with m.If(take):
                    m.next = "SEED"
            with m.State("SEED"):
                m.d.comb += keys.value.eq(self.seed)
                with m.If(clock == HASH_ROUNDS):
                    m.d.sync += [key.eq(keys.hash), clock.eq(0)]
                    m.next = "NUMBER"
            with m.State("NUMBER"):
                m.d.comb += keys.value.eq(Mux(self.frozen, 0, number))
                with m.If(clock == HASH_ROUNDS):
                    m.d.sync += [key.eq(keys.hash), number.eq(number + 1), clock.eq(0), bit.eq(0), row.eq(0)]
                    m.next = "TURN"
            with m.State("TURN"):
                m.d.comb += turn.eq(clock > HASH_ROUNDS)
                with m.If(clock == HASH_ROUNDS + word_bits):
                    m.next = "OFFER"
            with m.State("OFFER"):
                m.d.comb += self.words.valid.eq(1)
                with m.If(self.words.ready):
                    m.next = "IDLE"
        with m.If(self.restart):
            m.d.sync += number.eq(0)
        m.d.comb += self.occupied.eq(~fsm.ongoing("IDLE"))
        return m
