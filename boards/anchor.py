"""A hold for a core that is placed without pins."""

from collections.abc import MutableMapping
from typing import Any

BLOCK_RAM = "DP16KD"

ANCHORS = {"85k": "X58/Y22/EBR0"}
"""A block RAM site in the middle of the lowest row of them, by ECP5 device."""


def anchor(netlist: MutableMapping[str, Any], top: str, site: str) -> None:
    """Fix the first block RAM of an ECP5 netlist at ``site``; a netlist without one stays as it is.

    Out of context nextpnr's placer has nothing to hold on to and gathers all logic at the device's lower edge, 18 rows
    from the nearest block RAM, whatever the seed: that alone costs 15 % of Fmax (122 instead of 137 MHz).
    """
    rams = [cell for cell in netlist["modules"][top]["cells"].values() if cell["type"] == BLOCK_RAM]
    if rams:
        rams[0]["attributes"]["BEL"] = site
