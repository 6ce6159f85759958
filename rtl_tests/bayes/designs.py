"""Bayesian machines to test: random ones that combine every option with every other, and those of the benches."""

import math
from typing import Any, Literal

import numpy as np

from hwgen import registry
from hwgen.bayes.config import BayesConfig
from hwgen.bayes.table import LikelihoodTable
from hwgen.design import Design

Size = Literal["small", "rows", "columns", "rows and columns", "bins", "lanes"]
"""Small in every dimension, or at the limit of the one named (16 rows and columns where it is both)."""

BUDGET = 512
"""Bits of likelihoods that a small machine multiplies in one clock: they set how long Verilator and the compiler take,
a few seconds. Machines at a limit may have eight times as many."""


def random_config(rng: np.random.Generator, size: Size = "small") -> BayesConfig:
    """A machine drawn from all options, each of which combines with each other where that has a meaning."""
    stochastic = rng.random() < 0.75 or size == "lanes"
    generator_bits = int(rng.integers(3, 13))
    likelihood_bits = generator_bits
    if stochastic and rng.random() < 0.5:
        likelihood_bits = int(rng.integers(3, generator_bits + 1))
    values: dict[str, Any] = {
        "mode": "stochastic" if stochastic else "logarithmic",
        "likelihood_bits": likelihood_bits,
        **{key: bool(rng.random() < 0.5) for key in ("prior", "feedback", "initialised")},
    }
    columns = int(rng.integers(1, 7))
    rows = int(rng.integers(2, 9))
    match size:
        case "rows":
            rows, columns = 64, 2
        case "columns":
            rows, columns = 2, 64
        case "rows and columns":
            rows, columns = 16, 16
        case "lanes":
            rows, columns = 2, 2
    most_bins = 4096 if size == "bins" else 40
    # Few bins are as likely as many.
    bins = np.exp(rng.uniform(math.log(2), math.log(most_bins + 1), columns)).astype(int)
    if size == "bins":
        bins[-1] = most_bins
    values |= {"rows": rows, "bins": bins.tolist()}
    streams = columns + values["feedback"] + values["prior"]
    if stochastic:
        budget = BUDGET if size == "small" else 8 * BUDGET
        most_lanes = max(1, min(16, budget // (rows * streams * likelihood_bits)))
        values |= _stochastic(rng, generator_bits, most_lanes)
        if size == "lanes":
            values["lanes"] = 64
    else:
        values |= _logarithmic(rng, likelihood_bits, streams)
    if values.get("generator") == "lfsr" and rng.random() < 0.5:
        values["seeds"] = rng.integers(1, 1 << generator_bits, streams).tolist()
    return BayesConfig.parse(values)


def _stochastic(rng: np.random.Generator, generator_bits: int, most_lanes: int) -> dict[str, Any]:
    period = (1 << generator_bits) - 1
    cycles = int(np.exp(rng.uniform(0, math.log(min(period, 300) + 1))))
    if rng.random() < 1 / 8:
        cycles = period
    lanes = 1 << int(rng.integers(0, most_lanes.bit_length()))
    stop = str(rng.choice(["fixed", "first", "lead"]))
    values = {
        "generator": str(rng.choice(["lfsr", "sobol"])),
        "conversion": str(rng.choice(["weighted-binary", "comparator"])),
        "generator_bits": generator_bits,
        "cycles": cycles,
        "stop": stop,
        "lanes": lanes,
    }
    if stop == "lead":
        values["lead"] = int(rng.integers(1, min(cycles, 6) + 1))
    return values


def _logarithmic(rng: np.random.Generator, likelihood_bits: int, streams: int) -> dict[str, Any]:
    if rng.random() < 0.5:
        return {}  # never saturates
    full = likelihood_bits + math.ceil(math.log2(streams))
    return {"score_bits": int(rng.integers(likelihood_bits, full + 1))}


def random_table(config: BayesConfig, rng: np.random.Generator) -> LikelihoodTable:
    """Likelihoods that decide something: high ones in stochastic mode, where products of many columns are small, and
    in logarithmic mode a mean that makes narrow sums saturate now and then. A few are 0 or the largest."""
    largest = (1 << config.likelihood_bits) - 1
    exponent = 1 / config.streams if config.mode == "stochastic" else 1.0
    streams = []
    for bins in config.stream_bins:
        unit = rng.random((bins, config.rows)) ** exponent
        unit = np.where(rng.random(unit.shape) < 1 / 16, np.round(unit), unit)
        streams.append(np.floor(unit * largest + 0.5).astype(np.int64))
    return LikelihoodTable.for_config(config, streams)


def make_design(config: BayesConfig, table: LikelihoodTable | None, name: str = "machine") -> Design:
    """A design of ``config``; the Verilog holds ``table`` if ``config.initialised``."""
    return Design(name, registry.core("bayes", "test"), config, table)


BENCH_CONFIGS = {
    # 21 cycles in slots of 4: the last slot is not full.
    "fixed": {"mode": "stochastic", "rows": 3, "bins": [5, 3, 4], "likelihood_bits": 5, "cycles": 21, "lanes": 4},
    # Decisions follow each other while the surplus slots of the one before still pass.
    "first": {"mode": "stochastic", "rows": 3, "bins": [4, 5], "likelihood_bits": 6, "stop": "first", "lanes": 2},
    # Everything at once: stop rule, feedback, prior, and a memory that is loaded over the bus.
    "filter": {
        "mode": "stochastic",
        "rows": 5,
        "bins": [6, 7],
        "likelihood_bits": 6,
        "prior": True,
        "feedback": True,
        "initialised": False,
        "generator": "sobol",
        "conversion": "comparator",
        "cycles": 40,
        "stop": "lead",
        "lead": 2,
        "lanes": 2,
    },
    # Sums that saturate.
    "logarithmic": {"mode": "logarithmic", "rows": 4, "bins": [6, 3, 9], "likelihood_bits": 8, "score_bits": 8},
}
"""Machines that between them have every block; the cocotb benches run on them."""


def bench_design(name: str) -> Design:
    """The design of ``BENCH_CONFIGS[name]``, with a table that is always the same."""
    config = BayesConfig.parse(BENCH_CONFIGS[name])
    return make_design(config, random_table(config, np.random.default_rng(1)), f"bayes_{name}")
