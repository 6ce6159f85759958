"""Seeds of the machine beside those of the samples, and how far a training tells that it is."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hwgen import api
from hwgen.errors import HwgenError
from rtl_tests.ep import machines as ep_machines
from rtl_tests.ff import machines as ff_machines
from rtl_tests.sim.machines import asked, design, few_images
from sim.golden.ep import EPModel
from sim.train import train


def test_the_machine_draws_from_its_own_seed(tmp_path: Path) -> None:
    """The hardware is that of the design: a board needs no other bitstream."""
    machine = design(nudging="random-sign")
    wanted = train(design(nudging="random-sign", seed=7), epochs=2)
    golden = train(machine, machine_seed=7, epochs=2)
    assert golden.weights == wanted.weights != train(machine, epochs=2).weights
    assert golden.as_dict()["machine_seed"] == 7 and wanted.as_dict()["machine_seed"] is None
    assert train(machine, machine_seed=7, epochs=2, backend="rtl").weights == wanted.weights

    train(machine, machine_seed=7, epochs=2, output=tmp_path, stop=asked(4))
    with pytest.raises(HwgenError, match="starting_weights"):
        train(machine, epochs=2, output=tmp_path, resume=True)
    assert train(machine, machine_seed=7, epochs=2, output=tmp_path, resume=True).weights == wanted.weights


def test_a_machine_that_starts_with_weights_draws_none(tmp_path: Path) -> None:
    train(design(), epochs=1).weights.save(tmp_path / "weights.npz")
    for values in ({"weights": tmp_path / "weights.npz"}, {}):
        machine = design() if values else replace(design(), parameters=EPModel(design().config).dump())
        with pytest.raises(HwgenError, match="machine_seed has no meaning for a machine that starts with weights"):
            train(machine, machine_seed=3, **values)


@pytest.mark.parametrize("core", ["ep", "ff"])
@pytest.mark.parametrize("value", ["p.npz", None], ids=str)
def test_what_are_no_weights_is_not_loaded(core: str, value: Any) -> None:
    machines = ep_machines if core == "ep" else ff_machines
    refusal = rf"weights must be {core.upper()}Weights, as dump gives them, not {value!r}; .*load\(path, config\)"
    for backend in ("golden", "rtl"):
        with api.open_design(machines.tiny(), backend) as machine, pytest.raises(HwgenError, match=refusal):
            machine.load(value)


@pytest.mark.parametrize("core", ["ep", "ff"])
def test_a_training_takes_weights_themselves(core: str, tmp_path: Path) -> None:
    machine = design() if core == "ep" else ff_machines.tiny(layers=[64, 4], pixel_bits=4, classes=10)
    first = train(machine, epochs=1).weights
    first.save(tmp_path / "weights.npz")
    taken = train(machine, epochs=1, weights=first)
    assert taken.as_dict() == train(machine, epochs=1, weights=tmp_path / "weights.npz").as_dict()
    assert taken.weights != first
    with pytest.raises(HwgenError, match="weights must be"):
        train(machine, epochs=1, weights=5)


def test_training_tells_how_far_it_is_in_tests_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.train.load_images", lambda data: few_images(150, 130))
    monkeypatch.setattr("sim.stream.CHUNK", 100)
    monkeypatch.setattr("sim.epochs.CHUNK", 100)
    told: list[tuple[int, ...]] = []
    steps = [100, 150, 250, 280, 380, 430, 530, 560]
    expected = [(1 + (done > 280), done, 560) for done in steps]
    train(design(), epochs=2, at=lambda *numbers: told.append(numbers))
    assert told == expected
    told.clear()
    train(design(), epochs=2, output=tmp_path, stop=asked(5))  # in the second epoch, after a chunk
    train(design(), epochs=2, output=tmp_path, resume=True, at=lambda *numbers: told.append(numbers))
    assert told == expected[5:]
