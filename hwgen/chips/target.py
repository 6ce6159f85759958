"""Targets ``chip:NAME``: the design of a controller for a fabricated machine."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hwgen import registry
from hwgen.chips.config import ChipConfig
from hwgen.chips.profile import target_profile
from hwgen.design import Design, read_toml
from hwgen.errors import DesignError


def target_design(target: str, **parameters: Any) -> Design:
    """The controller of a bench with the chip that ``target`` names.

    Args:
        target: such as ``"chip:bayes-64x64"``.
        parameters: of :class:`~hwgen.chips.config.ChipConfig`, such as ``clock_hz``.

    Raises :class:`~hwgen.errors.DesignError` for another target, naming those that there are, and for a parameter that
    cannot be.
    """
    profile = target_profile(target)
    return _design({"chip": profile.name, **parameters}, target)


def configured_target(
    target: str,
    settings: Path | None = None,
    clock_mhz: int | None = None,
    attempts: int | None = None,
    default: Mapping[str, Any] | None = None,
) -> Design:
    """:func:`target_design` as the command line asks for it.

    Args:
        target: such as ``"chip:bayes-64x64"``.
        settings: TOML file of parameters of :class:`~hwgen.chips.config.ChipConfig`; None: none.
        clock_mhz, attempts: parameters beside it; None: as the file says.
        default: parameters that hold where nothing is said.

    Raises :class:`~hwgen.errors.DesignError` as :func:`target_design` does, for a file that cannot be read or is for
    another chip, and for what is given twice.
    """
    profile = target_profile(target)
    given = {"clock_hz": None if clock_mhz is None else clock_mhz * 1_000_000, "attempts": attempts}
    parameters = {name: value for name, value in given.items() if value is not None}
    values = {} if settings is None else read_toml(settings)
    if values.pop("chip", profile.name) != profile.name:
        raise DesignError(f"{settings}: chip must be {profile.name}, as the command line has it, or be left out")
    for name in values.keys() & parameters.keys():
        raise DesignError(f"{settings}: {name} is given on the command line, too; leave one of them out")
    source = target if settings is None else str(settings)
    return _design({"chip": profile.name, **(default or {}), **values, **parameters}, source)


def _design(parameters: dict[str, Any], source: str) -> Design:
    config = ChipConfig.parse(parameters, source)
    return Design(config.profile.name.replace("-", "_"), registry.CHIP, config)
