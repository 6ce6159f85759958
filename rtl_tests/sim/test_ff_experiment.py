"""The experiment on Forward-Forward learning: its report comes from its outcomes, and these from the golden model."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from hwgen import registry
from hwgen.cli.app import app
from hwgen.design import Design
from hwgen.errors import HwgenError
from hwgen.ff.config import FFConfig
from sim.experiments import ff, ff_grid, ff_identity, speed
from sim.experiments.ff import Outcome
from sim.experiments.ff_clocks import ClockedModel
from sim.experiments.ff_findings import Findings
from sim.experiments.ff_grid import Phase, Setting, settings
from sim.experiments.ff_identity import Identity
from sim.experiments.ff_report import write_report
from sim.golden.ff import FFModel
from sim.golden.ff_float import ContrastiveModel
from sim.images import load_images
from sim.train import train

FEW = {"pixel_bits": 4}
MOVED = Phase("joint", 2, shift=1)
SUPERVISED = Setting("digits supervised 64-16-16", "machine", "digits", "supervised", (64, 16, 16), (MOVED,), FEW)
CONTRASTIVE = Setting(
    "digits contrastive 64-16", "machine", "digits", "contrastive", (64, 16), (Phase("joint", 2),), FEW, lanes=(16, 8)
)
SUMS = {"pass_cycles": 40, "clocks": 1000}
SAME = Identity("mnist", "supervised", [784, 256, 256], 128, 9, 0, 0, 5, SUMS, dict(SUMS), "2026-01-02", "some tool")

SPEED = {
    "layers": [784, 256, 256],
    "cpu": "some CPU",
    "rounds": 3,
    "samples_per_second": {
        f"{rule}_{kind}_{what}": 9000.0 if rule == "supervised" else 7000.0
        for rule in ff_grid.RULES
        for kind in ("golden", "published")
        for what in ("training", "inference")
    },
}


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HWGEN_CACHE", str(tmp_path / "cache"))


@pytest.mark.parametrize("setting", [SUPERVISED, CONTRASTIVE], ids=lambda setting: setting.rule)
def test_a_training_is_that_of_the_train_command(setting: Setting) -> None:
    outcome = ff.train(setting, 3, load_images("digits"))
    design = Design("small", registry.CORES["ff"], setting.config(3))
    training = train(design, data="digits", epochs=2, seed=3, shift=setting.last.shift)
    assert outcome.test_errors == [epoch.test_error for epoch in training.epochs]
    # The command counts busy clocks: without those in which the first sample of a chunk comes in.
    busy = [epoch.cycles / epoch.samples for epoch in training.epochs]
    assert all(0 <= clocks - most < 0.1 for clocks, most in zip(outcome.clocks, busy, strict=True))
    skipped = [count for name, count in training.epochs[-1].statistics.items() if name.startswith("skipped_")]
    assert outcome.last["training"]["skipped"] * 1347 == pytest.approx(sum(skipped))


def test_phases_follow_each_other() -> None:
    setting = replace(CONTRASTIVE, phases=(Phase("layers", 3, shift=1), Phase("readout", 2)))
    outcome = ff.train(setting, 3, load_images("digits"))
    design = Design("small", registry.CORES["ff"], setting.config(3))
    first = train(design, data="digits", epochs=3, seed=3, phase="layers", shift=1)
    second = train(replace(design, parameters=first.weights), data="digits", epochs=2, seed=3, phase="readout")
    assert outcome.test_errors == [epoch.test_error for epoch in second.epochs]
    # The read-out's updates are counted in its phase alone.
    assert outcome.last["training"]["machines"]["16"]["learn_words"] == 0


@pytest.mark.parametrize(
    "values",
    [
        {"layers": [64, 16, 8]},
        {"layers": [64, 16, 8], "rule": "contrastive"},
        {"layers": [64, 16], "rule": "contrastive", "view_shift": 1},
        {"layers": [64, 16, 8], "rule": "contrastive", "learning_sweeps": "union"},
    ],
    ids=["supervised", "contrastive", "views", "union"],
)
def test_clocks_are_those_of_a_machine_with_so_many_lanes(values: dict[str, Any]) -> None:
    values = values | {"seed": 5, "unit_lanes": 2, "pixel_bits": 4}
    rng = np.random.default_rng(1)
    inputs = rng.integers(0, 16, (150, 64)) * (rng.random((150, 64)) < 0.3)
    labels = rng.integers(0, 10, 150)
    noting = ClockedModel(FFConfig.parse(values | {"lanes": 8}), (8, 4))
    built = {lanes: FFModel(FFConfig.parse(values | {"lanes": lanes})) for lanes in (8, 4)}
    noting.train(inputs, labels)
    noting.infer(inputs)
    notes = noting.take()
    for lanes, model in built.items():
        training, inference = (notes[what]["machines"][str(lanes)] for what in ("training", "inference"))
        assert training["clocks"] * 150 == pytest.approx(model.train(inputs, labels).elapsed_cycles)
        statistics = model.statistics()
        for phase in ("pass", "learn"):
            assert training[phase] * 150 == pytest.approx(statistics[f"{phase}_cycles"])
        assert inference["clocks"] * 150 == pytest.approx(model.infer(inputs).elapsed_cycles)
        # A word takes a clock of its phase; and most of the clocks are for words where there are many.
        assert inference["passes_words"] <= inference["pass"] and inference["learn_words"] == 0
        assert training["passes_words"] <= training["pass"]
        assert 0.2 * training["learn"] < training["learn_words"] < training["learn"]
        assert training["readout_words"] <= training["readout"]
    wide, narrow = (notes["training"]["machines"][lanes] for lanes in ("8", "4"))
    assert narrow["learn_words"] == pytest.approx(2 * wide["learn_words"])


@pytest.mark.parametrize(("sweeps", "learnt"), [("separate", 3 + 4), ("union", 5)])
def test_words_are_counted_one_by_one(sweeps: str, learnt: int) -> None:
    """Two samples of a contrastive machine, of 3 and 2 active inputs, of which they share one: 2 groups, and a bias
    each, which they share, too."""
    values: dict[str, Any] = {"layers": [8, 8], "rule": "contrastive", "lanes": 4, "readout_bits": 16}
    config = FFConfig.parse(values | {"learning_sweeps": sweeps})
    model = ClockedModel(config, (4,))
    inputs = np.zeros((2, 8), int)
    inputs[0, :3] = inputs[1, 2:4] = 200
    result = model.train(inputs, [0, 1])
    note = model.take()["training"]["machines"]["4"]
    assert note["passes_words"] * 2 == 2 * 4 + 2 * (3 + 4)
    assert result.goodness[1].all() and note["learn_words"] * 2 == 2 * learnt


def test_outcomes_are_kept_and_read_back(monkeypatch: pytest.MonkeyPatch) -> None:
    first = ff.kept(SUPERVISED, 1, "mnist")
    monkeypatch.setattr(ff, "train", None)  # not called again
    assert ff.kept(SUPERVISED, 1, "mnist") == first
    with pytest.raises(TypeError):
        ff.kept(SUPERVISED, 2, "mnist")


def test_the_published_rules_learn() -> None:
    published = [setting for setting in settings("digits", 4) if setting.published]
    assert [setting.rule for setting in published] == ["supervised", "supervised", "contrastive"]
    for setting in published:
        errors = ff.train(replace(setting, phases=(Phase("joint", 4, shift=1),)), 1, load_images("digits")).test_errors
        assert len(errors) == 4 and errors[-1] < 0.75 and errors[-1] < errors[0]


def test_the_published_contrastive_layers_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its read-out classifies fewer images wrongly than one of random layers; of few units, which it needs more."""
    published = next(
        setting for setting in settings("digits", 20) if setting.published and setting.rule != "supervised"
    )
    setting = replace(published, layers=(64, 32), phases=(Phase("joint", 20, shift=1),))

    def errors() -> np.ndarray:
        return np.array([ff.train(setting, seed, load_images("digits")).test_errors[-1] for seed in (1, 2, 3)])

    learnt = errors()
    monkeypatch.setattr(ContrastiveModel, "train_epoch", lambda self, samples: None)
    assert (learnt < 0.75 * errors()).all()


def test_bundled_digits_alone_make_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = [setting for setting in settings("digits", 1) if setting.layers in ((64, 64, 64), (64, 128))]
    monkeypatch.setattr(speed, "SECONDS", 0.01)
    monkeypatch.setattr(ff_grid, "settings", lambda data, epochs, full: iter(kept))
    monkeypatch.setattr(
        ff_identity, "kept", lambda config, data, samples: replace(SAME, rule=config.rule, samples=samples)
    )
    arguments = ["experiment", "ff", "--data", "digits", "--epochs", "1", "--seeds", "1", "--processes", "1", "--json"]
    answer = CliRunner().invoke(app, [*arguments, "-o", str(tmp_path / "page")])
    assert answer.exit_code == 0, answer.output
    files = {Path(file).name for file in json.loads(answer.stdout)["files"]}
    assert files == {"ff.md", "ff.json", "ff-learning.png"}
    assert {file.name for file in (tmp_path / "page").iterdir()} == files
    page = (tmp_path / "page" / "ff.md").read_text()
    assert "What was asked for" not in page and "MNIST" not in page
    again = f"--data digits --epochs 1 --seeds 1 --samples 10000 -o {tmp_path / 'page'}"
    assert page.rstrip().endswith(f"`hwgen experiment ff {again}`.")
    summary = json.loads((tmp_path / "page" / "ff.json").read_text())
    errors = {each["name"]: 100 * each["runs"][0]["test_errors"][0] for each in summary["settings"]}
    assert f"| 64-64-64 | 8 | {100 - errors['digits supervised 64-64-64']:.2f} |" in page
    mine, random = (100 - errors[f"digits contrastive 64-128{note}"] for note in ("", ", random weights"))
    assert f"| 64-128 | 8 | {mine:.2f} | {random:.2f} |" in page
    assert summary["targets"] == [] and [each["samples"] for each in summary["identities"]] == [10000] * 2


def as_if(setting: Setting, seed: int, like: Outcome) -> Outcome:
    """Made-up outcome of a setting; its errors fall to 2 %."""
    errors = [0.02 * (setting.last.epochs - epoch) for epoch in range(setting.last.epochs)]
    if setting.published:
        return Outcome(setting.name, seed, errors)
    notes: dict[str, Any] = json.loads(json.dumps(like.last))
    for what, clocks in (("training", 1600.0), ("inference", 400.0)):
        more = {"clocks": clocks, "learn": 500.0, "learn_words": 460.0}
        machine = next(iter(like.last[what]["machines"].values())) | more
        notes[what]["machines"] = {str(lanes): machine for lanes in setting.machines}
    return Outcome(setting.name, seed, errors, errors, notes, notes)


def findings(full: bool) -> Findings:
    chosen = [setting for data in ("mnist", "digits") for setting in settings(data, 3, full)]
    like = ff.train(CONTRASTIVE, 1, load_images("digits"))
    return Findings(chosen, [as_if(setting, seed, like) for setting in chosen for seed in (1, 2)], "mnist")


def test_the_page_holds_outcomes_against_targets(tmp_path: Path) -> None:
    digits = load_images("digits")
    images = {"digits": digits, "mnist": digits}
    identities = [SAME, replace(SAME, rule="contrastive", results=3, rtl=SUMS | {"clocks": 999})]
    found = findings(full=False)
    write_report(found, SPEED, images, identities, tmp_path, "the command")
    page = (tmp_path / "ff.md").read_text()
    assert "Again: `the command`." in page
    assert "| accuracy, supervised 784-256-256, % | at least 98.1 | 98 | missed |" in page
    assert "| accuracy, contrastive 784-500, % | at least 97.2 | 98 | met |" in page
    assert "| accuracy, contrastive 784-2000, % | at least 98 | - | not recorded |" in page
    assert "| clocks a training sample, contrastive 784-256, 128 lanes | at most 1,700 | 1,600 | met |" in page
    assert "| useful share of update sweeps, contrastive 784-256, 128 lanes, % | at least 90 | 92 | met |" in page
    assert "| Fmax, supervised 784-256-256 on an ECP5-85, MHz | at least 60 | - | not recorded |" in page
    assert "| differences of RTL and golden model, supervised, 9 samples | at most 0 | 0 | met |" in page
    assert "| differences of RTL and golden model, contrastive, 9 samples | at most 0 | 4 | missed |" in page
    assert "not recorded yet" in page and "phase: 4 differences" not in page and ": 4 differences." in page
    assert "| 784-500-500 | 8 | 98.00 | 98.00 | 2.00, 2.00 | 1,600 | 1,600 | 400 |" in page  # contrastive
    assert "| 784-500-500 | 8 | 98.00 | 2.00, 2.00 | 1,600 | 1,600 | 400 |" in page  # supervised
    weights = found.settings["supervised 784-256-256"].config().weights
    assert f"| supervised 784-256-256 | 128 | {weights:,} | 500 | {500 / weights:.4f} |" in page
    verdicts = {each["what"]: each["met"] for each in json.loads((tmp_path / "ff.json").read_text())["targets"]}
    assert len(verdicts) == 13
    rate = "golden model of {} 784-256-256, training samples a second | at least 8,000 |"
    assert f"| {rate.format('supervised')} 9,000 | met |" in page
    assert f"| {rate.format('contrastive')} 7,000 | missed |" in page
    assert "| contrastive, published rule, floating point | 7,000 | 7,000 |" in page

    results = [
        {"file": "examples/ff-mnist-256.toml", "board": "ulx3s-85f", "out_of_context": True, "refused": None}
        | {"used": (counts := dict.fromkeys(("lut", "ff", "block_ram", "dsp"), 7)), "available": counts}
        | {"clock_mhz": None, "fmax_mhz": 64.0}
    ]
    (tmp_path / "boards-ff.json").write_text(json.dumps({"results": results}))
    write_report(findings(full=True), SPEED, images, identities, tmp_path, "the command")
    page = (tmp_path / "ff.md").read_text()
    assert "| accuracy, contrastive 784-2000, % | at least 98 | 98 | met |" in page
    assert "| Fmax, supervised 784-256-256 on an ECP5-85, 64 lanes, measured on " in page
    assert ", MHz | at least 60 | 64 | met |" in page
    assert "| Fmax, contrastive 784-256-256 on an ECP5-85, MHz | at least 60 | - | not recorded |" in page
    assert "| 64.0 | - | 1,600 | 400 | 40,000 | 160,000 |" in page  # 64 MHz / 1,600 clocks


def test_settings_have_names_of_their_own() -> None:
    for full in (False, True):
        chosen = [setting for data in ("mnist", "digits") for setting in settings(data, 3, full)]
        assert len({setting.name for setting in chosen}) == len(chosen)
        assert any(setting.layers == (784, 2000) for setting in chosen) == full
        assert all(json.dumps(setting.as_dict()) for setting in chosen)


COMPARED = FFConfig.parse({"layers": [64, 8], "lanes": 4, "rule": "contrastive", "pixel_bits": 4})


@pytest.mark.slow
def test_rtl_and_golden_model_are_compared_over_a_training() -> None:
    """Verilator compiles the machine: half a minute and more."""
    identity = ff_identity.kept(COMPARED, "digits", 50)
    assert identity.golden == identity.rtl and identity.rtl["trained"] == 50
    assert (identity.results, identity.weights, identity.differences) == (0, 0, 0)


def test_a_comparison_is_kept_and_read_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Design, "verilog", lambda self: SimpleNamespace(text="the Verilog"))
    monkeypatch.setattr(ff_identity, "open_machine", lambda design, backend: FFModel(design.config))
    identity = ff_identity.kept(COMPARED, "digits", 50)
    assert (identity.samples, identity.rtl["trained"], identity.differences) == (50, 50, 0)
    assert identity.compared == COMPARED.weights + 9 * 10 + 3
    monkeypatch.setattr(ff_identity, "compare", None)  # not called again
    assert ff_identity.kept(COMPARED, "digits", 50) == identity
    with pytest.raises(TypeError):
        ff_identity.kept(COMPARED, "digits", 49)
    monkeypatch.setattr(Design, "verilog", lambda self: SimpleNamespace(text="other Verilog"))
    with pytest.raises(TypeError):
        ff_identity.kept(COMPARED, "digits", 50)


def test_what_differs_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another seed in the place of the RTL: other results, weights and statistics."""
    other = FFModel(FFConfig.parse(COMPARED.parameters() | {"seed": 2}))
    machines = {"golden": FFModel(COMPARED), "rtl": other}
    monkeypatch.setattr(ff_identity, "open_machine", lambda design, backend: machines[backend])
    design = Design("small", registry.CORES["ff"], COMPARED)
    identity = ff_identity.compare(design, load_images("digits").train)
    assert identity.results > 1000 and identity.weights > COMPARED.weights / 2
    assert identity.differences > identity.results + identity.weights


def test_an_option_of_another_experiment_is_refused() -> None:
    answer = CliRunner().invoke(app, ["experiment", "ep", "--full"])
    assert isinstance(answer.exception, HwgenError)
    assert "--full belongs to the experiment ff" in str(answer.exception)
