"""An array with its memory and its generator for rounding, and what it must do: by the golden model's loops."""

from dataclasses import dataclass, field
from typing import Any

from amaranth.hdl import Module, ResetInserter, Signal
from amaranth.lib import data
from amaranth.lib.wiring import connect

from hwgen.crossbar.stages import LIST_STAGES, MERGE_STAGES
from hwgen.crossbar.words import fill_clocks
from hwgen.ff.array import LaneArray
from hwgen.ff.plan import ArrayPlan
from hwgen.ff.rounding import RoundingGenerator
from hwgen.ff.sweeps import Begin, synapse_pipeline
from rtl_tests.ff.words import from_words, to_words
from rtl_tests.simulate import simulate

NOTE = data.StructLayout({"number": 12})

QUIET = 40
"""Clocks after the last sweep until all must be over."""


@dataclass(frozen=True)
class Sweep:
    """A sweep, and when it may be started."""

    layer: int = 0
    group: int = 0
    row: int = 0
    entries: tuple[tuple[int, int], ...] = ()
    constant: tuple[int, int] | None = None
    update: bool = False
    begin: Begin = Begin.CLEAR
    save: bool = False
    capture: bool = True
    double: bool = False
    right: int = 0
    down: int = 0
    steps: tuple[int, ...] = ()
    """Of an update: h of the group's units."""
    others: tuple[tuple[int, int], ...] | None = None
    """Of an update over the union of two lists, ``row`` being 0: entries of the second one."""
    other_steps: tuple[int, ...] = ()
    """Of the same: h that goes with these."""
    wait: int = 0
    """Clocks from the ``ending`` of the sweep before to this one's ``start``, if nothing else asks for more."""


@dataclass
class Seen:
    """What came of some sweeps."""

    starts: list[int] = field(default_factory=list)
    endings: list[int] = field(default_factory=list)
    sums: list[tuple[int, int, int, list[int]]] = field(default_factory=list)
    """Clock, layer, note and values of each beat."""
    saturated: list[int] = field(default_factory=list)
    """Of each layer."""
    states: list[int] = field(default_factory=list)


class Engine:
    """Runs sweeps on the hardware.

    Args:
        plan: of the array.
        weights: of each layer, shape ``(rows, units)``; None: the memory is filled by the hardware.
        seeds: of the generators for rounding.
    """

    def __init__(self, plan: ArrayPlan, weights: list[Any] | None, seeds: tuple[int, ...]) -> None:
        self.plan = plan
        init = None if weights is None else to_words(plan, weights)
        self.memory = list(init or [0] * plan.word_format.depth)
        self.pipeline = synapse_pipeline(plan, NOTE, init)
        self.array = LaneArray(plan, NOTE)
        self.rounding = RoundingGenerator(seeds)
        self.top = m = Module()
        self.reset = Signal()
        m.submodules.pipeline, m.submodules.rounding = self.pipeline, self.rounding
        m.submodules.array = ResetInserter(self.reset)(self.array)
        connect(m, self.pipeline.lanes, self.array.synapses)
        m.d.comb += [
            self.pipeline.read.eq(self.array.read),
            self.pipeline.locked.eq(self.array.working | self.pipeline.pending | self.pipeline.filling),
            self.array.filling.eq(self.pipeline.filling),
            self.rounding.draw.eq(self.array.draw),
            self.array.random.eq(self.rounding.word),
        ]
        self.clock = 0
        self.lists: list[tuple[tuple[int, int], ...]] = [()] * plan.banks

    @property
    def weights(self) -> list[Any]:
        """What the memory now holds."""
        return from_words(self.plan, self.memory)

    def simulate(self, bench: Any) -> None:
        """Run a test bench beside what answers the array and keeps account of the memory."""

        async def answer(ctx: Any) -> None:
            array, ports = self.array, [(self.array.read_bank, self.array.read_address, self.array.entry)]
            if self.plan.merges:
                ports.append((array.other_bank, array.other_address, array.other_entry))
            waiting = [[(0, 0)] * len(ports)] * LIST_STAGES
            async for _, _, *asked in ctx.tick().sample(*(member for port in ports for member in port[:2])):
                waiting = [*waiting[1:], list(zip(asked[::2], asked[1::2], strict=True))]
                for (bank, address), (_, _, entry) in zip(waiting[0], ports, strict=True):
                    entries = self.lists[bank]
                    index, value = entries[address] if address < len(entries) else (5, 3)
                    ctx.set(entry.index, index)
                    ctx.set(entry.value, value)

        async def write(ctx: Any) -> None:
            lanes = self.pipeline.lanes
            async for _, _, enable, address, word in ctx.tick().sample(
                lanes.write, lanes.write_address, lanes.write_word
            ):
                self.clock += 1
                if enable:
                    self.memory[address] = word

        simulate(self.top, bench, background=[answer, write])

    def fill(self, seed: int) -> None:
        """The first filling of the memory."""
        pipeline = self.pipeline

        async def bench(ctx: Any) -> None:
            ctx.set(pipeline.start, 1)
            ctx.set(pipeline.seed, seed)
            await ctx.tick()
            ctx.set(pipeline.start, 0)
            await ctx.tick().repeat(fill_clocks(self.plan.matrices, self.plan.lanes) - 1)
            assert ctx.get(pipeline.filled)
            await ctx.tick()
            assert not ctx.get(pipeline.filling)
            await ctx.tick()  # the last word is written in that clock

        self.simulate(bench)

    def run(self, sweeps: list[Sweep]) -> Seen:
        """Make sweeps, each as early as the last one's ``ending`` and its own ``wait``, sums, steps and words allow."""
        seen = Seen(saturated=[0] * len(self.plan.layers))

        async def bench(ctx: Any) -> None:
            await run_sweeps(self, ctx, sweeps, seen)

        self.simulate(bench)
        return seen


async def run_sweeps(engine: Engine, ctx: Any, sweeps: list[Sweep], seen: Seen, stop: int | None = None) -> None:
    """Clock by clock: starts, beats of steps, and what is seen; until clock ``stop``, if given."""
    plan, array = engine.plan, engine.array
    starts = start_clocks(plan, sweeps)
    beats: dict[int, tuple[tuple[int, ...], tuple[int, ...]]] = {}
    for (first, _), sweep in zip(starts, sweeps, strict=True):
        if sweep.update:
            # As late as they may come, a beat a clock.
            for beat in range(plan.beats):
                clock = first + steps_delay(plan, sweep) - plan.beats + 1 + beat
                assert clock not in beats
                place = slice(beat * plan.unit_lanes, (beat + 1) * plan.unit_lanes)
                beats[clock] = sweep.steps[place], (sweep.other_steps or (7,) * plan.lanes)[place]
    begin = min([0, *beats])
    by_clock = {start: (number, sweep) for number, ((start, _), sweep) in enumerate(zip(starts, sweeps, strict=True))}
    captures = [clocks for clocks, sweep in zip(starts, sweeps, strict=True) if sweep.capture and not sweep.update]
    updates = [
        (start, ending + turnaround(plan, sweep))
        for (start, ending), sweep in zip(starts, sweeps, strict=True)
        if sweep.update and length(sweep)
    ]
    idle = 0
    clock = begin
    last = starts[-1][1] + plan.beats + QUIET
    while clock < last:
        if clock == stop:
            ctx.set(array.start, 0)
            ctx.set(array.steps_valid, 0)
            return
        ctx.set(array.start, clock in by_clock)
        if clock in by_clock:
            set_sweep(engine, ctx, *by_clock[clock])
            seen.starts.append(clock)
        ctx.set(array.steps_valid, clock in beats)
        values, others = beats.get(clock, ((0,) * plan.unit_lanes, (0,) * plan.unit_lanes))
        ctx.set(array.steps, list(values))
        if plan.merges:
            ctx.set(array.others, list(others))
        if ctx.get(array.ending):
            seen.endings.append(clock)
        sums = array.sums
        if ctx.get(sums.valid):
            values = [ctx.get(value) for value in sums.values]
            seen.sums.append((clock, ctx.get(sums.layer), ctx.get(sums.note.number), values))
            assert ctx.get(array.working)
        saturated = ctx.get(array.saturated)
        if saturated:
            seen.saturated[ctx.get(array.saturated_layer)] += saturated
            assert ctx.get(array.working)
        working = ctx.get(array.working)
        leaves = [start < clock < ending + plan.sums_delay + plan.beats for start, ending in captures]
        assert ctx.get(array.chain_busy) == any(leaves)
        if not (ctx.get(array.asking) or ctx.get(engine.pipeline.pending)):
            assert all(clock <= start or clock >= written for start, written in updates)
            idle += 1
        await ctx.tick()
        clock += 1
    assert not working
    assert idle > QUIET - 20
    seen.states = [ctx.get(state) for state in engine.rounding.states]


def set_sweep(engine: Engine, ctx: Any, number: int, sweep: Sweep) -> None:
    """Tell the array what to do. Banks are used in turn."""
    plan, member = engine.plan, engine.array.sweep
    bank = number % plan.banks
    engine.lists[bank] = sweep.entries
    index, value = sweep.constant or (1, 1)
    told = {
        "layer": sweep.layer,
        "group": sweep.group,
        "row": sweep.row,
        "bank": bank,
        "count": len(sweep.entries),
        "constant": sweep.constant is not None,
        "constant_entry": {"index": index, "value": value},
        "update": sweep.update,
        "begin": sweep.begin,
        "save": sweep.save,
        "capture": sweep.capture,
        "double": sweep.double,
        "note": {"number": number},
    }
    if plan.frame is not None:
        told |= {"right": sweep.right, "down": sweep.down}
    if plan.merges:
        other_bank = (number + 1) % plan.banks
        told |= {"merges": sweep.others is not None, "other_bank": other_bank, "other_count": len(sweep.others or ())}
        if sweep.others is not None:
            engine.lists[other_bank] = sweep.others
    ctx.set(member, told)


def length(sweep: Sweep) -> int:
    indices = {index for index, _ in (*sweep.entries, *(sweep.others or ()))}
    return len(indices) + (sweep.constant is not None)


def steps_delay(plan: ArrayPlan, sweep: Sweep) -> int:
    """Clocks from its ``start`` to the last one in which its steps may enter."""
    return plan.steps_delay + (0 if sweep.others is None else MERGE_STAGES)


def turnaround(plan: ArrayPlan, sweep: Sweep) -> int:
    """Clocks from its ``ending`` until its words may be read."""
    return plan.turnaround if sweep.others is None else plan.merged_turnaround


def start_clocks(plan: ArrayPlan, sweeps: list[Sweep]) -> list[tuple[int, int]]:
    """The first clocks in which sweeps may be started, one after the other, and the clocks in which they end: the
    documented rules, and nothing else."""
    clocks: list[tuple[int, int]] = []
    captured = -plan.beats  # ending of the last sweep that did
    taken = -plan.beats  # clock of the last beat of the last update's steps
    written: dict[tuple[int, int], int] = {}  # from when on the words of a group may be read
    ending = 0
    for sweep in sweeps:
        start = ending + (sweep.wait if clocks else 0)
        place = sweep.layer, sweep.group
        if plan.ports == 1 and written:
            start = max(start, max(written.values()))
        if place in written:
            start = max(start, written[place])
        taken_clocks = plan.sweep_clocks(length(sweep), sweep.update, sweep.others is not None)
        if sweep.update:
            # All beats enter after the last sums' last beat, and after the sweep before has taken its own.
            free = max(captured + plan.sums_delay + plan.beats, taken + 1)
            start = max(start, free + plan.beats - 1 - steps_delay(plan, sweep))
            taken = start + steps_delay(plan, sweep)
        elif sweep.capture:
            # Sums enter the chain when steps have left it.
            start = max(start, captured + plan.beats - taken_clocks)
            captured = start + taken_clocks
        ending = start + taken_clocks
        if sweep.update:
            written[place] = ending + turnaround(plan, sweep)
        clocks.append((start, ending))
    return clocks
