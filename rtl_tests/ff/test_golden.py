"""The golden model against a model that computes one unit and one weight at a time, and against what it promises."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.errors import HwgenError
from hwgen.ff.config import FFConfig
from hwgen.ff.counters import CONTRASTIVE_PHASES, counters, phases
from hwgen.ff.weights import FFWeights
from hwgen.samples import check_samples
from rtl_tests.ff.plain import PlainMachine
from rtl_tests.ff.random_machines import KINDS, random_config, random_samples, random_weights
from sim.golden.ff import FFModel


def compare_with_plain(config: FFConfig, rng: np.random.Generator, count: int = 10) -> FFModel:
    """Run both on the same samples, in two calls that learn with different annealing and by different parts."""
    weights = random_weights(config, rng)
    model, plain = FFModel(config, weights), PlainMachine(config, weights)
    for _ in range(2):
        samples, labels, learn = random_samples(config, rng, count)
        result = model.run(samples, labels, learn)
        plain.previous = None
        expected = [plain.run(*one) for one in zip(samples.tolist(), labels.tolist(), learn.tolist(), strict=True)]
        assert result.rows() == expected
        assert model.dump() == plain.weights()
        parts = rng.random(config.engines) < 0.7
        model.annealing = plain.annealing = int(rng.integers(0, 8))
        model.learn_only(np.flatnonzero(parts[: config.depth]), bool(parts[-1]) and not config.supervised)
        plain.learns = list(model.learns)
    return model


@pytest.mark.parametrize("kind", KINDS)
@given(seed=st.integers(0, 2**32 - 1))
def test_every_bit_is_that_of_the_plain_machine(kind: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    compare_with_plain(random_config(rng, kind), rng)


def test_the_random_machines_do_everything() -> None:
    seen: dict[str, int] = {}
    for seed in range(40):
        rng = np.random.default_rng(seed)
        config = random_config(rng, KINDS[seed % 4])
        model = compare_with_plain(config, rng)
        for name, value in model.statistics().items():
            name = name.rstrip("_0123456789")
            seen[name] = seen.get(name, 0) + (value > 0)
        seen["deep"] = seen.get("deep", 0) + (config.depth > 1)
    assert all(count >= 10 for name, count in seen.items() if name != "inferred"), seen


@pytest.mark.parametrize("sweeps", ["separate", "union"])
@pytest.mark.parametrize("bits", range(8, 17))
@pytest.mark.parametrize("rule", ["supervised", "contrastive"])
def test_weights_saturate_at_every_width(rule: str, bits: int, sweeps: str) -> None:
    values: dict[str, Any] = {
        "learning_sweeps": sweeps,
        "master_bits": bits,
        "update_shift": max(1, 21 - bits),
        "activation_shift": 4,
    }
    values |= {"goodness_shift": 14, "classes": 4, "seed": bits}
    if rule == "contrastive":
        values |= {"readout": "softmax", "readout_bits": bits, "readout_update_shift": max(1, 16 - bits)}
    config = FFConfig.parse({"layers": [12, 8, 8], "rule": rule, **values})
    model = compare_with_plain(config, np.random.default_rng(bits), 25)
    counts, weights = model.statistics(), model.dump()
    for layer in range(2):
        assert counts[f"saturated_{layer}"] > 0
        assert {-config.master_max - 1, config.master_max} & set(weights.layers[layer].ravel().tolist())
    assert rule == "supervised" or counts["readout_saturated"] > 0


def largest_sums(config: FFConfig) -> None:
    """Drive sums to their bounds: all weights and inputs at an end of their range."""
    for weight in (-config.master_max - 1, config.master_max):
        layers = [np.full(shape, weight) for shape in config.weight_shapes]
        end = None if config.readout_shape is None else np.full(config.readout_shape, -config.readout_max - 1)
        weights = FFWeights.for_config(config, layers, end)
        model, plain = FFModel(config, weights), PlainMachine(config, weights)
        samples = np.full((3, config.inputs), (1 << config.pixel_bits) - 1)
        result = model.train(samples, [0, 1, 0])
        expected = [plain.run(samples[0].tolist(), label, True) for label in (0, 1, 0)]
        assert result.rows() == expected
        assert model.dump() == plain.weights()


@pytest.mark.parametrize("recurrent", [False, True])
def test_the_widest_numbers(recurrent: bool) -> None:
    sequence: dict[str, Any] = {"recurrent": True, "steps": 2} if recurrent else {}
    values = {"layers": [700, 3], "classes": 2, "bias": 127, "input_bits": 7, "rms": 63, "activation_shift": 4,
              "goodness_shift": 0, "update_shift": 26}  # fmt: skip
    if recurrent:
        largest_sums(FFConfig.parse(values | {"rule": "contrastive"} | sequence))
        return
    for rule in ("supervised", "contrastive"):
        largest_sums(FFConfig.parse(values | {"rule": rule}))
    largest_sums(FFConfig.parse(values | {"rule": "contrastive", "learning_sweeps": "union"}))


@given(seed=st.integers(0, 2**32 - 1))
def test_lanes_and_stream_width_change_no_bit(seed: int) -> None:
    rng = np.random.default_rng(seed)
    drawn = random_config(rng)
    weights, (samples, labels, learn) = random_weights(drawn, rng), random_samples(drawn, rng, 12)
    ends = []
    for changes in ({}, {"lanes": 1, "unit_lanes": 1, "stream_bits": 64}):
        model = FFModel(FFConfig.parse(drawn.parameters() | changes), weights)
        ends.append((model.run(samples, labels, learn).rows(), model.dump().digest))
    assert ends[0] == ends[1]


@pytest.mark.parametrize("kind", KINDS)
def test_a_dump_goes_on_as_if_nothing_had_happened(kind: str) -> None:
    rng = np.random.default_rng(7)
    config = random_config(rng, kind)
    first, second = random_samples(config, rng, 20), random_samples(config, rng, 20)
    model = FFModel(config)
    model.run(*first)
    resumed = FFModel(config, model.dump())
    # What the first call ended with is no sample before the second call's first.
    assert not model.run(*second).differences(resumed.run(*second)).any()
    assert model.dump() == resumed.dump()


@pytest.mark.parametrize("kind", KINDS)
def test_samples_that_are_not_learnt_from_change_nothing_and_end_a_row_of_pairs(kind: str) -> None:
    rng = np.random.default_rng(8)
    config = random_config(rng, kind)
    weights = random_weights(config, rng)
    samples, labels, learn = random_samples(config, rng, 30)
    mixed, apart = FFModel(config, weights), FFModel(config, weights)
    mixed.run(samples, labels, learn)
    # What a call ends with is no sample before the next call's first.
    for part in np.split(np.arange(30), np.flatnonzero(~learn)):
        apart.train(samples[part][learn[part]], labels[part][learn[part]])
    assert mixed.dump() == apart.dump()
    mixed.infer(samples)
    assert mixed.dump() == apart.dump()


def merge(samples: list[list[int]], **values: Any) -> tuple[FFModel, list[int]]:
    """A contrastive machine that has been trained as the plain one is, and how many inputs it has merged."""
    given = {"layers": [6, 4], "rule": "contrastive", "update_shift": 9, "thresholds": [20000, 0], "bias": 0} | values
    config = FFConfig.parse(given | {"learning_sweeps": "union"})
    model = FFModel(config)
    plain = PlainMachine(config, model.dump())
    trace = model.trace(check_samples(config, samples, [0] * len(samples), np.full(len(samples), True)))
    for sample in samples:
        plain.run(sample, 0, True)
    assert model.dump() == plain.weights()
    return model, trace.merged[:, 0].tolist()


@pytest.mark.parametrize(
    ("first", "second", "entries"),
    [
        ([0, 0, 0, 0, 0, 0], [9, 0, 200, 0, 0, 7], 3),
        ([0, 9, 99, 0, 0, 0], [0, 0, 0, 0, 0, 0], 2),
        ([0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0], 0),
        ([0, 9, 99, 0, 0, 8], [0, 55, 77, 0, 0, 9], 3),
        ([0, 9, 99, 0, 0, 8], [77, 0, 0, 5, 5, 0], 6),
    ],
    ids=["first empty", "second empty", "both empty", "equal", "disjoint"],
)
@pytest.mark.parametrize("bias", [0, 32])
def test_a_union_has_each_input_of_either_list_once(
    first: list[int], second: list[int], entries: int, bias: int
) -> None:
    _, merged = merge([first, second], bias=bias)
    assert merged == [0, entries + (bias > 0)]


def test_a_list_whose_scale_is_0_is_not_merged() -> None:
    """The negative pass is far below its threshold, so what is learnt from is the present sample alone, as ever."""
    values: dict[str, Any] = {"thresholds": [20000, 60000], "goodness_shift": 5}
    samples = [[9, 9, 9, 0, 0, 0], [0, 0, 99, 99, 0, 0]]
    union, merged = merge(samples, **values)
    assert merged == [0, 2]
    separate = FFModel(FFConfig.parse(union.config.parameters() | {"learning_sweeps": "separate"}))
    separate.learn_only([0])
    separate.train(samples, [0, 0])
    np.testing.assert_array_equal(union.dump().layers[0], separate.dump().layers[0])
    assert (separate.statistics()["modulator_negative_0"], separate.statistics()["skipped_0"]) == (0, 0)


def test_an_empty_sample_is_a_sample_before() -> None:
    # Without a bias its list is empty; the pair is learnt from all the same.
    config = FFConfig.parse(
        {"layers": [3, 4], "rule": "contrastive", "bias": 0, "update_shift": 1, "thresholds": [200, 0]}
    )
    model = FFModel(config)
    model.learn_only([0])
    model.train([[0, 0, 0], [255, 9, 200]], [0, 0])
    assert model.dump() != FFModel(config).dump()


def test_only_what_shall_learn_does() -> None:
    config = FFConfig.parse({"layers": [20, 8, 6, 4], "rule": "contrastive", "update_shift": 10})
    rng = np.random.default_rng(0)
    samples, labels = rng.integers(0, 256, (40, 20)), rng.integers(0, 10, 40)
    for layers, readout in (([0], False), ([1], True), ([2, 0], False), ([], True), ([], False)):
        model = FFModel(config)
        before = model.dump()
        model.learn_only(layers, readout)
        assert model.learns == (*tuple(layer in layers for layer in range(3)), readout)
        model.train(samples, labels)
        after = model.dump()
        for layer in range(3):
            changed = (before.layers[layer] != after.layers[layer]).any()
            assert changed == (layer in layers)
            assert (before.rounding[layer] != after.rounding[layer]) == (layer in layers)
        assert (before.readout != after.readout).any() == readout  # type: ignore[union-attr]
    for annealing in (-1, 8, 0.5, True):
        with pytest.raises(HwgenError, match="annealing must"):
            model.annealing = annealing  # type: ignore[assignment]


def test_statistics_are_sums_of_what_happened() -> None:
    rng = np.random.default_rng(3)
    for kind in KINDS:
        config = random_config(rng, kind)
        weights, (samples, labels, learn) = random_weights(config, rng), random_samples(config, rng, 40)
        model, traced = FFModel(config, weights), FFModel(config, weights)
        assert list(model.statistics()) == ["samples", *counters(config)]
        result = model.run(samples, labels, learn)
        trace = traced.trace(check_samples(config, samples, labels, learn))
        found, wrong = model.statistics(), result.predictions != labels
        assert (result.busy_cycles > 0) == (result.elapsed_cycles > 0) == bool(phases(config))
        assert found["samples"] == 40
        assert found["trained"] == learn.sum() and found["inferred"] == (~learn).sum()
        assert found["train_errors"] == (learn & wrong).sum() and found["infer_errors"] == (~learn & wrong).sum()
        for layer in range(config.depth):
            assert found[f"goodness_positive_{layer}"] == result.goodness[learn, layer, 0].sum()
            assert found[f"goodness_negative_{layer}"] == result.goodness[:, layer, 1].sum()
            assert found[f"modulator_negative_{layer}"] == trace.modulator[:, :, layer, 1].sum()
            assert found[f"skipped_{layer}"] == trace.skipped[:, layer].sum()
            passed = trace.goodness[:, layer, 1] > 0
            assert (trace.modulator[~learn, :, layer] == 0).all() and passed[~learn].sum() == 0
        model.clear_statistics()
        assert model.statistics() == dict.fromkeys(model.statistics(), 0) | {"samples": 40}
        model.soft_reset()
        assert model.statistics()["samples"] == 0 and model.errors() == frozenset()


def test_a_machine_that_does_not_learn_refuses() -> None:
    config = FFConfig.parse({"layers": [4, 4], "rule": "contrastive", "learning": False})
    model = FFModel(config)
    samples = np.zeros((3, 4), int)
    assert len(model.infer(samples)) == 3
    with pytest.raises(HwgenError, match=r"ff.learning = false cannot be trained; use infer"):
        model.train(samples, [0, 0, 0])
    clocks = {f"{phase}_cycles" for phase in CONTRASTIVE_PHASES if phase != "learn"}
    assert set(model.statistics()) == {"samples", "inferred", "infer_errors"} | clocks


def test_initialising_starts_anew() -> None:
    rng = np.random.default_rng(5)
    config = random_config(rng, "views")
    model = FFModel(config)
    fresh = model.dump()
    model.run(*random_samples(config, rng, 30))
    assert model.dump() != fresh
    model.initialise()
    assert model.dump() == fresh
    model.initialise(1234)
    assert model.dump() == FFModel(FFConfig.parse(config.parameters() | {"seed": 1234})).dump()
    for seed in (0, 1 << 32, 1.5):
        with pytest.raises(HwgenError, match="seed must"):
            model.initialise(seed)  # type: ignore[arg-type]
