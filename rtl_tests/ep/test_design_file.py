"""Design files of equilibrium-propagation machines: weights, held-out data, and what is wrong with a file."""

import re
from pathlib import Path

import numpy as np
import pytest

import hwgen
from hwgen.design import load_machine
from hwgen.ep.config import EPConfig
from hwgen.ep.weights import EPWeights
from hwgen.errors import DesignError
from sim.datasets import load_split
from sim.golden.ep import EPModel

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
EP = 'core = "ep"\n[ep]\nlayers = [64, 16, 10]\npixel_bits = 2\n'


def write(folder: Path, text: str) -> Path:
    path = folder / "machine.toml"
    path.write_text(text)
    return path


def trained(config: EPConfig) -> EPWeights:
    """What a machine knows after some samples."""
    model = EPModel(config)
    rng = np.random.default_rng(0)
    model.train(rng.integers(0, 4, (50, config.inputs)), rng.integers(0, config.classes, 50))
    return model.dump()


def test_a_file_without_source_describes_a_machine_that_draws_its_own_synapses(tmp_path: Path) -> None:
    design = hwgen.load_design(write(tmp_path, EP))
    assert (design.parameters, design.verilog_parameters, design.evaluation) == (None, None, None)
    assert design.content_hash == 0 and design.fidelity() == {}
    assert design.with_trial_parameters() is not None and design.with_trial_parameters().parameters is None
    assert hwgen.open_design(design).dump() == EPModel(design.config).dump()


@pytest.mark.parametrize(
    ("layers", "lanes", "hint"),
    [
        (
            "[784, 1021, 10]",
            "",
            r"ep.lanes is 1, .* \(1021\) .*; hidden sizes of 1024 would have 512. Set ep.lanes = 1 if",
        ),
        ("[784, 512, 100, 10]", "", r"ep.lanes is 4, .* \(512, 100\) .*; hidden sizes of 512, 128 would have 64."),
        ("[784, 1021, 10]", "lanes = 1", None),
        ("[784, 1000, 10]", "", None),
        ("[784, 512, 128, 10]", "", None),
        ("[784, 3, 2, 10]", "", None),
    ],
)
def test_few_lanes_by_default_are_told_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, layers: str, lanes: str, hint: str | None
) -> None:
    path = write(tmp_path, f'core = "ep"\n[ep]\nlayers = {layers}\n{lanes}')
    for load in (hwgen.load_design, load_machine):
        caplog.clear()
        load(path)
        assert [record.levelname for record in caplog.records] == ([] if hint is None else ["WARNING"])
        assert hint is None or re.search(f"{path}: {hint}", caplog.text)


def test_the_held_out_digits_fill_the_bits_of_an_input(tmp_path: Path) -> None:
    _, test = load_split("digits", 0.25, 0)
    for bits in (2, 4, 8):
        text = EP.replace("pixel_bits = 2", f"pixel_bits = {bits}") + '[source]\ndataset = "digits"\n'
        held_out = hwgen.load_design(write(tmp_path, text)).evaluation
        np.testing.assert_array_equal(held_out.labels, test.labels)
        levels = np.minimum(test.features, 15).astype(int)
        np.testing.assert_array_equal(held_out.samples, levels >> 2 if bits == 2 else levels << bits - 4)
        assert held_out.float_decisions is None


def test_weights_are_in_the_verilog_and_their_accuracy_in_the_report(tmp_path: Path) -> None:
    config = EPConfig.parse({"layers": [64, 16, 10], "pixel_bits": 2})
    weights = trained(config)
    weights.save(tmp_path / "weights.npz")
    source = '[source]\nweights = "weights.npz"\n'
    design = hwgen.load_design(write(tmp_path, EP + source))
    assert design.verilog_parameters == weights and design.content_hash == weights.digest != 0
    assert design.fidelity() == {}
    design = hwgen.load_design(write(tmp_path, EP + source + 'dataset = "digits"\n'))
    held_out = design.evaluation
    right = hwgen.open_design(design).infer(held_out.samples).predictions == held_out.labels
    assert design.fidelity() == {"samples": 450, "accuracy_golden": right.mean()}


def test_a_folder_that_is_called_like_a_data_set_is_that_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not the bundled digits, wherever the command is run."""
    folder = tmp_path / "digits"
    folder.mkdir()
    for part, count in (("train", 20), ("t10k", 10)):
        images = np.full((count, 8, 8), 255, np.uint8)
        header = b"".join(size.to_bytes(4, "big") for size in (0x0803, count, 8, 8))
        (folder / f"{part}-images-idx3-ubyte").write_bytes(header + images.tobytes())
        labels = (np.arange(count) % 10).astype(np.uint8)
        header = b"".join(size.to_bytes(4, "big") for size in (0x0801, count))
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(header + labels.tobytes())
    file = write(tmp_path, EP + '[source]\ndataset = "./digits"\n')
    monkeypatch.chdir(tmp_path)
    for path in (file, Path(file.name)):
        design = hwgen.load_design(path)
        assert len(design.evaluation) == 10 and design.evaluation.samples.min() == 3
        assert hwgen.train(design).epochs[0].samples == 20


def test_a_file_that_names_mnist_describes_the_same_machine_where_mnist_is_not(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("HWGEN_DATA", raising=False)
    with caplog.at_level("WARNING", logger="hwgen"):
        design = hwgen.load_design(EXAMPLES / "ep-mnist-512.toml")
    assert design.config.layers == (784, 512, 10) and design.evaluation is None
    assert "no held-out samples" in caplog.text and "HWGEN_DATA" in caplog.text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (EP + "[source]\n", "source must have weights, dataset or both"),
        (EP + "[source]\ntable = 'x'\n", "source.table: no such parameter; allowed are dataset, weights"),
        (EP + "[source]\ndataset = 'wine'\n", "or a folder of files in MNIST's format, not 'wine'"),
        (EP + "[source]\nweights = 'none.npz'\n", "none.npz does not exist"),
        (EP.replace("64", "63") + "[source]\ndataset = 'digits'\n", "source.dataset: images of 8 x 8 pixels"),
        (EP.replace(", 10]", ", 9]") + "[source]\ndataset = 'digits'\n", "10 classes"),
        (EP + "mode = 'x'\n", "ep.mode: no such parameter"),
        ("core = 'ep'\n", "ep.layers is missing"),
    ],
)
def test_what_is_wrong_is_named_with_file_and_key(text: str, expected: str, tmp_path: Path) -> None:
    path = write(tmp_path, text)
    with pytest.raises(DesignError) as error:
        hwgen.load_design(path)
    assert expected in str(error.value) and str(error.value).startswith(f"{path}: ")


def test_a_folder_without_mnist_files_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    path = write(tmp_path, EP + '[source]\ndataset = "data"\n')
    with pytest.raises(DesignError, match=r"source\.dataset: .*train-images-idx3-ubyte is missing"):
        hwgen.load_design(path)


def test_no_classifier_becomes_an_equilibrium_propagation_machine() -> None:
    with pytest.raises(DesignError, match="core must be one of bayes, not 'ep', which is not made from a classifier"):
        hwgen.design_from_classifier(object(), "my", core="ep")
