"""Estimates: exact memories, look-up tables near the recorded ones, refusals that say what to change."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from boards.definitions import BOARDS
from boards.estimate import LUT_ERROR, estimate
from boards.flow import Flow
from hwgen import registry
from hwgen.bayes.config import BayesConfig
from hwgen.design import Design, load_design
from hwgen.errors import DesignError

ROOT = Path(__file__).resolve().parents[2]
RECORDED = ROOT / "docs" / "results" / "boards.json"


def _name(result: dict[str, Any]) -> str:
    return f"{result['design']}-{result['board']}{'-core' if result['out_of_context'] else ''}"


def recorded() -> list[Any]:
    if not RECORDED.exists():
        return [pytest.param(None, marks=pytest.mark.skip(reason=f"{RECORDED.name} has not been recorded"))]
    results = json.loads(RECORDED.read_text(encoding="utf-8"))["results"]
    return [pytest.param(result, id=_name(result)) for result in results]


def design(**parameters: Any) -> Design:
    values = {"mode": "logarithmic", "rows": 4, "bins": [8, 8, 8, 8], "initialised": False} | parameters
    return Design("machine", registry.core("bayes", "test"), BayesConfig.parse(values))


@pytest.mark.parametrize("result", recorded())
def test_estimate_is_near_what_was_recorded(result: dict[str, Any]) -> None:
    alone = result["out_of_context"]
    guess = estimate(load_design(ROOT / result["file"]), BOARDS[result["board"]], out_of_context=alone)
    if result["refused"] is not None:
        assert not guess.fits
        return
    assert guess.block_rams == result["used"]["block_ram"]
    assert guess.luts == pytest.approx(result["used"]["lut"], rel=LUT_ERROR)
    assert guess.ffs == pytest.approx(result["used"]["ff"], rel=LUT_ERROR)


def test_memory_bits_are_exact() -> None:
    assert estimate(design(), BOARDS["ulx3s-85f"]).memory_bits == 4 * 4 * 8 * 8
    larger = estimate(design(bins=[512, 300], prior=True, likelihood_bits=6), BOARDS["ulx3s-85f"])
    # The prior's single word has a second one, out of reach.
    assert larger.memory_bits == (512 + 300 + 2) * 4 * 6


def test_block_rams_follow_the_family() -> None:
    large = design(bins=[512] * 4)
    taken = {
        name: estimate(large, BOARDS[name], out_of_context=True).block_rams
        for name in ("ulx3s-85f", "icebreaker", "tang-nano-9k")
    }
    assert taken == {"ulx3s-85f": 4, "icebreaker": 16, "tang-nano-9k": 4}
    # The host link's buffers come on top.
    whole = {name: estimate(large, BOARDS[name]).block_rams for name in taken}
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
    with pytest.raises(DesignError, match=r"iCEBreaker has no out-of-context flow.*leave out --out-of-context"):
        Flow(design(), BOARDS["icebreaker"], tmp_path).run()
