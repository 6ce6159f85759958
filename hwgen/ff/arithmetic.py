"""Small functions of values."""

from collections.abc import Sequence

from amaranth.hdl import Array, Cat, Const, Mux, Value


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


def clip(value: Value, bits: int) -> Value:
    """``value``, signed, as near as ``bits`` bits of two's complement get to it; no carry chain."""
    value = Value.cast(value)
    if len(value) <= bits:
        return value
    sign = value[-1]
    above = value[bits - 1 :]
    fits = above.all() | ~above.any()
    return Mux(fits, value[:bits], Cat((~sign).replicate(bits - 1), sign)).as_signed()


def rectify(value: Value, bits: int) -> Value:
    """``value``, signed, limited to 0 to ``2**bits - 1``; no carry chain."""
    value = Value.cast(value)
    beyond = value[bits:-1].any()
    return Mux(value[-1], 0, value[:bits] | beyond.replicate(bits))
