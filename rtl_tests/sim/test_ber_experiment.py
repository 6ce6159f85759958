"""The experiment on bit errors: its page comes from its findings, and these from golden model and RTL."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from hwgen.bayes.config import BayesConfig
from hwgen.cli.app import app
from hwgen.design import Design
from hwgen.errors import HwgenError
from sim.experiments import ber, ber_identity, ber_report, ber_upsets
from sim.experiments.bayes import TASKS
from sim.experiments.ber import KINDS, MACHINES, RATES, SIZES, Machine, Outcome
from sim.experiments.ber_findings import Findings, measure, summary
from sim.experiments.ber_identity import Identity, Point
from sim.experiments.ber_report import write_report
from sim.experiments.ber_target import WATCHED, Effect
from sim.experiments.ber_upsets import Struck
from sim.golden.bayes import BayesModel

FIGURES = {f"ber-{name}.png" for name in ("loss", "transient", "frozen", "rtl", "upsets")}

LOST = (0, 0, 0, 0, 0.01, 0.02, 0.03, 0.2, 0.5)
"""What made-up stochastic machines lose at each rate; logarithmic ones lose as much at the rate before."""


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HWGEN_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """They take seconds."""
    for name in ("loss", "sweep", "identity", "upsets"):
        monkeypatch.setattr(ber_report, f"{name}_figure", lambda *_: b"")


def made_up(splits: int = 2) -> list[Outcome]:
    def outcome(task: str, split: int, machine: Machine, kind: ber.Kind) -> Outcome:
        lost = LOST if machine.mode == "stochastic" else (*LOST[1:], 0.6)
        best = 0.5 if machine.normalisation == "none" else 0.9
        return Outcome(task, split, machine, kind, [best + 0.02 * split - each for each in lost], 0.92)

    return [
        outcome(task, split, machine, kind)
        for task in TASKS
        for split in range(splits)
        for machine in MACHINES
        for kind in KINDS
    ]


def same(task: str, mode: ber.Mode, bits: int, samples: int) -> Identity:
    points = [
        Point(machine.normalisation, kind, rate, 0.9, 0.9, 0, 0)
        for machine in MACHINES
        if (machine.mode, machine.bits) == (mode, bits)
        for kind in KINDS
        for rate in RATES
    ]
    return Identity(task, mode, bits, samples, points, "2026-01-02", "some tool")


PASSED = Effect("engine.counts", 0, 3, 70, 1, 1, 8, 9, 0, 30, 1, 200, "", True)
UNSEEN = replace(PASSED, wrong=0, changed=0, right=9, samples=0, clocks=0)
STAYS = replace(PASSED, changed=2, right=7, lasting=4, right_lasting=26, samples=None, clocks=None, remedy="soft reset")


def struck(task: str, mode: ber.Mode, upsets: int) -> list[Struck]:
    effects = [PASSED, replace(PASSED, samples=3, clocks=400), UNSEEN, STAYS]
    kinds = ("likelihood memory", "random numbers (LFSR)", "row counters", "bus and registers")
    return [Struck(task, mode, kind, bits, 40, 30, list(effects)) for bits, kind in enumerate(kinds, start=100)]


def test_a_point_is_the_golden_model_with_these_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ber, "RATES", (0.0, 0.1))
    outcomes = {(outcome.machine, outcome.kind): outcome for outcome in ber.run_split("iris", 3)}
    assert set(outcomes) == {(machine, kind) for machine in MACHINES for kind in KINDS}
    part = ber.prepare("iris", 3)
    seeds = ber.seeds(part, 3)
    assert len(seeds) * len(part.samples) >= ber.DECISIONS > (len(seeds) - 1) * len(part.samples)
    assert not set(seeds) & set(ber.seeds(part, 4))
    for machine in (MACHINES[0], MACHINES[-1]):
        table = machine.table(part)
        plain = BayesModel(machine.config(part.probabilities), table).infer(part.samples)
        model = BayesModel(machine.config(part.probabilities, memory="emulated"), table)
        right = 0
        for seed in seeds:
            model.set_errors(0.1, "frozen", seed)
            right += int((model.infer(part.samples).decisions == part.labels).sum())
        outcome = outcomes[machine, "frozen"]
        assert outcome.accuracies == pytest.approx(
            [(plain.decisions == part.labels).mean(), right / len(seeds) / len(part.labels)]
        )
        assert outcome.exact == (part.probabilities.decide(part.samples) == part.labels).mean()


def test_outcomes_are_kept_and_read_back(monkeypatch: pytest.MonkeyPatch) -> None:
    first = made_up()[:3]
    monkeypatch.setattr(ber, "run_split", lambda task, number: first)
    assert ber.kept("iris", 1) == first
    monkeypatch.setattr(ber, "run_split", None)  # not called again
    assert ber.kept("iris", 1) == first
    with pytest.raises(TypeError):
        ber.kept("iris", 2)


def test_the_page_is_made_of_the_findings(tmp_path: Path) -> None:
    identities = [same(task, *size, 45) for task in TASKS for size in SIZES]
    upsets = [each for task in ber_upsets.TASKS for mode in ber_upsets.MODES for each in struck(task, mode, 4)]
    files = write_report(Findings(made_up(), identities, upsets), tmp_path, "the command")
    assert (
        {file.name for file in files} == {file.name for file in tmp_path.iterdir()} == {"ber.md", "ber.json"} | FIGURES
    )
    page = (tmp_path / "ber.md").read_text()
    assert "Again: `the command`." in page and "DIFFER" not in page
    assert "| stochastic, 8 bits | transient | 2.00 | digits, 8 pixels, at 0.01 | 8 of 12 |" in page
    assert "| logarithmic, 8 bits | frozen | 3.00 | digits, 8 pixels, at 0.01 | 4 of 12 |" in page
    assert "| stochastic, 8 bits | observation | transient | 0.003 | 0.003 | 0.003 | 0.003 | 0.003 |" in page
    assert "| logarithmic, 4 bits | column | frozen | 0.001 | 0.001 | 0.001 | 0.001 | 0.001 |" in page
    assert "| stochastic, 8 bits | none | frozen | - | - | - | - | - |" in page  # far below floating point anyway
    assert "| stochastic, 8 bits | column | frozen | 91.0 ± 1.0 | 91.0 ± 1.0 |" in page
    assert "| wine | logarithmic, 4 bits | 54 | 45 | 0 | 0 | 0 | 2026-01-02 |" in page
    row = "100 | 75.0 | 75.0 | 80.0 of 90.0 | 2 / 3 | 300 / 400 | 25.0 | 72.50 of 75.00 | soft reset (1) |"
    assert page.count(f"| likelihood memory | {row}") == 4
    assert "in 64 of 64 upsets" in page
    summary = json.loads((tmp_path / "ber.json").read_text())
    assert len(summary["sweeps"]) == len(TASKS) * len(MACHINES) * len(KINDS)
    assert summary["sweeps"][0]["loss_points"] == pytest.approx([100 * each for each in LOST])
    assert all((tmp_path / name).read_bytes().startswith(b"\x89PNG") for name in FIGURES)


@pytest.mark.usefixtures("no_figures")
@pytest.mark.parametrize(
    ("slopes", "said"),
    [
        ((0.4, 0.5, 0.5), ["**It is the more robust one**", "**Narrow integers do not always help**"]),
        ((0.5, 0.4, 0.4), ["**It is not always the more robust one**", "**Narrow integers do not always help**"]),
        ((0.5, 0.4, 0.3), ["**It is not always the more robust one**", "**Narrow integers help**"]),
    ],
)
def test_the_text_says_what_the_numbers_say(
    slopes: tuple[float, float, float], said: list[str], tmp_path: Path
) -> None:
    lost = dict(zip(SIZES, slopes, strict=True))  # a unit of the rate
    outcomes = [
        replace(each, accuracies=[0.9 - lost[each.machine.mode, each.machine.bits] * rate for rate in RATES])
        for each in made_up()
    ]
    effects = [replace(PASSED, wrong=0), PASSED, replace(PASSED, wrong=2, clocks=1), PASSED]
    kinds = ("row counters", "sequence of decisions", "random numbers (LFSR)", "likelihood memory")
    upsets = [Struck("wine", mode, kind, 9, 40, 30, effects) for mode in ber_upsets.MODES for kind in kinds[:3]]
    upsets += [Struck("wine", mode, kinds[3], 9, 40, 30, [STAYS]) for mode in ber_upsets.MODES]
    write_report(Findings(outcomes, [same("wine", "stochastic", 8, 45)], upsets), tmp_path, "the command")
    page = (tmp_path / "ber.md").read_text()
    for text in [
        *said,
        "from +0.00 to +0.00 points more than transient ones",
        "90.0 % of the samples at most, whatever the errors: a product",
        "An upset LFSR spoiled 2 results at most",
        "**Row counters.** 75 % of the upsets are seen",
        "Every upset passed by itself in: row counters, sequence of decisions, random numbers (LFSR).",
    ]:
        assert text in page


@pytest.mark.usefixtures("no_figures")
@pytest.mark.parametrize("what", ["results", "clocks", "upsets"])
def test_any_difference_is_said_first(what: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    identity = same("wine", "stochastic", 8, 45)
    upsets = [each for mode in ber_upsets.MODES for each in struck("wine", mode, 4)]
    if what == "upsets":
        upsets[0].effects[0] = replace(PASSED, predicted=False)
        said = "0 differences over the rates of errors, 1 of\n32 upsets"
    else:
        wrong = {"different": 3} if what == "results" else {"clocks": 3}
        identity.points[5] = replace(identity.points[5], **wrong)
        said = f"{3 if what == 'results' else 1} differences over the rates of errors, 0 of\n32 upsets"
    write_report(Findings(made_up(), [identity], upsets), tmp_path, "the command")
    page = (tmp_path / "ber.md").read_text()
    assert "RTL and golden model DIFFER" in page[:300] and said in page
    assert "RTL and golden model DIFFER" in caplog.text


def test_upsets_that_do_not_pass_have_no_recovery() -> None:
    found = summary(Struck("wine", "stochastic", "row counters", 24, 40, 30, [STAYS, UNSEEN]))
    assert (found.never, found.samples, found.clocks, found.remedies) == (0.5, None, None, {"soft reset": 1})
    assert (found.accuracy, found.accuracy_undisturbed) == (16 / (2 * WATCHED), 18 / (2 * WATCHED))
    assert (found.lasting, found.lasting_accuracy, found.lasting_undisturbed) == (4 / 80, 56 / 80, 0.75)


class Other(BayesModel):
    """In the place of the RTL: reads other bits wrong."""

    def set_errors(self, rate: float, mode: str = "transient", seed: int = 0) -> float:
        return super().set_errors(rate, mode, seed + 1)


def test_a_comparison_counts_what_differs_and_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Design, "verilog", lambda self: SimpleNamespace(text="the Verilog"))
    monkeypatch.setattr(ber_identity, "open_rtl", lambda design: Other(design.config))
    found = ber_identity.kept("iris", "logarithmic", 4, 20)
    assert found.samples == 20 and len(found.points) == 3 * len(KINDS) * len(RATES)
    assert found.differences > 100
    assert all(point.different == 0 and point.golden == point.rtl for point in found.points if point.rate == 0)
    assert all(point.different > 0 for point in found.points if point.rate == 0.3)
    monkeypatch.setattr(ber_identity, "compare", None)  # not called again
    assert ber_identity.kept("iris", "logarithmic", 4, 20) == found
    with pytest.raises(TypeError):
        ber_identity.kept("iris", "logarithmic", 4, 19)


@pytest.mark.slow
def test_rtl_and_golden_model_are_compared_point_by_point() -> None:
    """Verilator compiles the machine: a minute where others run, too."""
    found = ber_identity.kept("iris", "stochastic", 8, 10)
    assert (found.samples, found.differences) == (10, 0)
    assert len({point.rtl for point in found.points}) > 2


@pytest.mark.slow
def test_upsets_strike_a_real_machine_and_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ber_upsets, "KINDS", {"row sums": ber_upsets.KINDS["row sums"], "rest": ".*"})
    found = ber_upsets.kept("iris", "logarithmic", 5)
    assert [(each.kind, len(each.effects)) for each in found] == [("row sums", 5), ("rest", 5)]
    assert all(effect.register.startswith("engine.row_") for effect in found[0].effects)
    assert all(effect.samples is not None for effect in found[0].effects)
    monkeypatch.setattr(ber_upsets, "strike", None)  # not called again
    assert ber_upsets.kept("iris", "logarithmic", 5) == found


@pytest.mark.usefixtures("no_figures")
def test_the_command_runs_all_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ber, "run", lambda splits, processes, report: made_up(splits))
    monkeypatch.setattr(ber_identity, "kept", same)
    monkeypatch.setattr(ber_upsets, "kept", struck)
    options = ["--splits", "3", "--samples", "7", "--upsets", "4"]
    answer = CliRunner().invoke(app, ["experiment", "ber", *options, "--json", "-o", str(tmp_path / "page")])
    assert answer.exit_code == 0, answer.output
    result = json.loads(answer.stdout)
    assert {Path(file).name for file in result["files"]} == {"ber.md", "ber.json"} | FIGURES
    assert len(result["outcomes"]) == len(made_up(3))
    page = (tmp_path / "page" / "ber.md").read_text()
    assert f"`hwgen experiment ber {' '.join(options)} -o {tmp_path / 'page'}`." in page
    assert "Over 3 random splits" in page and "| 54 | 7 | 0 |" in page


def test_parts_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        ber, "run_split", lambda task, number: [each for each in made_up() if (each.task, each.split) == (task, number)]
    )
    monkeypatch.setattr(ber_identity, "kept", same)
    monkeypatch.setattr(ber_upsets, "kept", struck)
    reports: list[tuple[int, int]] = []
    found, outcomes = measure(2, 5, 4, 1, lambda done, total: reports.append((done, total)))
    parts = 2 * len(TASKS) + len(TASKS) * len(SIZES) + len(ber_upsets.TASKS) * len(ber_upsets.MODES)
    assert reports == [(done, parts) for done in range(parts + 1)]
    assert found.splits == 2 and sorted(map(str, outcomes)) == sorted(map(str, made_up()))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["bayes", "--upsets", "3"], "--upsets belongs to the experiment ber; leave it out"),
        (["ep", "--samples", "3"], "--samples belongs to the experiment ber or ff; leave it out"),
        (["ff", "--splits", "3"], "--splits belongs to the experiment bayes or ber; leave it out"),
    ],
)
def test_options_of_other_experiments_are_refused(arguments: list[str], message: str) -> None:
    answer = CliRunner().invoke(app, ["experiment", *arguments])
    assert isinstance(answer.exception, HwgenError) and str(answer.exception) == message


@pytest.mark.parametrize("arguments", [["--splits", "1"], ["--samples", "0"], ["--upsets", "0"]])
def test_too_few_are_refused(arguments: list[str]) -> None:
    answer = CliRunner().invoke(app, ["experiment", "ber", *arguments])
    assert answer.exit_code == 2 and "greater than or equal to" in answer.output


def test_every_machine_of_a_size_has_the_same_config() -> None:
    """One compilation serves all normalisations."""
    part = ber.prepare("iris", 0)
    configs: dict[str, set[BayesConfig]] = {}
    for machine in MACHINES:
        configs.setdefault(machine.size, set()).add(machine.config(part.probabilities))
    assert [len(each) for each in configs.values()] == [1, 1, 1]
