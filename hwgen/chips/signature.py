"""The pins of a chip, and what travels between the blocks that drive them."""

from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hwgen.chips.config import ChipConfig
from hwgen.chips.profile import ChipProfile
from hwgen.chips.registers import CYCLE_BITS
from hwgen.memristor.config import SUPPLIES
from hwgen.memristor.signature import lines_layout

CONTROLS = ("inference", "load_seed", "read_8", "load_mem", "read_out", "stoch_log")
"""What the controller asks of a chip beside lines and addresses, a bit each."""

SEED_BITS = 8


class ChipSignature(wiring.Signature):
    """Pins of a chip as its profile lists them, seen from the controller, and ``supply``, which is none of the chip's:
    one bit for each of :data:`~hwgen.memristor.config.SUPPLIES` that the bench is to switch on; none: that for reading.
    All outputs are registers, 0 is the inactive level of each but ``clk``.
    """

    def __init__(self, profile: ChipProfile) -> None:
        members = {pin.name: (In if pin.output else Out)(pin.width) for pin in profile.pins}
        super().__init__(members | {"supply": Out(len(SUPPLIES))})


def chip_lines(config: ChipConfig) -> data.StructLayout:
    """What the blocks want of the chip: the lines of its array, the controls, a seed."""
    lines = dict(lines_layout(config.profile.geometry).members)
    return data.StructLayout(lines | dict.fromkeys(CONTROLS, 1) | {"seeds": SEED_BITS})


def scores_layout(config: ChipConfig) -> data.ArrayLayout:
    """A count or a sum of each row."""
    return data.ArrayLayout(config.profile.geometry.word_bits, config.profile.rows)


def observations_layout(config: ChipConfig) -> data.ArrayLayout:
    """The address in its block of each column's likelihoods."""
    return data.ArrayLayout(config.profile.address_bits, config.profile.columns)


class InferencePort(wiring.Signature):
    """Asks the chip for decisions, seen from who asks: ``start`` with the other outputs in a clock in which ``ready``
    is 1; ``scores`` stand from the clock in which ``done`` is 1 until the next start. ``cycles``: 0 counts as 1."""

    def __init__(self, config: ChipConfig) -> None:
        super().__init__(
            {
                "start": Out(1),
                "observations": Out(observations_layout(config)),
                "logarithmic": Out(1),
                "seeds": Out(data.ArrayLayout(SEED_BITS, config.profile.columns)),
                "cycles": Out(CYCLE_BITS),
                "ready": In(1),
                "done": In(1),
                "scores": In(scores_layout(config)),
            }
        )


def sample_layout(config: ChipConfig) -> data.ArrayLayout:
    """Payload of ``x``: the observations, column 0 in the lowest bits; wide enough for one that is out of range."""
    return data.ArrayLayout(config.profile.address_bits + 1, config.profile.columns)


def result_layout(config: ChipConfig) -> data.StructLayout:
    """Payload of ``y``, ``decision`` in the lowest bits: the winning row, or the number of rows for a flagged sample;
    ``tie``: another row has the same score; ``invalid``: the sample was flagged, scores and cycles are 0; ``cycles``:
    stochastic cycles used (1 in logarithmic mode)."""
    return data.StructLayout(
        {
            "decision": config.profile.rows.bit_length(),
            "tie": 1,
            "invalid": 1,
            "cycles": CYCLE_BITS,
            "scores": scores_layout(config),
        }
    )
