"""Devices at the array pins of a cocotb bench: they see every clock, answer as sense amplifiers do, and fail the test
when a rule of the lines is broken."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import cocotb
from amaranth.hdl import Shape
from cocotb.triggers import FallingEdge

from hwgen.errors import HwgenError
from hwgen.memristor.config import ArrayConfig
from hwgen.memristor.signature import ArraySignature
from sim.devices.attached import AttachedArray, Devices
from sim.devices.protocol import ProtocolBreach, ProtocolChecker
from sim.golden.memristor import IDLE, Pins

ADDRESSES_AND_DATA = ("row", "column", "data")
"""Pins that may have bits above those that the array needs."""


class CocotbArray:
    """What :func:`attach` has put at the pins.

    Pins are sampled when the clock falls, half a period after they changed, and ``data`` is driven then.

    Args:
        dut: cocotb's handle of the module with the pins.
        clock: that of the sequencers, such as ``dut.clk``.
        config: phases and geometry; physical time is counted in its ``clock_hz``, whatever the simulator's clock is.
        devices: parameters of the devices, or an array that is there already.
        seed: of everything random.
        prefix: what the names of the pins begin with.
        reset: a handle that is 1 while the sequencers are reset, at the edge of ``clock`` that they take; None: they
            are not.

    Raises :class:`~hwgen.errors.HwgenError` naming the pins that the module has not, or not as wide as the array needs
    them; those of addresses and data may be wider.
    """

    def __init__(
        self,
        dut: Any,
        clock: Any,
        config: ArrayConfig,
        devices: Devices = None,
        seed: int = 0,
        *,
        prefix: str = "array_",
        reset: Any = None,
    ) -> None:
        self.attached = AttachedArray(config, devices, seed)
        self.array = self.attached.array
        """The devices: a :class:`~sim.devices.array.DeviceArray`, a
        :class:`~sim.devices.weak_reset_array.WeakResetArray`, or what was given."""
        self.checker = ProtocolChecker(config)
        """Its rules, and its breaches."""
        self._clock = clock
        self._reset = reset
        self._lines = _handles(dut, config, prefix)
        self._data = self._lines.pop("data")
        self._dropping = False

    @contextmanager
    def dropping(self) -> Iterator[None]:
        """Around what lets all lines fall at once, in the middle of a pulse, too: an abort, a lock, a soft reset. The
        hardware's reset needs no such notice."""
        self._dropping = True
        try:
            yield
        finally:
            self._dropping = False

    async def run(self) -> None:
        """Serve the pins for ever. Raises :class:`~sim.devices.protocol.ProtocolBreach` when a rule is broken, and when
        a line is X or Z after the first reset."""
        self._data.value = 0
        started = self._reset is None
        was_reset = False
        before = IDLE
        while True:
            await FallingEdge(self._clock)
            resets = self._reset is not None and not _is_0(self._reset)
            started |= was_reset and not resets
            if started or all(handle.value.is_resolvable for handle in self._lines.values()):
                pins = self._pins()
                dropped = was_reset or (self._dropping and any(before) and not any(pins))
                self.checker.check(pins, dropped)
                before = pins
                self._data.value = self.attached.clock(pins)
            was_reset = resets

    def _pins(self) -> Pins:
        levels = {name: handle.value for name, handle in self._lines.items()}
        unknown = [name for name, level in levels.items() if not level.is_resolvable]
        if unknown:
            levels_text = ", ".join(f"{name} is {levels[name]}" for name in unknown)
            raise ProtocolBreach(f"a line of the array has no level: {levels_text}")
        return Pins(**{name: int(level) for name, level in levels.items()})


def attach(
    dut: Any,
    clock: Any,
    config: ArrayConfig,
    devices: Devices = None,
    seed: int = 0,
    *,
    prefix: str = "array_",
    reset: Any = None,
) -> CocotbArray:
    """Put devices and a checker of the lines at a module's pins, from now to the end of the test, which fails when a
    rule is broken. Arguments and errors: see :class:`CocotbArray`."""
    array = CocotbArray(dut, clock, config, devices, seed, prefix=prefix, reset=reset)
    cocotb.start_soon(array.run())
    return array


def _handles(dut: Any, config: ArrayConfig, prefix: str) -> dict[str, Any]:
    """The pins, by name; errors as for :class:`CocotbArray`."""
    widths = {name: Shape.cast(member.shape).width for name, member in ArraySignature(config).members.items()}
    handles = {name: getattr(dut, f"{prefix}{name}", None) for name in widths}
    wrong = []
    if missing := [f"{prefix}{name}" for name, handle in handles.items() if handle is None]:
        wrong.append(f"there is no {', '.join(missing)} (`prefix`, {prefix!r}, is what the names of pins begin with)")
    for name, handle in handles.items():
        least, found = widths[name], 0 if handle is None else len(handle)
        wider = name in ADDRESSES_AND_DATA
        if handle is not None and (found < least or (found > least and not wider)):
            must = f"{'at least ' if wider else ''}{least}"
            wrong.append(f"{prefix}{name} must have {must} bit{'s' if least > 1 else ''}, not {found}")
    if wrong:
        raise HwgenError(f"{dut._name} has not the pins of the array: {'; '.join(wrong)}")
    return handles


def _is_0(handle: Any) -> bool:
    return bool(handle.value.is_resolvable) and int(handle.value) == 0
