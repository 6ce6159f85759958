"""What the Bayesian machine takes of an FPGA, from its parameters alone.

Memories and flip-flops follow from the structure. Look-up tables are counted block by block as synthesis maps them onto
four inputs; the factors are fitted to recorded synthesis results (``docs/results/boards.json``).
"""

import math

from hwgen.bayes.config import BayesConfig
from hwgen.bayes.device_errors import HASH_BITS, HASH_ROUNDS
from hwgen.memristor.config import ArrayConfig
from hwgen.memristor.registers import WEAR_BITS
from hwgen.resources import Block, Memory, Needs


def needs(config: BayesConfig) -> Needs:
    """What a machine with these parameters takes, and how fast it is."""
    engine = _stochastic(config) if config.mode == "stochastic" else _logarithmic(config)
    lanes = "" if config.mode == "logarithmic" or config.lanes == 1 else ", bayes.lanes"
    match config.memory:
        case "bram":
            memory: tuple[Block, ...] = (_memory(config),)
        case "array":
            memory = _array(config.array_config, config)
        case "emulated":
            memory = (_memory(config), _injection(config))
    return Needs(
        memories=_memories(config),
        blocks=(_bus(config), *memory, *engine, _decide(config), _result(config)),
        cycles_per_sample=max(config.slots, config.interval),
        latency=config.latency + config.slots,
        reads_per_sample=1,
        memory_parameters="lower bayes.bins, bayes.rows, bayes.likelihood_bits or the number of columns",
        empty_parameters="set bayes.initialised = false and load the likelihoods over the bus",
        start_clocks=config.array_config.programming_clocks.supply + 1 if config.memory == "array" else 0,
        logic_parameters=f"lower bayes.rows, the number of columns, bayes.likelihood_bits{lanes}",
    )


def _memories(config: BayesConfig) -> tuple[Memory, ...]:
    """The likelihoods, or what is remembered of the words of an array."""
    if config.memory == "array":
        geometry = config.array_config.geometry
        entry = geometry.word_bits + WEAR_BITS
        return (
            Memory("array.ledger.memory", words=1 << geometry.address_bits, lanes=1, lane_bits=entry, constant=True),
        )
    return tuple(
        Memory(
            f"memory.column_{index}",
            words=max(bins, 2),
            lanes=1,  # a bus write puts back the whole word
            lane_bits=config.rows * config.likelihood_bits,
            initialised=config.initialised,
        )
        for index, bins in enumerate(config.stream_bins)
    )


def _injection(config: BayesConfig) -> Block:
    """Errors of emulated devices: a hash unit for the keys and one for each column, and the words that turn."""
    hashes, places = config.streams + 1, _address_bits(config)
    return Block(
        "injection",
        luts=57 * HASH_ROUNDS * hashes + 24 * config.streams + _word_bits(config) + 110,
        ffs=HASH_ROUNDS * HASH_BITS * hashes + config.streams + _word_bits(config) + places + 90,
    )


def _array(array: ArrayConfig, config: BayesConfig) -> tuple[Block, ...]:
    """What reads an array, and what programs it."""
    width, row = array.geometry.word_bits, config.rows * config.likelihood_bits
    bins = config.streams * max(config.stream_bins).bit_length()
    return (
        Block("memory", luts=40 + 1.2 * row + 8 * config.streams, ffs=_word_bits(config) + bins + 6),
        Block(
            "array",
            luts=280 + 49 * width + 1.1 * array.data_bits,
            ffs=67 + 24 * width + 6 * array.geometry.address_bits + array.data_bits,
        ),
    )


def _selection(ways: int) -> float:
    """Look-up tables of a multiplexer, for each bit: two for every four inputs."""
    return 2 / 3 * (ways - 1)


def _levels(count: int) -> list[int]:
    """Registers on each level of a tree over ``count`` inputs."""
    levels = []
    while count > 1:
        count = math.ceil(count / 2)
        levels.append(count)
    return levels


def _word_bits(config: BayesConfig) -> int:
    """Bits that one sample reads."""
    return config.streams * config.rows * config.likelihood_bits


def _address_bits(config: BayesConfig) -> int:
    return sum(max((bins - 1).bit_length(), 1) for bins in config.stream_bins)


def _bus(config: BayesConfig) -> Block:
    """Registers, counters and bus answers, which hardly depend on the parameters."""
    luts, ffs = {"bram": (540, 410), "array": (600, 560), "emulated": (600, 470)}[config.memory]
    return Block("bank", luts=luts, ffs=ffs)


def _memory(config: BayesConfig) -> Block:
    """Addresses, the registers behind the memories, and the bus's way to single elements: in each column, then among
    the columns."""
    bits, word = config.likelihood_bits, config.rows * config.likelihood_bits
    addresses = _address_bits(config)
    picked = config.streams * bits
    luts = (
        2 * addresses
        + config.streams * (config.rows + 4)
        + picked * _selection(config.rows)
        + bits * (_selection(config.streams) + _selection(config.rows))
        + 60
    )
    return Block("memory", luts, _word_bits(config) + 2 * addresses + word + picked + bits + 16)


def _logarithmic(config: BayesConfig) -> tuple[Block, ...]:
    """Adder trees, one a row."""
    bits = [count * (config.likelihood_bits + level + 1) for level, count in enumerate(_levels(config.streams))]
    adders = config.rows * sum(bits)
    return (Block("engine", adders, adders + 2 * len(bits)),)


def _stochastic(config: BayesConfig) -> tuple[Block, ...]:
    """Generators, the conversion of numbers into bits, their products, and the counters."""
    width = config.generator_bits
    numbers = config.lanes * config.streams
    kept = config.likelihood_bits if config.conversion == "weighted-binary" else width
    convert = config.likelihood_bits * 0.65 if config.conversion == "weighted-binary" else width
    select = config.likelihood_bits if config.conversion == "weighted-binary" else 0
    judged = config.lanes if config.stop != "fixed" else 1
    score = config.result_score_bits
    generator_ffs = width * (config.streams if config.generator == "lfsr" else 1)
    generators = numbers * width * (1.1 if config.generator == "lfsr" else 2)
    products = config.lanes * config.rows * (config.streams * (convert + 0.33))
    counts = judged * config.rows * (score + 2 + config.lanes / 2)
    judge = 0.0 if config.stop == "fixed" else judged * config.rows * score * 1.5
    luts = numbers * select * 0.6 + products + counts + judge + 30
    ffs = _word_bits(config) + numbers * kept + config.rows * config.lanes + judged * config.rows * score + 40
    return (Block("engine", luts, ffs), Block("engine.generators", generators, generator_ffs))


def _decide(config: BayesConfig) -> Block:
    """The comparison tree, and what is carried beside it."""
    score = config.result_score_bits
    index = max((config.rows - 1).bit_length(), 1)
    levels = _levels(config.rows)
    beside = 2 + config.cycle_bits + config.rows * score
    winners = sum(levels)
    return Block(
        "decide",
        luts=winners * (2 * score + index + 2) + config.rows * score * 0.3,
        ffs=winners * (score + index + 1) + len(levels) * beside,
    )


def _result(config: BayesConfig) -> Block:
    """Two registers for the result."""
    bits = config.class_bits + 2 + config.cycle_bits + config.rows * config.result_score_bits
    return Block("result", luts=bits + 4, ffs=2 * bits + 2)
