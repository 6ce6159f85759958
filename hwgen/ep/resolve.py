"""From the tables of a design file to the config of a machine, its weights and its held-out samples."""

from pathlib import Path
from typing import Any

from hwgen.ep.config import EPConfig
from hwgen.ep.weights import EPWeights
from hwgen.pixel_source import LoadHeldOut, Resolved, resolve_pixels


def resolve(
    source: dict[str, Any], parameters: dict[str, Any], directory: Path, where: str, load_held_out: LoadHeldOut
) -> Resolved:
    """Read the tables ``[source]`` and ``[ep]`` of a design file; arguments and errors as in
    :func:`~hwgen.pixel_source.resolve_pixels`."""
    return resolve_pixels(EPConfig.parse(parameters, where), EPWeights, source, directory, where, load_held_out)
