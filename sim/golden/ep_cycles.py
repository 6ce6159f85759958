"""The clocks of the equilibrium-propagation machine, when both its streams run at full speed.

Three samples are in the machine at a time: one comes in (load), one's drive is summed (drive), one relaxes and learns.
A drive that was summed with synapses that have flipped since is summed again. All times are numbers of clocks; clock 0
is that of the first transfer.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hwgen.crossbar.stages import WORD_STAGES
from hwgen.ep.config import EPConfig
from hwgen.ep.plan import BANKS, ROW_STAGES, EPPlan
from sim.golden.compiled import compiled
from sim.golden.crossbar import COMPLETE, load_clocks, pass_clocks

Ints = NDArray[np.int64]

AGAIN = WORD_STAGES + 2
"""What a drive that is summed again takes beside its sweeps: from the last entry to its word, and from this to the
complete sum and to those who wait for it."""
DRIVE = AGAIN + 1
"""The same for a drive whose list is claimed first."""
LEARN_INPUTS = WORD_STAGES - ROW_STAGES + 2
"""What a sweep that learns takes beside its entries, until the next slot: from the last entry until that slot may be
loaded, and a clock before and after."""


class Timing(NamedTuple):
    """The parameters that clocks depend on."""

    pixel_beats: int
    groups: int
    """Slots of the first hidden layer."""
    slots: int
    rows: int
    """Rows of synapses between the layers, of all slots together."""
    step: int
    """One step of the relaxation."""
    decision: int
    """From a step's last update to knowing whether it changed anything."""
    count_drain: int
    """From the count of the last slot's changed neurons to its sum."""
    flips_drain: int
    """From the last word that learns to the number of its flips."""
    pause: int
    """Between two words that learn."""

    @classmethod
    def of(cls, config: EPConfig) -> "Timing":
        """The timing of a machine."""
        plan = EPPlan(config)
        return cls(
            pixel_beats=config.pixel_beats,
            groups=plan.groups[0],
            slots=len(plan.slots),
            rows=plan.sign_words,
            step=plan.step_clocks,
            decision=plan.decision_delay,
            count_drain=plan.count_drain,
            flips_drain=plan.flips_drain,
            pause=2 - config.memory_ports,
        )


PHASES = ("drive", "free", "nudged", "learn")
"""What clocks are spent on, as the statistics registers ``drive_cycles`` and so on count them."""
DRIVING, FREE, NUDGED, LEARNING = range(len(PHASES))


class Clocks(NamedTuple):
    """What some samples take."""

    busy: int
    """Clocks in which the machine works."""
    results: Ints
    """Shape ``(n,)``: the clock of each sample's result on ``y``."""
    phases: Ints
    """Clocks of each of :data:`PHASES`. A drive is summed while another sample is in another phase, so these may be
    more than those in which the machine works."""


@compiled
def count(
    timing: Timing, trace: NDArray[np.void], learning: NDArray[np.bool_], slots_changed: NDArray[np.bool_]
) -> Clocks:
    """Clocks of some samples, in order.

    Args:
        timing: of the machine.
        trace: shape ``(n,)``, dtype :data:`~sim.golden.ep_rule.TRACE`: what happened to the samples.
        learning: shape ``(n,)``: which of them were learnt from.
        slots_changed: shape ``(n, slots)``: see :class:`~sim.golden.ep.Trace`.
    """
    samples = len(trace)
    results, phases = np.zeros(samples, np.int64), np.zeros(len(PHASES), np.int64)
    if not samples:
        return Clocks(0, results, phases)
    given_back = np.full(BANKS, -1, np.int64)  # when each bank was, last
    busy = 0
    idle = 0  # from when on the control awaits a sample
    loaded = 0  # when the sample before had come in
    loaded, claimed, driven = load(timing, trace[0], loaded, given_back[0], 0)
    busy += driven - claimed - 1
    phases[DRIVING] += driven - claimed - 1
    for n in range(samples):
        note = trace[n]
        start = max(driven, idle)
        now = start + phase(timing, note.free_steps)
        phases[FREE] += now - start
        more = n + 1 < samples
        if more:
            loaded, claimed, driven = load(timing, trace[n + 1], loaded, given_back[(n + 1) % BANKS], start + 1)
        again = 0  # when the next sample's drive was begun anew

        if not learning[n]:
            end = now + 2
        else:
            nudged = now
            now += phase(timing, note.negative_steps) if note.negative_steps else 0
            now += phase(timing, note.positive_steps) if note.positive_steps else 0
            phases[NUDGED] += now - nudged
            # Count the changed neurons of each slot.
            now += timing.slots + timing.count_drain + 1
            end = now + 1
            if note.learnt:
                # A drive that has begun is summed first.
                before = more and claimed <= now
                begin = max(now + 1, driven) if before else now + 1
                pause = timing.pause
                now = begin + (1 + pause) * timing.rows + (1 - pause) * timing.slots
                for slot in range(timing.groups):
                    sweeps = slots_changed[n, slot] and note.active_inputs
                    now += pass_clocks(note.active_inputs, 0, pause) + LEARN_INPUTS if sweeps else 1
                now += timing.flips_drain + 1
                phases[LEARNING] += now - begin
                end = now + 1
                if more and not before:
                    claimed = max(claimed, end)
                    driven = claimed + sweeps_of(timing, trace[n + 1]) + DRIVE
                elif more and note.input_flips:
                    again = now
                    driven = now + 1 + sweeps_of(timing, trace[n + 1]) + AGAIN
        given_back[n % BANKS] = end
        results[n] = idle = end + 1

        # The control works from start on, and the next sample's drive after it, where it is late.
        busy += end - start
        if more:
            phases[DRIVING] += sweeps_of(timing, trace[n + 1]) + DRIVE - 1
            phases[DRIVING] += driven - again - 1 if again else 0
            busy += max(0, driven - max(idle, again + 1 if again else claimed + 1))
    return Clocks(busy, results, phases)


@compiled
def load(timing: Timing, note: Any, loaded: int, bank: int, free: int) -> tuple[int, int, int]:
    """When a sample has come in, when its list is claimed and when its drive is summed; ``loaded``: when the sample
    before it had come in; ``bank``: when its bank was given back; ``free``: from when on lists are claimed."""
    end = max(loaded, bank + 1) + load_clocks(timing.pixel_beats, note.active_inputs, note.active_beats)
    claimed = max(end + COMPLETE, free)
    return end, claimed, claimed + sweeps_of(timing, note) + DRIVE


@compiled
def sweeps_of(timing: Timing, note: Any) -> int:
    """The sweeps of a drive: for each slot a clock to begin, and one for each active input."""
    return timing.groups * pass_clocks(note.active_inputs, 1, 0)


@compiled
def phase(timing: Timing, steps: int) -> int:
    """A phase of so many steps."""
    return steps * timing.step + timing.decision
