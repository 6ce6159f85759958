"""Whole numbers that a caller gave from Python: checked once, in one wording."""

import operator
from typing import Any

from hwgen.errors import HwgenError


def check_integer(name: str, value: Any, least: int, most: int | None = None, of: str = "") -> int:
    """``value`` as an ``int``.

    Args:
        name: what it is called, for the message.
        value: an integer of Python or NumPy; a truth value is none, and neither is a whole float.
        least: the lowest allowed.
        most: the highest allowed; None: any.
        of: unit and what else belongs behind the range, for the message.

    Raises :class:`~hwgen.errors.HwgenError` naming the value and what is allowed.
    """
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, bool):
        raise HwgenError(f"{name} must be an integer, not {value!r}")
    behind = f" {of}" if of else ""
    if most is None and number < least:
        raise HwgenError(f"{name} must be at least {least}{behind}, not {number}")
    if most is not None and not least <= number <= most:
        raise HwgenError(f"{name} must lie between {least} and {most}{behind}, not {number}")
    return number
