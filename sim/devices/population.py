"""Memristors one by one: states, resistances, and what a pulse changes."""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from sim.devices.hfox import HfOxConfig, Resistance, Switching
from sim.devices.lines import Supply

Numbers = NDArray[np.intp]
"""Numbers of devices, shape (n,), each at most once."""


class State(IntEnum):
    """What a device was last made."""

    VIRGIN = 0
    """Never formed: as good as an insulator."""
    LRS = 1
    """Low-resistance state: formed or SET."""
    HRS = 2
    """High-resistance state: RESET."""


class Population:
    """``count`` HfOx memristors. All arrays have shape ``(count,)``.

    Args:
        count: devices.
        config: what they are made of.
        seed: of what was drawn when they were made, and of every pulse since. The same calls with the same seed give
            the same devices and states. What was drawn when they were made depends on seed, config and count alone.
    """

    def __init__(self, count: int, config: HfOxConfig, seed: np.random.SeedSequence) -> None:
        self.config = config
        made, pulsed = (np.random.default_rng(child) for child in seed.spawn(2))
        self._rng = pulsed
        # Device-to-device parts, in units of their spread.
        self._resistance = {state: made.standard_normal(count) for state in State}
        self._time = {supply: made.standard_normal(count) for supply in Supply}
        self._limit = 2 * config.endurance_cycles * np.exp(config.endurance_sigma * made.standard_normal(count))

        self.state: NDArray[np.uint8] = np.full(count, State.VIRGIN, np.uint8)
        """:class:`State` of each device."""
        self.log_ohm: NDArray[np.float64] = np.empty(count)
        """ln of the resistance in ohms."""
        self.pulses: NDArray[np.uint32] = np.zeros(count, np.uint32)
        """Programming pulses that the device has seen, effective or not."""
        self.switches: NDArray[np.uint32] = np.zeros(count, np.uint32)
        """Changes of state, forming included: two a cycle of SET and RESET."""

        everywhere = np.arange(count)
        drawn = made.random(count)
        shares = np.cumsum([config.stuck_virgin, config.stuck_lrs, config.stuck_hrs])
        self.stuck: NDArray[np.bool_] = drawn < shares[-1]
        """Devices that were made so that they never change their state."""
        self.state[(drawn >= shares[0]) & (drawn < shares[1])] = State.LRS
        self.state[(drawn >= shares[1]) & (drawn < shares[2])] = State.HRS
        for state in State:
            self._settle(everywhere[self.state == state], state)

    @property
    def worn(self) -> NDArray[np.bool_]:
        """Devices that have reached the end of their endurance: they no longer leave the low-resistance state."""
        return self.switches >= self._limit

    def set_pulse(self, devices: Numbers, supply: Supply, duration_ns: float) -> None:
        """A pulse with the source line above the bit line.

        With the forming supply it forms virgin devices; with another one it leaves them as they are, so that a
        controller which skips forming is found out. Formed devices are SET, at the speed that the voltage gives.
        """
        self.pulses[devices] += 1
        state = self.state[devices]
        config = self.config
        if supply is Supply.FORMING:
            virgin = devices[state == State.VIRGIN]
            self._switch(virgin, config.forming, Supply.FORMING, supply, duration_ns, State.LRS)
        formed = devices[state != State.VIRGIN]
        self._switch(formed, config.set, Supply.SET, supply, duration_ns, State.LRS)

    def reset_pulse(self, devices: Numbers, supply: Supply, duration_ns: float) -> None:
        """A pulse with the bit line above the source line: formed devices are RESET, at the speed that the voltage
        gives, virgin and worn ones stay as they are."""
        self.pulses[devices] += 1
        able = devices[(self.state[devices] != State.VIRGIN) & (self.switches[devices] < self._limit[devices])]
        self._switch(able, self.config.reset, Supply.RESET, supply, duration_ns, State.HRS)

    def volts(self, supply: Supply) -> float:
        """Volts of a supply."""
        config = self.config
        return {Supply.FORMING: config.forming_v, Supply.SET: config.set_v, Supply.RESET: config.reset_v}[supply]

    def _switch(
        self, devices: Numbers, law: Switching, kind: Supply, supply: Supply, duration_ns: float, state: State
    ) -> None:
        """Make those ``devices`` ``state`` that switch within the pulse. ``kind`` is the supply that ``law`` is for:
        a device's own speed is another one for each."""
        # ln t = ln median + device_sigma d + cycle_sigma c;  t <= duration switches.
        log_time = law.log_median_ns(self.volts(supply)) + law.device_sigma * self._time[kind][devices]
        log_time += law.cycle_sigma * self._rng.standard_normal(len(devices))
        switched = devices[(np.exp(log_time) <= duration_ns) & ~self.stuck[devices]]
        self.switches[switched] += self.state[switched] != state
        self.state[switched] = state
        self._settle(switched, state)

    def _settle(self, devices: Numbers, state: State) -> None:
        """Draw the resistances of devices that have just been made ``state``."""
        kinds: dict[State, Resistance] = {
            State.VIRGIN: self.config.virgin,
            State.LRS: self.config.lrs,
            State.HRS: self.config.hrs,
        }
        kind = kinds[state]
        self.log_ohm[devices] = kind.log_median + kind.device_sigma * self._resistance[state][devices]
        self.log_ohm[devices] += kind.cycle_sigma * self._rng.standard_normal(len(devices))
