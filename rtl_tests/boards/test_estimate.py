"""Estimates: exact memories, three states of fit, refusals that say what to change, from the config alone."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.naive_bayes import CategoricalNB

from boards.definitions import BOARDS
from boards.estimate import CANNOT_FIT, FITS, MAY_NOT_FIT, estimate
from boards.flow import Flow
from hwgen import registry
from hwgen.bayes.config import BayesConfig
from hwgen.bayes.importers import from_categorical_nb
from hwgen.design import Design, load_design, load_machine
from hwgen.errors import DesignError
from hwgen.ff.config import FFConfig

EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "examples").glob("*.toml"))


def design(**parameters: Any) -> Design:
    values = {"mode": "logarithmic", "rows": 4, "bins": [8, 8, 8, 8], "initialised": False} | parameters
    return Design("machine", registry.core("bayes", "test"), BayesConfig.parse(values))


def test_memory_bits_are_exact() -> None:
    assert estimate(design(), BOARDS["ulx3s-85f"]).memory_bits == 4 * 4 * 8 * 8
    larger = estimate(design(bins=[512, 300], prior=True, likelihood_bits=6), BOARDS["ulx3s-85f"])
    # The prior's single word has a second one, out of reach.
    assert larger.memory_bits == (512 + 300 + 2) * 4 * 6


def test_block_rams_follow_the_family() -> None:
    large = design(bins=[512] * 4)
    assert estimate(large, BOARDS["ulx3s-85f"], out_of_context=True).block_rams == 4
    # The host link's buffers come on top.
    whole = {name: estimate(large, BOARDS[name]).block_rams for name in ("ulx3s-85f", "icebreaker", "tang-nano-9k")}
    assert whole == {"ulx3s-85f": 4 + 3, "icebreaker": 16 + 9, "tang-nano-9k": 4 + 3}


@pytest.mark.parametrize("mode", ["stochastic", "logarithmic"])
def test_speed_is_that_of_the_config(mode: str) -> None:
    machine = design(mode=mode)
    guess = estimate(machine, BOARDS["ulx3s-85f"])
    assert guess.cycles_per_sample == machine.config.slots
    assert guess.memory_port_utilisation == 1 / machine.config.slots


def test_estimate_takes_less_than_a_second() -> None:
    start = time.perf_counter()
    estimate(design(rows=64, bins=[4096] * 64), BOARDS["ulx3s-85f"])
    assert time.perf_counter() - start < 1


def test_design_that_cannot_fit_is_refused_before_anything_is_built(tmp_path: Path) -> None:
    with pytest.raises(DesignError) as refusal:
        Flow(design(bins=[512] * 8), BOARDS["icebreaker"], tmp_path / "run", 12).run()
    assert str(refusal.value) == (
        "machine needs 33 block RAMs beside 4 single-port RAMs, and 1BitSquared iCEBreaker has 30: "
        "lower bayes.bins, bayes.rows, bayes.likelihood_bits or the number of columns"
    )
    assert not (tmp_path / "run").exists()


def test_too_much_logic_names_the_parameters_to_lower() -> None:
    guess = estimate(design(mode="stochastic", lanes=64, rows=32, bins=[8] * 32), BOARDS["ulx3s-12f"])
    assert not guess.fits
    assert any("look-up tables" in problem and "bayes.lanes" in problem for problem in guess.problems)


def test_out_of_context_is_refused_where_every_port_needs_a_pin(tmp_path: Path) -> None:
    refusal = r"iCEBreaker has no out-of-context flow.*leave out --out-of-context"
    with pytest.raises(DesignError, match=refusal):
        Flow(design(), BOARDS["icebreaker"], tmp_path / "run").run()
    with pytest.raises(DesignError, match=refusal):
        estimate(design(), BOARDS["icebreaker"], out_of_context=True)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("part", "fit"), [(0.74, FITS), (0.76, MAY_NOT_FIT), (1, MAY_NOT_FIT), (1.24, MAY_NOT_FIT), (1.26, CANNOT_FIT)]
)
@pytest.mark.parametrize(("what", "held"), [("luts", 5280), ("ffs", 5280)])
def test_a_design_fits_for_certain_only_beyond_the_estimates_error(part: float, fit: str, what: str, held: int) -> None:
    guess = replace(estimate(design(), BOARDS["icebreaker"]), **{"luts": 1000, "ffs": 1000, what: round(part * held)})
    assert (guess.fit, guess.fits) == (fit, fit == FITS)
    hints = guess.problems + guess.doubts
    assert len(hints) == (fit != FITS)
    assert all("1BitSquared iCEBreaker has 5,280" in hint and "lower bayes.rows" in hint for hint in hints)
    if fit == CANNOT_FIT:
        with pytest.raises(DesignError):
            guess.check_fit()
    else:
        guess.check_fit()


def test_a_machine_with_more_multipliers_than_the_board_is_refused() -> None:
    def multiplying(lanes: int) -> Design:
        parameters = {"rule": "contrastive", "layers": [784, 256], "lanes": lanes}
        return Design("machine", registry.core("ff", "test"), FFConfig.parse(parameters))

    problems = estimate(multiplying(128), BOARDS["ulx3s-85f"]).problems
    assert problems == ["needs 162 multipliers, and Radiona ULX3S 85F has 156: lower ff.lanes"]
    guess = estimate(multiplying(64), BOARDS["ulx3s-85f"])
    assert guess.fits and guess.as_dict()["multipliers"] == 98


def test_a_doubt_tells_how_far_the_estimate_may_be_off() -> None:
    guess = replace(estimate(design(), BOARDS["icebreaker"]), luts=6332)
    assert guess.fit == MAY_NOT_FIT
    assert guess.doubts == [
        "needs 5,066 to 8,443 look-up tables, and 1BitSquared iCEBreaker has 5,280; should that not do: "
        f"{guess.needs.logic_parameters}"
    ]
    assert guess.as_dict()["available"]["luts"] == 5280
    assert guess.rows()["look-up tables"] == "6,332 of 5,280, within 25%"


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_estimate_of_a_machine_is_that_of_the_whole_design(path: Path) -> None:
    machine, whole = load_machine(path), load_design(path)
    assert (machine.name, machine.config, machine.needs) == (whole.name, whole.config, whole.needs)
    assert machine.evaluation is None


SOURCES = {
    "quantile": 'dataset = "wine"\nclassifier = "CategoricalNB"\nbinning = "quantile"\nbins = 7',
    "joined": 'dataset = "iris"\nclassifier = "CategoricalNB"\nbins = 4\njoin = [[0, 1]]',
    "chosen": 'dataset = "digits"\nclassifier = "CategoricalNB"\nfeatures = [0, 1, 20]',
    "best": 'dataset = "breast_cancer"\nclassifier = "GaussianNB"\nfeatures = 5',
    "bernoulli": 'dataset = "wine"\nclassifier = "BernoulliNB"',
    "table": 'table = "table.npz"',
    "model": 'model = "model.joblib"',
}


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_the_config_follows_from_the_source_without_training(source: str, tmp_path: Path) -> None:
    features = np.array([[0, 1], [1, 2], [1, 0], [0, 2]])
    classifier = CategoricalNB().fit(features, [0, 1, 1, 0])
    joblib.dump(classifier, tmp_path / "model.joblib")
    from_categorical_nb(classifier).save(tmp_path / "table.npz")
    path = tmp_path / "machine.toml"
    path.write_text(f'core = "bayes"\n[bayes]\nmode = "logarithmic"\n[source]\n{source}\n', encoding="utf-8")
    machine, whole = load_machine(path), load_design(path)
    assert (machine.config, machine.needs) == (whole.config, whole.needs)


def test_an_estimate_neither_reads_data_nor_trains_where_the_config_needs_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: Any) -> None:
        raise AssertionError("data were read")

    monkeypatch.setattr("sim.held_out.load_held_out", forbidden)
    monkeypatch.setattr(Design, "typical_cycles", forbidden)
    [digits] = [path for path in EXAMPLES if path.stem == "ep-digits"]
    assert estimate(load_machine(digits), BOARDS["ulx3s-85f"]).fits


def test_a_wrong_config_is_refused_as_in_the_whole_design(tmp_path: Path) -> None:
    path = tmp_path / "machine.toml"
    text = 'core = "bayes"\n[bayes]\nmode = "logarithmic"\nrows = 4\n[source]\ndataset = "iris"\n'
    path.write_text(text + 'classifier = "GaussianNB"\n', encoding="utf-8")
    messages = []
    for load in (load_machine, load_design):
        with pytest.raises(DesignError) as refusal:
            load(path)
        messages.append(str(refusal.value))
    assert messages[0] == messages[1] == f"{path}: bayes.rows must be 3 as in its source, not 4; or leave it out"
