"""What the controller needs of an FPGA."""

from hwgen.chips.config import ChipConfig
from hwgen.memristor.registers import WEAR_BITS
from hwgen.resources import Memory, Needs


def needs(config: ChipConfig) -> Needs:
    """Memories and clocks; the logic is not estimated: it is small beside any FPGA that has the pins."""
    geometry = config.profile.geometry
    clocks = max(config.steps(mode) for mode in config.profile.modes) * config.divider
    return Needs(
        memories=(
            Memory(
                name="array.ledger.memory",
                words=1 << geometry.address_bits,
                lanes=1,
                lane_bits=geometry.word_bits + WEAR_BITS,
                exclusive=False,
            ),
        ),
        blocks=(),
        cycles_per_sample=clocks + 2 * config.divider,
        latency=clocks + 4,
        reads_per_sample=0,
        memory_parameters="chip",
        empty_parameters="",
        logic_parameters="chip",
        start_clocks=config.array_config.programming_clocks.supply * config.divider,
    )
