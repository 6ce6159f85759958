"""What an array must do, by the loops of the golden model; and random arrays and sweeps."""

from dataclasses import replace
from typing import Any

import numpy as np

from hwgen.ff.plan import ArrayLayer, ArrayPlan
from rtl_tests.ff.engine import Begin, Engine, Seen, Sweep, start_clocks
from sim.golden import ff_kernel as kernel
from sim.golden.ff_rule import Rule


class Reference:
    """Makes the same sweeps.

    Args:
        plan: of the array.
        weights: of each layer; change in place.
        states: of the generators for rounding; change in place.
        rule: where images are moved.
    """

    def __init__(self, plan: ArrayPlan, weights: list[Any], states: list[int], rule: Rule | None = None) -> None:
        self.plan = plan
        self.weights = weights
        self.states = states
        self.rule = rule
        self.total = np.zeros(plan.lanes, np.int64)
        self.base = self.total
        self.sums: list[tuple[int, int, list[int]]] = []
        """Layer, number of the sweep, and values of each beat."""
        self.saturated = [0] * len(plan.layers)

    def run(self, sweeps: list[Sweep]) -> None:
        for number, sweep in enumerate(sweeps):
            if sweep.update:
                self._update(sweep)
            else:
                self._sum(number, sweep)

    def _list(self, sweep: Sweep) -> tuple[Any, Any, int]:
        """Numbers and values of the inputs, and how many there are."""
        entries = [*sweep.entries, *([] if sweep.constant is None else [sweep.constant])]
        index, value = (np.array([(0, 0), *entries], np.int32)[1:] + np.array([sweep.row, 0], np.int32)).T.copy()
        if sweep.right or sweep.down:
            moved = np.empty_like(index), np.empty_like(value)
            count = kernel.move(self.rule, index, value, len(entries), sweep.right, sweep.down, *moved)
            return *moved, count
        return index, value, len(entries)

    def _sum(self, number: int, sweep: Sweep) -> None:
        plan = self.plan
        units = np.zeros(plan.layers[sweep.layer].units, np.int32)
        kernel.accumulate(self.weights[sweep.layer], *self._list(sweep), plan.master_bits - plan.mac_bits, units)
        first = {Begin.CLEAR: 0 * self.total, Begin.KEEP: self.total, Begin.RESTORE: self.base}[sweep.begin]
        self.total = first + units[sweep.group * plan.lanes : (sweep.group + 1) * plan.lanes]
        if sweep.save:
            self.base = self.total
        if sweep.capture:
            values = (self.total * (1 + sweep.double)).tolist()
            for place in range(0, plan.lanes, plan.unit_lanes):
                self.sums.append((sweep.layer, number, values[place : place + plan.unit_lanes]))

    def _update(self, sweep: Sweep) -> None:
        plan, layer = self.plan, self.plan.layers[sweep.layer]
        step = np.zeros(layer.units, np.int32)
        step[sweep.group * plan.lanes : (sweep.group + 1) * plan.lanes] = sweep.steps
        most = (1 << plan.master_bits - 1) - 1
        weights, end = self.weights[sweep.layer], (layer.update_shift, most, self.states[sweep.layer])
        if sweep.others is None:
            state, saturated = kernel.update(weights, *self._list(sweep), step, *end)
        else:
            other = np.zeros(layer.units, np.int32)
            other[sweep.group * plan.lanes : (sweep.group + 1) * plan.lanes] = sweep.other_steps
            merged = np.zeros((3, layer.rows), np.int32)
            second = replace(sweep, entries=sweep.others)
            count = kernel.merge(*self._list(sweep), *self._list(second), merged)
            state, saturated = kernel.update_merged(weights, merged, count, step, other, *end)
        self.saturated[sweep.layer] += saturated
        if sweep.group == plan.groups[sweep.layer] - 1:
            self.states[sweep.layer] = state


def random_plan(rng: np.random.Generator) -> ArrayPlan:
    """A small array drawn from all that there may be."""
    lanes = int(rng.choice([1, 2, 3, 4, 5, 6, 8, 12, 16], p=[0.15, 0.15, 0.15, 0.15, 0.1, 0.1, 0.1, 0.05, 0.05]))
    master_bits = int(rng.choice([8, 12, 16]))
    shifts = rng.integers(1, 27, 3)
    ports = int(rng.integers(1, 3))
    layers = tuple(
        ArrayLayer(int(rng.integers(2, 10)), lanes * int(rng.integers(1, 4)), int(shift), int(rng.integers(1, 9)))
        for shift in shifts[: rng.integers(1, 4)]
    )
    return ArrayPlan(
        layers=layers,
        lanes=lanes,
        unit_lanes=int(rng.choice([lane for lane in range(1, lanes + 1) if lanes % lane == 0])),
        master_bits=master_bits,
        mac_bits=int(rng.choice([8, master_bits])),
        value_bits=int(rng.integers(1, 9)),
        step_bits=int(rng.integers(9, 19)),
        sum_bits=34,
        entries=max(layer.rows for layer in layers),
        banks=4,
        ports=ports,
        other_bits=int(rng.choice([0, 9, 17])) if ports == 2 else 0,
    )


def random_weights(plan: ArrayPlan, rng: np.random.Generator) -> list[Any]:
    """Of each layer, many at the ends of their range."""
    most = 1 << plan.master_bits - 1
    spread = rng.normal(
        0, most / 2, (sum(layer.rows for layer in plan.layers), max(layer.units for layer in plan.layers))
    )
    clipped = np.clip(np.rint(spread), -most, most - 1).astype(np.int16)
    ends = np.cumsum([layer.rows for layer in plan.layers])
    return [clipped[end - layer.rows : end, : layer.units].copy() for end, layer in zip(ends, plan.layers, strict=True)]


def random_sweeps(plan: ArrayPlan, rng: np.random.Generator, count: int, **values: Any) -> list[Sweep]:
    """Sweeps of any kind in any order, and soon after each other. Steps and values are small or as large as they can
    be."""
    sweeps = []
    for _ in range(count):
        layer = int(rng.integers(len(plan.layers)))
        merges = plan.merges and rng.random() < 0.3
        row = 0 if merges else int(rng.integers(2))
        rows = plan.layers[layer].rows - row
        scale = 1 << int(rng.integers(1, plan.value_bits + 1))

        def some(rows: int = rows) -> list[int]:
            return np.flatnonzero(rng.random(rows - 1) < rng.choice([0, 0.3, 0.7, 1])).tolist()

        def entries(indices: list[int], scale: int = scale) -> tuple[tuple[int, int], ...]:
            return tuple((index, int(rng.integers(1, scale))) if scale > 1 else (index, 1) for index in indices)

        indices = some()
        most = (1 << int(rng.integers(3, plan.step_bits))) - 1
        drawn = {
            "layer": layer,
            "row": row,
            "group": int(rng.integers(plan.groups[layer])),
            "entries": entries(indices),
            "constant": (rows - 1, int(rng.integers(1, scale))) if rng.random() < 0.6 else None,
            "update": bool(rng.random() < 0.5),
            "begin": Begin(int(rng.integers(3))),
            "save": bool(rng.random() < 0.3),
            "capture": bool(rng.random() < 0.7),
            "double": bool(rng.random() < 0.3),
            "steps": tuple(rng.integers(-most - 1, most + 1, plan.lanes).tolist()),
            "wait": int(rng.choice([0, 0, 0, 1, 7])),
        }
        if merges:
            other = (1 << int(rng.integers(3, plan.other_bits))) - 1
            other_steps = tuple(rng.integers(-other - 1, other + 1, plan.lanes).tolist())
            drawn |= {"update": True, "others": entries(some()), "other_steps": other_steps}
        sweeps.append(Sweep(**drawn | values))
    return sweeps


def check(
    plan: ArrayPlan, sweeps: list[Sweep], rng: np.random.Generator, rule: Rule | None = None
) -> tuple[Reference, Seen]:
    """Make sweeps; compare all that comes of them, and when it comes."""
    weights = random_weights(plan, rng)
    seeds = tuple(rng.integers(1, 1 << 16, len(plan.layers)).tolist())
    engine = Engine(plan, weights, seeds)
    reference = Reference(plan, [array.copy() for array in weights], list(seeds), rule)
    seen = engine.run(sweeps)
    reference.run(sweeps)
    clocks = start_clocks(plan, sweeps)
    assert seen.endings == [ending for _, ending in clocks]
    assert [beat[1:] for beat in seen.sums] == reference.sums
    delays = [plan.sums_delay + beat for beat in range(plan.beats)]
    captures = [ending for (_, ending), sweep in zip(clocks, sweeps, strict=True) if sweep.capture and not sweep.update]
    assert [beat[0] for beat in seen.sums] == [ending + delay for ending in captures for delay in delays]
    for found, wanted in zip(engine.weights, reference.weights, strict=True):
        np.testing.assert_array_equal(found, wanted)
    assert seen.states == reference.states
    assert seen.saturated == reference.saturated
    return reference, seen
