"""The golden model against a model that computes one neuron and one synapse at a time, and against what it promises."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.ep.config import EPConfig
from hwgen.ep.plan import EPPlan
from hwgen.ep.result import FIELDS, EPResult
from hwgen.ep.weights import EPWeights
from hwgen.errors import HwgenError
from hwgen.samples import Samples, check_samples
from rtl_tests.ep.digits import train_and_test
from rtl_tests.ep.reference import Reference, advanced, random_config, random_samples, random_weights
from sim.golden import lfsr
from sim.golden.crossbar import active_entries, next_random
from sim.golden.ep import EPModel, Trace


def answers(result: EPResult) -> list[dict[str, Any]]:
    """What the slow model returns, sample by sample."""
    names = {"predictions": "prediction"}
    return [
        {names.get(name, name): getattr(result, name)[index].tolist() for name in FIELDS}
        for index in range(len(result))
    ]


def checked(config: EPConfig, samples: Any, labels: Any) -> Samples:
    return check_samples(config, samples, labels)


def compare_with_reference(config: EPConfig, rng: np.random.Generator, weights: EPWeights, count: int) -> EPResult:
    model, reference = EPModel(config, weights), Reference(config, weights)
    samples, labels, learn = random_samples(config, rng, count)
    learn &= config.learning
    result = model.run(samples, labels, learn)
    expected = [
        reference.run(*sample) for sample in zip(samples.tolist(), labels.tolist(), learn.tolist(), strict=True)
    ]
    assert answers(result) == expected
    assert model.dump() == reference.weights()
    return result


@given(seed=st.integers(0, 2**32 - 1))
def test_every_bit_is_that_of_the_slow_model(seed: int) -> None:
    rng = np.random.default_rng(seed)
    config = random_config(rng)
    compare_with_reference(config, rng, random_weights(config, rng), 12)


def test_the_random_machines_do_everything() -> None:
    """What the comparison above compares does happen."""
    seen = {"flip": 0, "early": 0, "late": 0, "no change": 0, "change": 0, "deep": 0}
    for seed in range(40):
        rng = np.random.default_rng(seed)
        config = random_config(rng)
        result = compare_with_reference(config, rng, random_weights(config, rng), 12)
        seen["flip"] += (result.flips > 0).sum()
        seen["early"] += (result.free_steps < config.free_steps).sum()
        seen["late"] += (result.free_steps == config.free_steps).sum()
        seen["no change"] += (result.changed == 0).sum()
        seen["change"] += (result.changed > 0).sum()
        seen["deep"] += len(config.hidden) > 1
    assert all(count >= 10 for count in seen.values()), seen


@pytest.mark.parametrize("bits", range(2, 16))
def test_counters_saturate_and_flip_at_every_width(bits: int) -> None:
    # Two inputs that never change, one hidden neuron that the target switches: every sample counts.
    most = (1 << bits - 1) - 1
    for threshold in {1, most, most + 1}:
        config = EPConfig.parse(
            {"layers": [3, 4, 2], "counter_bits": bits, "threshold": threshold, "state_bits": [4, 4], "seed": bits}
        )
        rng = np.random.default_rng(bits)
        shapes = config.weight_shapes
        for agreements in ([np.full(shape, 1 - threshold) for shape in shapes], [np.full(s, most) for s in shapes]):
            signs = [rng.choice([-1, 1], shape) for shape in shapes]
            weights = EPWeights.for_config(config, signs, agreements)
            compare_with_reference(config, rng, weights, 20)


def test_a_counter_goes_up_to_its_limit_and_down_to_the_flip() -> None:
    # By hand: one input, one hidden neuron, two outputs. W_0 = +1, W_1 = (+1, -1): for label 0 the hidden neuron is on
    # when nudged towards the target and off when nudged away.
    config = EPConfig.parse(
        {"layers": [1, 1, 2], "counter_bits": 3, "threshold": 3, "state_bits": [2, 3], "feedback_shift": 3}
    )
    model = EPModel(config, EPWeights.for_config(config, [[[1]], [[1], [-1]]]))
    agreement = []
    for _ in range(6):
        result = model.train([[1]], [0])
        agreement.append(int(model.dump().agreements[0][0, 0]))
    assert agreement == [1, 2, 3, 3, 3, 3]
    assert not result.flips.any()

    model.load(EPWeights.for_config(config, [[[-1]], [[1], [-1]]], [[[3]], [[0], [0]]]))
    agreement, signs = [], []
    for _ in range(7):
        model.train([[1]], [0])
        agreement.append(int(model.dump().agreements[0][0, 0]))
        signs.append(int(model.dump().signs[0][0, 0]))
    assert agreement == [2, 1, 0, -1, -2, 3, 3]
    assert signs == [-1] * 5 + [1, 1]


@given(seed=st.integers(0, 2**32 - 1))
def test_lanes_and_stream_width_change_no_bit(seed: int) -> None:
    rng = np.random.default_rng(seed)
    drawn = random_config(rng)
    weights = random_weights(drawn, rng)
    samples, labels, learn = random_samples(drawn, rng, 12)
    results, ends = [], []
    for lanes, stream_bits in ((drawn.lanes, drawn.stream_bits), (1, 64)):
        config = EPConfig.parse(drawn.parameters() | {"lanes": lanes, "stream_bits": stream_bits})
        model = EPModel(config, weights)
        results.append(model.run(samples, labels, learn))
        ends.append(model.dump())
    assert not results[0].differences(results[1]).any()
    assert ends[0] == ends[1]


@given(seed=st.integers(0, 2**32 - 1))
def test_more_steps_than_a_phase_needs_change_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    drawn = random_config(rng, free_steps=100, nudged_steps=100)
    weights = random_weights(drawn, rng)
    samples, labels, _ = random_samples(drawn, rng, 12)
    for sample, label in zip(samples, labels, strict=True):
        long, again = EPModel(drawn, weights), EPModel(drawn, weights)
        trace = long.trace(checked(drawn, [sample], [label]))
        used = {
            "free_steps": int(trace["free_steps"][0]),
            "nudged_steps": int(max(trace["negative_steps"][0], trace["positive_steps"][0])),
        }
        if max(used.values()) == 100:
            continue  # a cycle: every step counts
        short = EPModel(EPConfig.parse(drawn.parameters() | used), weights)
        assert not short.train([sample], [label]).differences(again.train([sample], [label])).any()
        assert short.dump() == long.dump()


def test_samples_that_are_not_learnt_from_change_nothing_and_relax_once() -> None:
    rng = np.random.default_rng(3)
    config = random_config(rng, nudging="random-sign")
    weights = random_weights(config, rng)
    samples, labels, _ = random_samples(config, rng, 30)
    learn = np.arange(30) % 3 == 0
    mixed, apart = EPModel(config, weights), EPModel(config, weights)
    result = mixed.run(samples, labels, learn)
    assert not result.nudged_steps[~learn].any()
    # One nudged phase each, and every sign occurs.
    assert ((result.negative_steps[learn] > 0) != (result.positive_steps[learn] > 0)).all()
    assert result.negative_steps.any() and result.positive_steps.any()
    assert not result.changed[~learn].any() and not result.flips[~learn].any()
    apart.train(samples[learn], labels[learn])
    assert mixed.dump() == apart.dump()
    before = mixed.dump()
    inferred = mixed.infer(samples)
    assert mixed.dump() == before
    assert not inferred.differences(mixed.run(samples, labels, np.zeros(30, bool))).any()


def test_the_generator_draws_the_initial_signs_in_memory_order() -> None:
    config = EPConfig.parse({"layers": [5, 4, 2, 3], "seed": 0xC0FFEE})
    weights = EPModel(config).dump()
    bits = iter((lfsr.sequence(32, 0xC0FFEE, config.synapses) & 1).tolist())
    expected = [np.zeros(shape, np.int64) for shape in config.weight_shapes]
    for k in range(5):
        for j in range(4):
            expected[0][j, k] = next(bits)
    for layer in (1, 2):
        for i in range(config.layers[layer + 1]):
            for j in range(config.layers[layer]):
                expected[layer][i, j] = next(bits)
    assert weights == EPWeights.for_config(config, [2 * signs - 1 for signs in expected])
    assert weights.random == 0xC0FFEE


def test_the_generator_is_the_hardware_s() -> None:
    state = 1
    for expected in lfsr.sequence(32, 1, 1000).tolist():
        assert state == expected
        assert next_random(state) == advanced(state)
        state = next_random(state)


def test_initialising_starts_anew() -> None:
    rng = np.random.default_rng(5)
    config = random_config(rng, nudging="random-sign")
    model = EPModel(config)
    fresh = model.dump()
    samples, labels, _ = random_samples(config, rng, 50)
    model.train(samples, labels)
    assert model.dump().random != fresh.random
    model.initialise()
    assert model.dump() == fresh
    model.initialise(config.seed % 1000 + 1)
    assert model.dump() == EPModel(EPConfig.parse(config.parameters() | {"seed": config.seed % 1000 + 1})).dump()
    for seed in (0, 1 << 32):
        with pytest.raises(HwgenError, match=f"seed must lie between 1 and 4294967295, not {seed}"):
            model.initialise(seed)


def test_random_signs_are_those_of_the_generator_one_a_learnt_sample() -> None:
    config = EPConfig.parse({"layers": [6, 4, 2], "nudging": "random-sign", "seed": 77})
    samples, labels = np.random.default_rng(0).integers(0, 2, (40, 6)), np.arange(40) % 2
    model = EPModel(config)
    whole: Trace = model.trace(checked(config, samples, labels))
    signs = lfsr.sequence(32, 77, 41) & 1
    assert ((whole["positive_steps"] > 0) == (signs[:40] == 1)).all()
    assert ((whole["negative_steps"] > 0) == (signs[:40] == 0)).all()
    assert model.dump().random == lfsr.sequence(32, 77, 41)[-1]
    # The series goes on in the next call, and after a checkpoint.
    parts = EPModel(config)
    first = parts.train(samples[:13], labels[:13])
    resumed = EPModel(config, parts.dump())
    second = resumed.train(samples[13:], labels[13:])
    assert [*first.flips, *second.flips] == whole["flips"].tolist()
    assert resumed.dump() == model.dump()


@pytest.mark.parametrize(
    ("values", "dark", "bright"),
    [
        ({"pixel_bits": 8}, 63, 64),  # a quarter of the range
        ({"pixel_bits": 4}, 3, 4),
        ({"pixel_bits": 8, "input_threshold": 200}, 199, 200),
        ({"pixel_bits": 8, "input_bits": 4}, 15, 16),  # the highest bits
    ],
)
def test_what_counts_as_an_active_input(values: dict[str, Any], dark: int, bright: int) -> None:
    config = EPConfig.parse({"layers": [3, 4, 2], "stream_bits": 16, **values})
    rows = [[dark] * 3, [dark, bright, dark], [bright] * 3]
    trace = EPModel(config).trace(checked(config, rows, None))
    assert trace["active_inputs"].tolist() == [0, 1, 3]
    assert trace["active_beats"].tolist() == [0, 1, 2 if config.pixel_bits == 8 else 1]
    counts = (np.array([dark, bright]) >= config.input_threshold).tolist()
    learn = [active_entries(EPPlan(config).sample_format, np.array(row)).learn.sum() for row in rows]
    assert learn == [0, counts[1], 3 * counts[1]]


def test_slots_tell_where_hidden_neurons_changed() -> None:
    rng = np.random.default_rng(0)
    config = EPConfig.parse({"layers": [8, 12, 6, 4], "lanes": 3, "state_bits": 3})
    one = EPConfig.parse(config.parameters() | {"lanes": 1})
    weights = random_weights(config, rng)
    samples, labels = rng.integers(0, 2, (200, 8)), rng.integers(0, 4, 200)
    trace = EPModel(config, weights).trace(checked(config, samples, labels))
    each = EPModel(one, weights).trace(checked(one, samples, labels))
    assert (each.slots_changed.sum(axis=1) == each["changed"]).all()
    assert (each.slots_changed.reshape(200, 6, 3).any(axis=2) == trace.slots_changed).all()
    assert trace.slots_changed.any() and not trace.slots_changed.all()


@pytest.mark.parametrize("nudging", ["symmetric", "random-sign"])
@pytest.mark.filterwarnings("error")
def test_it_learns_digits(nudging: str) -> None:
    # Seeds 1 to 5: 11 to 16 %, and 84 to 93 % before any training.
    assert train_and_test(0, nudging=nudging) > 0.7
    assert train_and_test(10, nudging=nudging) < 0.2


@pytest.mark.filterwarnings("error")
def test_three_hidden_layers_learn_with_the_scales_by_default() -> None:
    # Seeds 1 to 5: 21 to 45 %.
    assert train_and_test(10, layers=[64, 64, 64, 64, 10]) < 0.5
