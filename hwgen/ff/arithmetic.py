"""What belongs to one of several layers that share an engine."""

from collections.abc import Sequence
from functools import reduce
from operator import add

from amaranth.hdl import Array, Const, Value


def of_layer(values: Sequence[Value | int], layer: Value) -> Value:
    """What belongs to a layer; a constant where all layers share it."""
    if all(isinstance(value, int) for value in values) and len(set(values)) == 1:
        return Const(values[0])
    return Value.cast(values[0]) if len(values) == 1 else Array(values)[layer]


def of_group(values: Sequence[Sequence[int]], layer: Value, group: Value) -> Value:
    """What belongs to a group of a layer."""
    if len({value for each in values for value in each}) == 1:
        return Const(values[0][0])
    return of_layer([Value.cast(each[0]) if len(each) == 1 else Array(each)[group] for each in values], layer)


def shifted(value: Value, shifts: Sequence[int], layer: Value) -> Value:
    """``value >> shifts[layer]``: a multiplexer with an input for each of the distinct shifts."""
    distinct = sorted(set(shifts))
    if len(distinct) == 1:
        return value >> distinct[0]
    return Array(value >> shift for shift in distinct)[of_layer([distinct.index(shift) for shift in shifts], layer)]


def times(value: Value, factor: int) -> Value:
    """``value * factor`` by adders: synthesis would spend a multiplier of the FPGA on it. ``factor`` is 1 or more."""
    terms = [value << place for place in range(factor.bit_length()) if factor >> place & 1]
    return reduce(add, terms)
