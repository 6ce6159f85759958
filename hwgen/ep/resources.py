"""What the equilibrium-propagation machine takes of an FPGA and how fast it is, from its parameters alone.

Memories follow from the structure, and so do the most clocks of a sample. Look-up tables and flip-flops are counted
block by block; the factors are fitted to synthesis results for ECP5.
"""

import math

from hwgen.bus.counter_memory import WORD_BITS, WORDS
from hwgen.crossbar.words import fill_clocks
from hwgen.ep.config import EPConfig
from hwgen.ep.plan import BANKS, EPPlan
from hwgen.ep.registers import counter_names
from hwgen.resources import Block, Memory, Needs

OVERHEAD = 40
"""Clocks of a sample beside its rows, sweeps and steps, at most."""


def needs(config: EPConfig) -> Needs:
    """What a machine with these parameters takes, and how fast it is at least."""
    plan = EPPlan(config)
    drive = plan.groups[0] * (1 + config.inputs)
    phases = config.free_steps * plan.step_clocks + plan.decision_delay
    learn = 0
    if config.learning:
        nudged = 2 if config.nudging == "symmetric" else 1
        phases += nudged * (config.nudged_steps * plan.step_clocks + plan.decision_delay) + len(plan.slots)
        # Each row, each synapse of an active input, and the next sample's drive again.
        words = plan.sign_words + plan.groups[0] * config.inputs
        learn = (3 - config.memory_ports) * words + len(plan.slots) + plan.groups[0] * OVERHEAD + drive
    cycles = max(drive, phases) + learn + OVERHEAD
    sweeps = 3 if config.learning else 1
    return Needs(
        memories=tuple(_memories(config, plan)),
        blocks=tuple(_blocks(config, plan)),
        cycles_per_sample=cycles,
        latency=config.inputs + drive + cycles,
        reads_per_sample=sweeps * plan.groups[0] * config.inputs + (plan.sign_words if config.learning else 0),
        start_clocks=fill_clocks(plan.matrices, config.lanes) + OVERHEAD,
        memory_parameters="lower ep.layers" + (" or ep.counter_bits" if config.learning else ""),
        empty_parameters="leave out source.weights",
        logic_parameters="lower ep.lanes",
    )


def _memories(config: EPConfig, plan: EPPlan) -> list[Memory]:
    slots = len(plan.slots)

    def memory(name: str, words: int, bits: int, exclusive: bool = False) -> Memory:
        return Memory(name, max(2, words), lanes=1, lane_bits=bits, initialised=False, exclusive=exclusive)

    # Only what learns is read while it is written.
    one_port = config.memory_ports == 1 or not config.learning
    memories = [
        *(
            memory(
                f"synapses.memory.memory_{number}{bank}.words.words",
                len(places),
                len(lanes) * config.synapse_bits,
                exclusive=one_port,
            )
            for number, lanes in enumerate(plan.word_format.regions)
            for bank, places in plan.word_format.banks(config.memory_ports).items()
        ),
        memory("statistics.memory.totals.words", WORDS * len(counter_names(config)), WORD_BITS),
        memory("lists.memory", BANKS * plan.sample_format.stride(BANKS), sum(plan.sample_format.entry_fields.values())),
    ]
    if not plan.parallel:
        memories += [
            memory(f"network.array.signs.memory_{number}", plan.sign_words, len(lanes))
            for number, lanes in enumerate(plan.word_format.regions)
            for bank, places in plan.word_format.banks(config.memory_ports).items()
        ]
    if slots > 1:
        drive_bits = config.lanes * plan.drive_bits()
        halves = 2 << (plan.groups[0] - 1).bit_length()
        memories += [
            memory("network.array.slots.states", slots, config.lanes * max(config.state_bits[:-1])),
            memory("network.array.slots.drives", halves, drive_bits),
        ]
        if config.learning:
            memories.append(memory("network.array.slots.keeps", slots, config.lanes))
        if len(config.hidden) > 1:
            memories.append(memory("network.array.slots.sums", slots, drive_bits))
    if len(config.hidden) > 1:
        memories.append(memory("network.array.hidden.activities", slots, config.lanes))
        memories.append(memory("network.array.hidden.keeps", slots, config.lanes))
    if max(plan.groups) > 1:
        memories.append(memory("network.array.sums", max(config.layers[2:]), max(config.hidden).bit_length() + 1))
    return memories


def _blocks(config: EPConfig, plan: EPPlan) -> list[Block]:
    return [
        _bus(config),
        _lists(config, plan),
        _lanes(config, plan),
        _trees(config, plan),
        _outputs(config),
        _control(config, plan),
        _window(config),
    ]


def _bus(config: EPConfig) -> Block:
    """Registers and counters, the statistics' included."""
    return Block("bank", luts=620 if config.learning else 450, ffs=480 if config.learning else 370)


def _lists(config: EPConfig, plan: EPPlan) -> Block:
    """The scanner: one beat of pixels, of which the active ones are found."""
    pixels = config.stream_bits // config.pixel_bits
    index = plan.sample_format.index_bits
    return Block(
        "lists", luts=6 * pixels + 2 * config.stream_bits + 14 * index, ffs=3 * config.stream_bits + 18 * index
    )


def _lanes(config: EPConfig, plan: EPPlan) -> Block:
    """Neurons: their drive, feedback, state, and the synapse that learns."""
    state, drive = max(config.state_bits[:-1]), plan.drive_bits()
    feedback = max(size << shift for size, shift in zip(config.layers[2:], config.feedback_shift, strict=True))
    sum_bits = max(drive, feedback.bit_length() + 1) + 1
    luts = 3 * drive + 2.5 * sum_bits + 4 * state
    ffs = 2 * drive + feedback.bit_length() + state + config.synapse_bits + 5
    if config.learning:
        luts += 5 * (config.synapse_bits - 1) + 8
        ffs += 3 + (config.synapse_bits + 3 if plan.learning_stages > 1 else 0)
    if len(plan.slots) > 1:
        luts += 2 * (drive + state)
    return Block("network.array.lanes", luts=1.1 * config.lanes * luts, ffs=config.lanes * ffs)


def _trees(config: EPConfig, plan: EPPlan) -> Block:
    """The sums over the lanes; of all rows at once, also their signs."""
    rows = plan.rows_at_once
    signs = rows * config.lanes if plan.parallel else 0
    return Block("network.array.tree", luts=2.6 * rows * config.lanes + signs, ffs=0.5 * rows * config.lanes + signs)


def _outputs(config: EPConfig) -> Block:
    """States of the output neurons, and the way to one of them."""
    bits = config.state_bits[-1]
    selection = 2 / 3 * bits * config.outputs
    result = config.outputs * bits + config.class_bits + 60
    return Block(
        "network.outputs",
        luts=2 * selection + 4 * config.outputs + 16 * bits + 60,
        ffs=config.outputs * (bits + 1) + 3 * result,
    )


def _control(config: EPConfig, plan: EPPlan) -> Block:
    """Schedule, sweeps and the order of phases: counters over rows, inputs, slots and steps."""
    bits = math.ceil(math.log2(plan.words)) + math.ceil(math.log2(config.inputs + 1)) + 8 * len(plan.slots).bit_length()
    return Block("network.control", luts=10 * bits + 100, ffs=6 * bits + 150)


def _window(config: EPConfig) -> Block:
    """The bus's way to single synapses: a selection of the word."""
    bits = config.lanes * config.synapse_bits
    return Block("synapses.memory", luts=0.7 * bits + 120, ffs=bits + 32 * math.ceil(math.sqrt(bits / 32)) + 120)
