"""Errors of a ``[source]`` that the command line has written."""

from collections.abc import Iterator
from contextlib import contextmanager

from hwgen.errors import DesignError


@contextmanager
def naming_options(where: str, *options: str) -> Iterator[None]:
    """Within, an error about a key of the ``[source]`` of ``where`` names the option that gave it."""
    try:
        yield
    except DesignError as error:
        text = str(error)
        for option in options:
            text = text.replace(f"{where}: source.{option}", f"--{option}")
        raise DesignError(text) from None
