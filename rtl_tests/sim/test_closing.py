"""Machines of every backend are closed at the end of a ``with`` statement."""

from pathlib import Path

import pytest

from hwgen import api, registry
from hwgen.closing import Closing
from hwgen.errors import HwgenError

WINE = Path(__file__).resolve().parents[2] / "examples" / "bayes-wine-logarithmic.toml"


@pytest.mark.parametrize("core", [*registry.CORES.values(), registry.CHIP], ids=lambda core: str(core.name))
@pytest.mark.parametrize("side", ["model", "driver"])
def test_every_machine_may_be_used_in_a_with_statement(core: registry.Core, side: str) -> None:
    assert issubclass(core.load(side), Closing)


def test_hardware_is_given_back_at_the_end_of_a_with_statement_and_after_an_error() -> None:
    design = api.load_design(WINE)
    samples = design.evaluation.samples[:3]  # type: ignore[union-attr]
    with api.open_design(design) as golden, api.open_design(design, backend="rtl") as machine:
        assert not machine.infer(samples).differences(golden.infer(samples)).any()
    with pytest.raises(HwgenError, match="the transport is closed"):
        machine.infer(samples)
    with pytest.raises(KeyError), api.open_design(design, backend="rtl") as machine:
        raise KeyError
    with pytest.raises(HwgenError, match="the transport is closed"):
        machine.infer(samples)
