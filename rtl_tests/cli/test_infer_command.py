"""`hwgen infer`: what it says of held-out samples, and of each layer."""

import json
from pathlib import Path

import numpy as np
import pytest

from hwgen.api import open_design
from hwgen.design import load_design
from rtl_tests.command import Run, runner

WINE = Path(__file__).resolve().parents[2] / "examples" / "bayes-wine-stochastic.toml"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command in this process, as the shell would."""
    return runner(capsys, monkeypatch)


def test_infer_tells_how_many_held_out_samples_are_right(run: Run, tmp_path: Path) -> None:
    machine = load_design(WINE)
    assert machine.evaluation is not None
    right = (open_design(machine).infer(machine.evaluation.samples).decisions == machine.evaluation.labels).mean()
    assert json.loads(run("infer", WINE, "--json").out)["accuracy"] == right
    assert f"accuracy {right:.2%} on 45 held-out samples" in run("infer", WINE).out
    np.save(tmp_path / "samples.npy", machine.evaluation.samples)
    assert json.loads(run("infer", WINE, "--samples", tmp_path / "samples.npy", "--json").out)["accuracy"] is None


def test_infer_names_layer_and_pass_of_each_goodness(run: Run, tmp_path: Path) -> None:
    design = tmp_path / "learner.toml"
    design.write_text('core = "ff"\n[ff]\nlayers = [64, 4, 4]\npixel_bits = 4\n[source]\ndataset = "digits"\n')
    out = run("infer", design).out
    headings = [f"goodness {sign} {layer}" for layer in (0, 1) for sign in ("positive", "negative")]
    assert all(heading in out for heading in headings)
    result = open_design(design).infer(np.full((1, 64), 3))
    (row,) = result.columns()
    assert list(row.values()) == [result.predictions[0], *result.goodness[0].ravel()]
