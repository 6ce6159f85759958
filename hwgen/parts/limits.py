"""Limits of signed values, without a carry chain."""

from amaranth.hdl import Cat, Mux, Value


def clip(value: Value, bits: int) -> Value:
    """``value``, signed, as near as ``bits`` bits of two's complement get to it."""
    value = Value.cast(value)
    if len(value) <= bits:
        return value
    sign = value[-1]
    above = value[bits - 1 :]
    fits = above.all() | ~above.any()
    return Mux(fits, value[:bits], Cat((~sign).replicate(bits - 1), sign)).as_signed()


def rectify(value: Value, bits: int) -> Value:
    """``value``, signed, limited to 0 to ``2**bits - 1``."""
    value = Value.cast(value)
    kept = min(bits, len(value) - 1)
    beyond = value[kept:-1].any()
    return Mux(value[-1], 0, value[:kept] | beyond.replicate(bits))
