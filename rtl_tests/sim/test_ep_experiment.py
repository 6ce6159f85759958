"""The experiment on equilibrium propagation: its report comes from its outcomes, and these from the golden model."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from hwgen import registry
from hwgen.cli.app import app
from hwgen.design import Design
from hwgen.ep.config import EPConfig
from hwgen.errors import HwgenError
from sim.experiments import ep, ep_identity, ep_speed, speed
from sim.experiments.ep import Outcome
from sim.experiments.ep_clocks import ClockedModel, Variant
from sim.experiments.ep_findings import Findings
from sim.experiments.ep_grid import Setting, settings
from sim.experiments.ep_identity import Identity
from sim.experiments.ep_report import write_report
from sim.experiments.targets import at_least, at_most
from sim.golden.ep import EPModel
from sim.images import load_images
from sim.train import train

SMALL = Setting("digits 64-16-10", "size", "digits", (64, 16, 10), 2, variants=(Variant(16), Variant(8)))
RATES = ("golden_training", "golden_inference", "published_training", "published_inference")
SPEED = {
    "layers": [784, 512, 10],
    "cpu": "one",
    "rounds": 1,
    "samples_per_second": dict.fromkeys(RATES, 2e6),
    "generate": {"lanes": 512, "cpu_seconds": 10.5, "seconds": 21.25},
}
SUMS = {"errors": 3, "flips": 20, "clocks": 1000}
SAME = Identity("mnist", [784, 512, 10], "512 lanes, serial", 9, 0, 0, 5, SUMS, dict(SUMS), "2026-01-02", "some tool")


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HWGEN_CACHE", str(tmp_path / "cache"))


def test_a_training_is_that_of_the_train_command() -> None:
    outcome = ep.train(SMALL, 3, load_images("digits"))
    config = EPConfig.parse({"layers": [64, 16, 10], "seed": 3})
    training = train(Design("small", registry.CORES["ep"], config), data="digits", epochs=2, seed=3, order="file")
    assert outcome.test_errors == [epoch.test_error for epoch in training.epochs]
    assert outcome.train_errors == [epoch.train_error for epoch in training.epochs]
    first, last = (
        note["training"]["machines"][str(SMALL.machines[0])]["busy"] for note in (outcome.first, outcome.last)
    )
    assert [first, last] == pytest.approx([epoch.cycles / epoch.samples for epoch in training.epochs])
    assert outcome.last["training"]["flips"] * 1347 == pytest.approx(training.epochs[-1].statistics["flips"])


@pytest.mark.parametrize(
    "variant", [Variant(4), Variant(8), Variant(16), Variant(16, "parallel"), Variant(8, memory_ports=1)]
)
def test_clocks_are_those_of_a_machine_that_is_built_so(variant: Variant) -> None:
    values: dict[str, Any] = {"layers": [20, 16, 4], "seed": 5}
    rng = np.random.default_rng(1)
    inputs, labels = rng.integers(0, 2, (300, 20)), rng.integers(0, 4, 300)
    noting = ClockedModel(EPConfig.parse(values | {"lanes": 4}), [variant])
    built = EPModel(EPConfig.parse(values | variant._asdict()))
    for _ in range(2):
        learnt, inferred = (noting.train(inputs, labels), noting.infer(inputs))
        assert not learnt.differences(expected := built.train(inputs, labels)).any()
        notes = noting.take()
        training, inference = (notes[what]["machines"][str(variant)] for what in ("training", "inference"))
        assert training["clocks"] * 300 == pytest.approx(expected.elapsed_cycles)
        assert training["busy"] * 300 == pytest.approx(expected.busy_cycles)
        assert inference["clocks"] * 300 == pytest.approx(built.infer(inputs).elapsed_cycles)
        assert training["words"] > inference["words"] >= inferred.decisions.size / 300
        assert training["learn"] > 0 == inference["learn"] == inference["nudged"]


def test_outcomes_are_kept_and_read_back(monkeypatch: pytest.MonkeyPatch) -> None:
    first = ep.kept(SMALL, 1, "mnist")
    monkeypatch.setattr(ep, "train", None)  # not called again
    assert ep.kept(SMALL, 1, "mnist") == first
    with pytest.raises(TypeError):
        ep.kept(SMALL, 2, "mnist")


def test_bundled_digits_alone_make_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "SECONDS", 0.01)
    monkeypatch.setattr(ep_speed, "measure_generate", lambda layers: SPEED["generate"])
    monkeypatch.setattr(ep_identity, "kept", lambda config, machine, data: replace(SAME, machine=machine, data=data))
    arguments = ["experiment", "ep", "--data", "digits", "--epochs", "1", "--seeds", "1", "--processes", "1", "--json"]
    answer = CliRunner().invoke(app, [*arguments, "-o", str(tmp_path / "page")])
    assert answer.exit_code == 0, answer.output
    files = {Path(file).name for file in json.loads(answer.stdout)["files"]}
    assert files == {"ep.md", "ep.json", "ep-learning.png", "ep-clocks.png"}
    assert {file.name for file in (tmp_path / "page").iterdir()} == files
    page = (tmp_path / "page" / "ep.md").read_text()
    assert "What was asked for" not in page and "Accuracy on MNIST" not in page
    assert page.rstrip().endswith(f"`hwgen experiment ep --data digits --epochs 1 --seeds 1 -o {tmp_path / 'page'}`.")
    summary = json.loads((tmp_path / "page" / "ep.json").read_text())
    digits = next(each for each in summary["settings"] if each["name"] == "digits 64-128-10")
    error = 100 * digits["runs"][0]["test_errors"][0]
    assert f"| 64-128-10 | 8 | 32, 16 | 1 | {error:.2f} |" in page
    assert "| 64-128-64-10 |" in page and "How settings were chosen" not in page
    assert summary["identity"]["machine"] == "128 lanes, serial" and summary["targets"] == []


def test_what_a_package_takes_is_measured_on_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ep_speed, "ROUNDS", 1)
    made = ep_speed.measure_generate([4, 3, 2])
    assert made["lanes"] == 3
    assert made["cpu_seconds"] > 0.2 and made["seconds"] > 0.2


def as_if(setting: Setting, seed: int, like: Outcome) -> Outcome:
    """Made-up outcome of a setting; its errors fall to 2 %."""
    errors = [0.02 * (setting.epochs - epoch) for epoch in range(setting.epochs)]
    if setting.published:
        return Outcome(setting.name, seed, errors, errors)
    notes: dict[str, Any] = json.loads(json.dumps(like.last))
    for what, clocks in (("training", 400.0), ("inference", 100.0)):
        machine = next(iter(like.last[what]["machines"].values())) | {"clocks": clocks}
        notes[what]["machines"] = {str(variant): machine for variant in setting.machines}
    return replace(
        like,
        setting=setting.name,
        seed=seed,
        train_errors=errors,
        test_errors=errors,
        clocks=errors,
        first=notes,
        last=notes,
    )


@pytest.fixture(scope="module")
def found() -> Findings:
    chosen = [setting for data in ("mnist", "digits") for setting in settings(data, 5)]
    like = ep.train(SMALL, 1, load_images("digits"))
    return Findings(chosen, [as_if(setting, seed, like) for setting in chosen for seed in (1, 2)], "mnist")


def test_the_page_holds_outcomes_against_targets(found: Findings, tmp_path: Path) -> None:
    digits = load_images("digits")
    write_report(found, SPEED, {"digits": digits, "mnist": digits}, SAME, tmp_path, "the command")
    page = (tmp_path / "ep.md").read_text()
    assert "Again: `the command`." in page
    assert "| test error, 784-1024-10, % | at most 2.8 | 2 | met |" in page
    assert "| clocks a sample, 784-512-10, training, first epoch | at most 470 | 400 | met |" in page
    assert "| clocks a sample, 784-512-10, training, last epoch | at most 350 | 400 | missed |" in page
    assert "| clocks a sample, 784-512-10, inference, last epoch | at most 240 | 100 | met |" in page
    assert "| differences of RTL and golden model over an epoch of 784-512-10 | at most 0 | 0 | met |" in page
    assert "| Fmax, 784-448-10 on an ECP5-85, MHz | at least 60 | - | not recorded |" in page
    assert "| bitstream of 196-64-10 for an iCE40 UP5K | there is one | - | not recorded |" in page
    assert "| golden model of 784-512-10, training samples a second | at least 30,000 | 2,000,000 | met |" in page
    assert "| `hwgen generate`, 784-512-10 with 512 lanes, seconds of CPU time | at most 10 | 10.5 | missed |" in page
    assert "lanes in 10.5 s of CPU time, 21.2 s on the clock" in page
    assert "Compared on 2026-01-02" in page and "| clocks | 1,000 | 1,000 |" in page
    verdicts = {each["what"]: each["met"] for each in json.loads((tmp_path / "ep.json").read_text())["targets"]}
    assert len(verdicts) == 11 and not verdicts["Fmax, 784-448-10 on an ECP5-85, MHz"]
    assert "| 784-512-10 | 8 | 32, 16 | 5 | 10.00 | 8.00 | 2.00 | 2.00, 2.00 | 400 → 400 | 512 |" in page
    assert "Area and Fmax are not recorded yet" in page and "| 784-448-10 | 448 lanes, parallel | 400 | 100 |" in page
    assert "as fast as the golden model from 800.0 MHz on" in page


def test_recorded_boards_give_samples_per_second(found: Findings, tmp_path: Path) -> None:
    digits = load_images("digits")
    counts = dict.fromkeys(("lut", "ff", "block_ram", "spram"), 7)
    placed = {"out_of_context": True, "refused": None, "used": counts, "available": counts, "clock_mhz": None}
    results = [
        placed | {"file": "examples/ep-784-448-10.toml", "board": "ulx3s-85f", "fmax_mhz": 40.0},
        placed
        | {"file": "examples/ep-196-64-10-icebreaker.toml", "board": "icebreaker", "fmax_mhz": 30.0}
        | {"out_of_context": False, "clock_mhz": 24.0},
        {"file": "examples/ep-484-512-10.toml", "board": "icebreaker", "out_of_context": True, "refused": "too large"},
    ]
    record = tmp_path / "boards-ep.json"
    record.write_text(json.dumps({"results": results}))
    write_report(found, SPEED, {"digits": digits, "mnist": digits}, SAME, tmp_path, "the command")
    page = (tmp_path / "ep.md").read_text()
    assert "not recorded yet" not in page
    assert "| 40.0 | - | 400 | 100 | 100,000 | 400,000 |" in page  # 40 MHz / 400 clocks
    assert "| 196-64-10 | 8 lanes, serial, one memory port |" in page
    assert "| 30.0 | 24.0 | 400 | 100 | 60,000 | 240,000 |" in page
    assert re.search(r"\| Fmax, 784-448-10 on an ECP5-85, .*, MHz \| at least 60 \| 40 \| missed \|", page)
    assert "no hash was recorded" in page
    assert "| bitstream of 196-64-10 for an iCE40 UP5K | there is one | at 24 MHz | met |" in page

    record.write_text(json.dumps({"results": [{"file": "examples/ep-784-448-10.toml"}]}))
    with pytest.raises(HwgenError, match="result 0 lacks available, board"):
        write_report(found, SPEED, {"digits": digits, "mnist": digits}, SAME, tmp_path, "the command")


def test_the_page_tells_how_the_best_setting_was_chosen(found: Findings, tmp_path: Path) -> None:
    digits = load_images("digits")
    candidates = [setting.name for setting in found.candidates]
    runs = {name: [replace(run, test_errors=[0.5]) for run in found.runs[name]] for name in candidates}

    def page(best: str) -> str:
        errors = found.runs | runs | {best: [replace(run, test_errors=[0.25]) for run in runs[best]]}
        outcomes = [run for several in errors.values() for run in several]
        chosen = Findings(list(found.settings.values()), outcomes, found.data)
        write_report(chosen, SPEED, {"digits": digits, "mnist": digits}, SAME, tmp_path, "the command")
        return (tmp_path / "ep.md").read_text()

    mine = page("784-2048-10, 4-bit inputs, moved by 1")
    assert "| 784-2048-10, 4-bit inputs, moved by 1 | 1 | **25.00** | 25.00, 25.00 |" in mine
    assert "| 784-2048-10, 1-bit inputs, moved by 0 | 1 | 50.00 | 50.00, 50.00 |" in mine
    assert "It is how 784-2048-10, moved above was trained." in mine
    assert "first 1,123 training images" in mine and "the last 224," in mine
    assert mine.count("784-2048-10, 4-bit inputs, moved by 1 |") == 1  # not among the test errors
    assert "784-2048-10, moved above was trained in another way" in page("784-2048-10, 4-bit inputs, moved by 2")


def test_a_setting_is_chosen_by_training_images_that_nothing_is_learnt_from() -> None:
    images = load_images("digits")
    parts = ep.held_out(images.train)
    assert (len(parts.train), len(parts.test)) == (1123, 224)
    assert np.array_equal(np.concatenate([part.pixels for part in parts]), images.train.pixels)
    candidate = replace(SMALL, group="choice")
    outcome = ep.train(candidate, 1, images)
    assert outcome.test_errors == ep.train(SMALL, 1, parts).test_errors
    assert outcome.test_errors == ep.train(candidate, 1, images._replace(test=images.train)).test_errors


def test_targets_have_directions() -> None:
    assert [at_most("", 3, found).verdict for found in (2.9, 3, 3.1)] == ["met", "met", "missed"]
    assert [at_least("", 3, found).verdict for found in (2.9, 3, 3.1)] == ["missed", "met", "met"]
    assert at_least("", 3, None).verdict == "not recorded"


IDENTICAL = EPConfig.parse({"layers": [64, 16, 10], "lanes": 8})


def test_rtl_and_golden_model_are_compared_over_an_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    identity = ep_identity.kept(IDENTICAL, "8 lanes", "digits")
    assert (identity.samples, identity.results, identity.synapses, identity.differences) == (1347, 0, 0, 0)
    assert identity.golden == identity.rtl and identity.compared == IDENTICAL.synapses
    design = Design("small", registry.CORES["ep"], IDENTICAL)
    (epoch,) = train(design, data="digits", order="file").epochs
    clocks = identity.rtl["clocks"]
    assert identity.rtl == {
        "errors": round(epoch.train_error * 1347),
        "flips": epoch.statistics["flips"],
        "clocks": clocks,
    }
    # Elapsed clocks: the machine also waits, for the first sample of each chunk and with its last result.
    assert epoch.cycles < clocks < 1.01 * epoch.cycles
    monkeypatch.setattr(ep_identity, "compare", None)  # not called again
    assert ep_identity.kept(IDENTICAL, "8 lanes", "digits") == identity


def test_what_differs_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another seed in the place of the RTL: other results, synapses and sums."""
    other = EPModel(EPConfig.parse(IDENTICAL.parameters() | {"seed": 2}))
    machines = {"golden": EPModel(IDENTICAL), "rtl": other}
    monkeypatch.setattr(ep_identity, "open_machine", lambda design, backend: machines[backend])
    design = Design("small", registry.CORES["ep"], IDENTICAL)
    identity = ep_identity.compare(design, "8 lanes", load_images("digits").train)
    assert identity.results > 1000 and identity.synapses > IDENTICAL.synapses / 4
    assert identity.differences > identity.results + identity.synapses


@pytest.mark.parametrize(
    ("arguments", "owner"), [(["ep", "--splits", "3"], "bayes"), (["bayes", "--seeds", "3"], "ep")]
)
def test_an_option_of_another_experiment_is_refused(arguments: list[str], owner: str) -> None:
    answer = CliRunner().invoke(app, ["experiment", *arguments])
    assert isinstance(answer.exception, HwgenError)
    assert f"belongs to the experiment {owner}" in str(answer.exception)
