"""What the Forward-Forward machine takes of an FPGA and how fast it is, from its parameters alone.

Memories and multipliers follow from the structure, and so do the most clocks of a sample. Look-up tables and flip-flops
are counted block by block; the factors are fitted to synthesis results for ECP5.
"""

from hwgen.bus.counter_memory import WORD_BITS, WORDS
from hwgen.crossbar.sample import SampleFormat
from hwgen.crossbar.words import fill_clocks
from hwgen.ff.config import FFConfig
from hwgen.ff.counters import counter_names
from hwgen.ff.layout import check_hardware, readout_array, stage_of
from hwgen.ff.lists import output_format, output_readers, sample_format, sample_readers
from hwgen.ff.most_clocks import MostClocks
from hwgen.ff.plan import ArrayPlan, output_lists, sample_lists
from hwgen.ff.stage import Stage
from hwgen.resources import Block, Memory, Needs

OVERHEAD = 40
"""Clocks until the memories are filled, beside the filling."""


def needs(config: FFConfig) -> Needs:
    """What a machine with these parameters takes, and how fast it is at least. Raises
    :class:`~hwgen.errors.DesignError` for sequences of too many steps and for too large a goodness in learning."""
    check_hardware(config)
    stage = stage_of(config)
    most = MostClocks(stage)
    load = config.inputs + config.steps  # clocks in which a sample comes in
    arrays = [stage.plan] if config.supervised else [stage.plan, readout_array(config)]
    return Needs(
        memories=tuple(_memories(stage)),
        blocks=tuple(_blocks(stage)),
        cycles_per_sample=max(load, most.sample),
        latency=load + most.sample,
        reads_per_sample=most.reads,
        start_clocks=max(fill_clocks(plan.matrices, plan.lanes) for plan in arrays) + OVERHEAD,
        memory_parameters="lower ff.layers" + (" or ff.master_bits" if config.master_bits > 8 else ""),
        empty_parameters="leave out source.weights",
        logic_parameters="lower ff.lanes",
        multipliers=_multipliers(stage),
    )


def _memories(stage: Stage) -> list[Memory]:
    config, units = stage.config, stage.units

    def memory(name: str, words: int, bits: int, exclusive: bool = False, table: bool = False) -> Memory:
        return Memory(name, max(2, words), 1, bits, initialised=table, constant=table, exclusive=exclusive)

    def weights(name: str, plan: ArrayPlan) -> list[Memory]:
        # Only what learns is read while it is written.
        exclusive = plan.ports == 1 or not config.learning
        words = plan.word_format
        return [
            memory(
                f"{name}.memory.memory_{number}{bank}.words.words",
                len(places),
                len(lanes) * plan.master_bits,
                exclusive,
            )
            for number, lanes in enumerate(words.regions)
            for bank, places in words.banks(plan.ports).items()
        ]

    def listed(name: str, banks: int, sample: SampleFormat, readers: int) -> list[Memory]:
        words, bits = banks * sample.stride(banks), sum(sample.entry_fields.values())
        return [memory(f"{name}.{prefix}memory", words, bits) for prefix in ("", "other_")[:readers]]

    def kept(name: str, bits: int, banks: int) -> Memory:
        return memory(f"{name}.words", banks << (sum(units.beats) - 1).bit_length(), units.unit_lanes * bits)

    lists = "lists.steps" if config.recurrent else "lists"
    memories = [
        *weights("weights", stage.plan),
        memory("statistics.memory.totals.words", WORDS * len(counter_names(config)), WORD_BITS),
        *listed(lists, sample_lists(config), sample_format(config), sample_readers(config)),
    ]
    if config.recurrent and config.learning:
        memories.append(memory("network.control.counts.words", config.steps, config.layers[0].bit_length()))
    if not config.supervised:
        readout = readout_array(config)
        memories += weights("readout_weights", readout)
        if config.readout == "softmax":
            bits = readout.sum_bits - config.readout_shift
            memories.append(memory("network.readout.softmax.memory", config.classes, bits))
    if stage.gives:
        bits = units.activation_bits if config.supervised else units.scaled_bits
        memories.append(kept("network.units.memory.memory", bits, stage.banks))
        given = output_format(config, units.unit_lanes)
        memories += listed("network.outputs", output_lists(config), given, output_readers(config))
    if config.learning:
        memories.append(kept("network.units.activations.memory", units.activation_bits, stage.step_banks))
    if config.supervised:
        banks = (stage.banks - 1).bit_length()
        memories.append(memory("network.decision.memory.words", config.depth << banks, units.goodness_bits))
    if stage.plan.frame is not None:
        bits = 4 * stage.plan.frame.most.bit_length()
        memories.append(memory("network.array.view.margins", config.inputs, bits, exclusive=True, table=True))
    return memories


def _multipliers(stage: Stage) -> int:
    """One for each lane, or two where lists are merged, and behind the lanes for squares, outputs and steps; one for
    each class of a read-out."""
    behind = stage.units.unit_lanes * (1 + stage.gives + stage.learning)
    return (
        stage.plan.lanes * (1 + stage.plan.merges) + behind + (0 if stage.config.supervised else stage.config.classes)
    )


def _blocks(stage: Stage) -> list[Block]:
    config = stage.config
    blocks = [_bus(config), _statistics(config), _lists(config), _window(stage.plan), _lanes(stage)]
    blocks += [_activation(stage), _control(config)]
    if stage.gives:
        blocks += [_outputs(stage), _normaliser(stage)]
    if config.learning:
        blocks.append(_steps(stage))
    return blocks if config.supervised else [*blocks, *_readout(config)]


def _bus(config: FFConfig) -> Block:
    """Registers and generators."""
    engines = config.engines if config.learning else 0
    return Block("bank", luts=300 + 45 * engines, ffs=200 + 35 * engines)


def _statistics(config: FFConfig) -> Block:
    count = len(counter_names(config))
    return Block("statistics", luts=31 * count, ffs=22 * count)


def _lists(config: FFConfig) -> Block:
    """The scanner: one beat of pixels, of which the active ones are found; and the length of each step's list."""
    sample = sample_format(config)
    pixels, index = sample.pixels_per_beat, sample.index_bits
    luts, ffs = 5 * pixels + 1.5 * sample.beat_bits + 11 * index, 3 * sample.beat_bits + 12 * index
    if config.recurrent:
        counts = sample_lists(config) * config.layers[0].bit_length()
        luts, ffs = luts + counts, ffs + counts
    return Block("lists", luts=luts, ffs=ffs)


def _window(plan: ArrayPlan) -> Block:
    """The bus's way to single weights, and what fills the memory."""
    return Block("weights", luts=180 + 0.75 * plan.word_format.word_bits, ffs=230)


def _lanes(stage: Stage) -> Block:
    """Lanes: their sum, the chain, and the weight that learns."""
    config, plan = stage.config, stage.plan
    chain, operand = plan.chain_bits, plan.operand_bits
    luts, ffs = 4.0 * plan.sum_bits, chain + plan.sum_bits * (1 + _saves(config)) + plan.master_bits
    if not config.learning:
        width = plan.mac_bits + operand[1]
        return Block("network.array", luts=plan.lanes * luts, ffs=200 + plan.lanes * (ffs + plan.mac_bits + width))
    luts += 6 * plan.master_bits + 8
    ffs += 2 * operand[0] + operand[1] + 3 * plan.master_bits
    more = 60 * (config.depth - 1)
    if plan.merges:
        # The other product's operands and its sum; the heads of both lists.
        luts += operand[1] + plan.other_bits
        ffs += 2 * plan.other_bits + 2 * operand[1]
        more += 12 * (plan.word_format.depth.bit_length() + plan.value_bits)
    return Block("network.array", luts=200 + more + plan.lanes * luts, ffs=200 + more + plan.lanes * ffs)


def _saves(config: FFConfig) -> bool:
    """Whether a lane keeps a sum for later ones: that over an image, a view, or a step."""
    return config.supervised or (config.learning and (config.view_shift > 0 or config.recurrent))


def _activation(stage: Stage) -> Block:
    """From sums to activations, and the goodness of each pass."""
    lanes, bits = stage.units.unit_lanes, stage.units.goodness_bits
    luts = (45 if stage.config.supervised else 57) * lanes
    return Block("network.units.activation", luts=luts + 2 * bits * stage.banks, ffs=88 * lanes + bits * stage.banks)


def _outputs(stage: Stage) -> Block:
    """Lists of what layers give."""
    lanes, index = stage.units.unit_lanes, output_format(stage.config, stage.units.unit_lanes).index_bits
    return Block("network.outputs", luts=50 + 15 * lanes + 11 * index, ffs=60 + 20 * lanes)


def _normaliser(stage: Stage) -> Block:
    lanes = stage.units.unit_lanes
    if stage.config.supervised:
        return Block("network.units.normaliser", luts=175 + 62 * lanes, ffs=160 + 60 * lanes)
    return Block("network.units.normaliser", luts=280 + 107 * lanes, ffs=170 + 120 * lanes)


def _steps(stage: Stage) -> Block:
    """Modulator, and what an update multiplies with its inputs."""
    lanes = stage.units.unit_lanes
    return Block("network.units.steps", luts=60 + 50 * lanes, ffs=140 + 60 * lanes)


def _control(config: FFConfig) -> Block:
    """The course of a sample, and who tells the lanes what to do."""
    if not config.learning:
        return Block("network.control", luts=220 if config.supervised else 370, ffs=280)
    if config.supervised:
        return Block("network.control", luts=600 + 60 * config.depth, ffs=470 + 130 * config.depth)
    return Block("network.control", luts=420 + 90 * config.depth, ffs=330 + 90 * config.depth)


def _readout(config: FFConfig) -> list[Block]:
    """A lane for each class, its window, and what decides."""
    plan = readout_array(config)
    words, learning = plan.word_format, config.learning
    luts = 280 + plan.lanes * (4.0 * plan.sum_bits + (2.5 * plan.master_bits if learning else 0))
    ffs = plan.lanes * (2 * plan.sum_bits + 6 * plan.master_bits + plan.value_bits)
    deciding = 75 if not learning else 160 if config.readout == "hinge" else 260
    return [
        Block("network.readout_array", luts=luts, ffs=ffs + 150 * learning),
        Block("readout_weights", luts=100 + 0.7 * words.word_bits, ffs=157),
        Block("network.readout", luts=deciding, ffs=0.8 * deciding),
    ]
