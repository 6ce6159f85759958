"""The folder of a training: what is refused, what is kept of an earlier training, and that one at a time uses it."""

import json
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hwgen.ep.weights import EPWeights
from hwgen.errors import DesignError, HwgenError
from hwgen.npz import read_npz
from rtl_tests.sim.machines import asked, design
from sim.checkpoint import CHECKPOINT
from sim.golden.ep import EPModel
from sim.images import load_images
from sim.train import train


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.mark.parametrize(
    ("other", "values", "message"),
    [
        ({}, {"seed": 1}, "seed is 0 there and 1 here"),
        ({}, {"shift": 1}, "shift is 0 there and 1 here"),
        ({}, {"order": "file"}, "order is 'shuffled' there and 'file' here"),
        ({"hidden": 24}, {}, "config_hash is"),
        ({"seed": 3}, {}, "config_hash is .*; starting_weights is"),
        ({}, {"epochs": 1}, "epochs must be at least 2, as far as the training in"),
    ],
)
def test_a_checkpoint_of_another_training_is_refused(
    tmp_path: Path, other: dict[str, int], values: dict[str, Any], message: str
) -> None:
    train(design(), epochs=2, output=tmp_path, stop=asked(4))
    before = {file: file.read_bytes() for file in tmp_path.iterdir()}
    with pytest.raises(HwgenError, match=message):
        train(design(**other), **{"epochs": 2, "output": tmp_path, "resume": True} | values)
    assert before == {file: file.read_bytes() for file in tmp_path.iterdir()}


def test_a_checkpoint_of_other_data_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train(design(), output=tmp_path)
    swapped = load_images("digits")._replace(test=load_images("digits").train)
    monkeypatch.setattr("sim.train.load_images", lambda data: swapped)
    with pytest.raises(HwgenError, match="is of another training: data_sha256 is"):
        train(design(), epochs=2, output=tmp_path, resume=True)


def test_a_damaged_checkpoint_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HwgenError, match=r"holds no checkpoint .*; name the folder that does, or begin"):
        train(design(), output=tmp_path, resume=True)
    train(design(), output=tmp_path)
    weights = next(tmp_path.glob("checkpoint-*.npz"))
    train(design(), seed=1).weights.save(weights)
    with pytest.raises(HwgenError, match=r"does not hold the weights that checkpoint\.json names"):
        train(design(), output=tmp_path, resume=True)
    (tmp_path / CHECKPOINT).write_text('{"position": {"epochs": []}}')
    with pytest.raises(HwgenError, match="is not a checkpoint of hwgen train"):
        train(design(), output=tmp_path, resume=True)


def test_a_flipped_bit_of_a_checkpoint_is_found(tmp_path: Path) -> None:
    train(design(), output=tmp_path)
    path = next(tmp_path.glob("checkpoint-*.npz"))
    whole, arrays = path.read_bytes(), read_npz(path)
    rng = np.random.default_rng(0)
    refused = 0
    for place, bit in enumerate(rng.integers(0, 8, len(whole))):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << bit
        path.write_bytes(damaged)
        try:
            found = read_npz(path)  # a time in the archive, say, does not matter
        except DesignError as error:
            assert str(path) in str(error)
            refused += 1
        else:
            assert all(np.array_equal(found[name], arrays[name]) for name in found.keys() & arrays.keys())
    assert refused > 0.8 * len(whole)
    path.write_bytes(whole[:200] + bytes([whole[200] ^ 255]) + whole[201:])
    with pytest.raises(HwgenError, match=r"is not an \.npz file of numbers"):
        train(design(), epochs=2, output=tmp_path, resume=True)


@pytest.mark.parametrize("error", [zlib.error("invalid stored block"), NotImplementedError("compression type 99")])
def test_whatever_a_damaged_archive_raises_names_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def stumble(*arguments: Any, **options: Any) -> None:
        raise error

    monkeypatch.setattr(np, "load", stumble)
    with pytest.raises(DesignError, match=r"some\.npz is not an \.npz file of numbers: "):
        read_npz(tmp_path / "some.npz")


def test_a_finished_training_stays_until_a_new_one_is_there(tmp_path: Path) -> None:
    train(design(), output=tmp_path)
    before = contents(tmp_path)
    with pytest.raises(HwgenError, match="data must be"):
        train(design(), output=tmp_path, seed=1, data="nowhere")
    with pytest.raises(KeyboardInterrupt):
        train(design(), output=tmp_path, seed=1, at=interrupt)
    assert contents(tmp_path) == before

    train(design(), output=tmp_path, seed=1, epochs=2, stop=asked(4))  # its checkpoint, the old one's results
    results = {name for name in before if not name.startswith("checkpoint")}
    assert results == {"training.json", "weights.npz", "curve.png"}
    assert {name: contents(tmp_path)[name] for name in results} == {name: before[name] for name in results}
    with pytest.raises(HwgenError, match="holds a training that was stopped in epoch 2; go on with --resume"):
        train(design(), output=tmp_path, seed=1, epochs=2)

    last = train(design(), output=tmp_path, seed=1, epochs=2, resume=True)
    assert json.loads((tmp_path / "training.json").read_text()) == last.as_dict()
    assert EPWeights.load(tmp_path / "weights.npz", design().config) == last.weights
    assert set(contents(tmp_path)) & results == results and len(list(tmp_path.iterdir())) == 5


def interrupt(*arguments: object) -> None:
    raise KeyboardInterrupt


def test_an_old_curve_does_not_stay_beside_new_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train(design(), output=tmp_path)
    monkeypatch.setattr("sim.checkpoint.curve", lambda *_: None)  # as without Matplotlib
    training = train(design(), output=tmp_path, seed=1)
    assert not (tmp_path / "curve.png").exists()
    assert {file.name for file in training.files} == {"training.json", "weights.npz"}


def test_a_training_that_has_learnt_nothing_is_in_nobodys_way(tmp_path: Path) -> None:
    train(design(), output=tmp_path, stop=asked(0))
    assert train(design(), output=tmp_path, seed=1).complete


def test_a_folder_that_cannot_be_written_is_told_of_before_anything_is_learnt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EPModel, "train", interrupt)
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(HwgenError, match=rf"cannot write to {folder}: .*; name another folder as output"):
            train(design(), output=folder)


def test_a_checkpoint_is_there_before_the_first_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(EPModel, "train", interrupt)
        with pytest.raises(KeyboardInterrupt):
            train(design(), output=tmp_path / "new")
    assert train(design(), output=tmp_path / "new", resume=True).weights == train(design()).weights


def test_what_fails_before_it_begins_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(HwgenError):
        train(design(), output=tmp_path / "new", backend="serial:/dev/nowhere")
    with pytest.raises(HwgenError, match="holds no checkpoint"):
        train(design(), output=tmp_path / "a" / "b", resume=True)
    assert not list(tmp_path.iterdir())


def test_one_training_at_a_time_uses_a_folder(tmp_path: Path) -> None:
    def second(*arguments: object) -> None:
        for values in ({}, {"resume": True}):
            with pytest.raises(HwgenError, match=r"another training is using .*; wait until it is over, or name"):
                train(design(), output=tmp_path, **values)
        program = "import sys; from rtl_tests.sim.machines import design; from sim.train import train\n"
        program += f"train(design(), output={str(tmp_path)!r})"
        other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
        assert "another training is using" in other.stderr

    train(design(), output=tmp_path, at=once(second))
    assert train(design(), output=tmp_path, seed=1).complete


def once(call: Any) -> Any:
    """Makes the first call only."""
    calls = iter([call])
    return lambda *arguments: next(calls, lambda *arguments: None)(*arguments)
