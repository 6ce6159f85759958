"""Targets ``chip:NAME``: the design of a controller for a fabricated machine."""

from typing import Any

from hwgen import registry
from hwgen.chips.config import ChipConfig
from hwgen.chips.profile import target_profile
from hwgen.design import Design


def target_design(target: str, **parameters: Any) -> Design:
    """The controller of a bench with the chip that ``target`` names.

    Args:
        target: such as ``"chip:bayes-64x64"``.
        parameters: of :class:`~hwgen.chips.config.ChipConfig`, such as ``clock_hz``.

    Raises :class:`~hwgen.errors.DesignError` for another target, naming those that there are, and for a parameter that
    cannot be.
    """
    profile = target_profile(target)
    config = ChipConfig.parse({"chip": profile.name, **parameters}, target)
    return Design(profile.name.replace("-", "_"), registry.CHIP, config)


def clocked_target(target: str, clock_mhz: int | None) -> Design:
    """:func:`target_design` with a clock in MHz; None: the default."""
    return target_design(target) if clock_mhz is None else target_design(target, clock_hz=clock_mhz * 1_000_000)
