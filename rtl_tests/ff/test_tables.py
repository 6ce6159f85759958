"""The tables of the Forward-Forward engine against the functions that they are of."""

import math

import numpy as np
import pytest

from hwgen.ff.config import FFConfig
from hwgen.ff.tables import NORM_ENTRIES, NormTable, modulator_table, softmax_table
from sim.golden import ff_kernel
from sim.golden.ff_rule import Rule


@pytest.mark.parametrize("bits", range(4, 9))
def test_modulator_is_the_logistic_function(bits: int) -> None:
    table = modulator_table(bits)
    most = 2**bits - 1
    assert len(table) == 64 and list(table) == sorted(table)
    for entry, value in enumerate(table):
        x = -8 + (entry + 0.5) / 4
        assert abs(value - most / (1 + math.exp(-x))) <= 0.5
        assert value + table[63 - entry] == most


def test_softmax_table_is_the_exponential_function() -> None:
    for entry, value in enumerate(softmax_table(8)):
        assert abs(value - 255 * math.exp(-entry / 8)) <= 0.5
    assert len(softmax_table(8)) == 64


@pytest.mark.parametrize(("units", "rms"), [(1, 1), (256, 21), (500, 24), (2000, 63), (65536, 63), (3, 5)])
def test_normaliser_factors_are_roots(units: int, rms: int) -> None:
    table = NormTable.of(units, rms)
    assert len(table.factors) == len(table.shifts) == NORM_ENTRIES
    for entry, (factor, shift) in enumerate(zip(table.factors, table.shifts, strict=True)):
        exact = rms * math.sqrt(units / ((entry + 8.5) / 8))
        assert 128 <= factor <= 255
        assert abs(factor / 2.0**shift - exact) <= 0.51 / 2.0**shift


def test_normalised_activations_have_the_root_mean_square_wanted() -> None:
    config = FFConfig.parse({"layers": [4, 400, 400], "rms": 21})
    rule = Rule.of(config)
    rng = np.random.default_rng(0)
    index, value = np.zeros(401, np.int32), np.zeros(401, np.int32)
    for scale in (3, 10, 40, 120):
        features = np.minimum(np.abs(rng.normal(0, scale, 400)), 255).astype(np.int32)
        count = ff_kernel.normalise(rule, 0, features, int((features.astype(np.int64) ** 2).sum()), index, value)
        root = math.sqrt((value[:count].astype(float) ** 2).sum() / 400)
        assert abs(root / 21 - 1) < 0.05
        assert (np.diff(index[:count]) > 0).all() and (features[index[:count]] > 0).all()


def test_the_published_table_of_256_units() -> None:
    table = NormTable.of(256, 21)
    assert table.factors[:6] == (163, 154, 147, 140, 134, 129) and set(table.shifts[:6]) == {-1}
    assert table.factors[6:12] == (250, 241, 234, 227, 221, 215) and set(table.shifts[6:]) == {0}
