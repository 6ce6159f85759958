"""No synapse word is read before it is written: every access of the memory is followed while the machine works.

That a pass visits no word twice is proven (``rtl_tests/formal/test_crossbar_proof.py``: lists are in ascending order);
here is shown that no pass begins before the words of the one before it are written, and that drive and learning take
turns.
"""

from typing import Any

import numpy as np
import pytest
from amaranth.hdl import Module

from hwgen.crossbar.sweep import InputSweep
from hwgen.ep import network
from hwgen.ep.config import EPConfig
from hwgen.ep.control import Control
from hwgen.ep.core import EPCore
from hwgen.ep.plan import EPPlan
from hwgen.ep.stimulus import EPStimulus
from rtl_tests.ep.designs import lively_weights, samples_of
from rtl_tests.simulate import simulate
from sim.golden.ep import EPModel

WRITTEN = 2
"""Clocks from reading a word that learns to writing it, without the lanes."""
LONGEST = 10_000
"""Clocks that a run may take."""
SAMPLES = 12
COMMON = {"counter_bits": 2, "threshold": 1, "beta": 4, "state_bits": 2, "free_steps": 5, "nudged_steps": 3}
CONFIGS: dict[str, dict[str, Any]] = {
    "slots": {"layers": [9, 6, 3], "lanes": 2, "feedback_shift": 2, "state_bits": [2, 3]},
    "one port": {"layers": [9, 6, 3], "lanes": 2, "feedback_shift": 2, "state_bits": [2, 3], "memory_ports": 1},
    "layers": {"layers": [9, 4, 2, 3], "lanes": 2, "feedback_shift": [2, 4]},
    # So few outputs that a slot's rows are over before the first one's sum is there.
    "few outputs": {"layers": [6, 36, 2], "lanes": 9, "feedback_shift": 2, "free_steps": 12},
    "parallel": {"layers": [6, 4, 3], "relaxation": "parallel", "feedback_shift": 2, "state_bits": [2, 3]},
    "parallel, one port": {"layers": [6, 4, 3], "relaxation": "parallel", "feedback_shift": 2, "memory_ports": 1,
                           "nudging": "random-sign", "state_bits": [2, 3]},
    "one word": {"layers": [1, 2, 2], "lanes": 2, "feedback_shift": 3, "threshold": [2, 1]},
}  # fmt: skip


class Opened(EPCore):
    """A core that shows its synapse memory, and when it learns."""

    def elaborate(self, platform: object) -> Module:
        m = super().elaborate(platform)
        self.synapses = m.submodules.synapses
        self.learning = m.submodules.statistics.in_learn
        return m


class Rules:
    """What must hold in every clock; counts what happened."""

    def __init__(self, config: EPConfig) -> None:
        self.ports = config.memory_ports
        self.written = WRITTEN + EPPlan(config).learning_stages
        self.clock = 0
        self.pending: dict[int, int] = {}  # words read to learn: when they are written
        self.was_learning = False
        self.last_write = -100
        self.learns = self.drives = self.soon = 0

    def follow(self, learning: bool, kinds: int, update: bool, read: int | None, write: int | None) -> None:
        """One clock: addresses, None where there is none; ``kinds``: of reads that are asked for."""
        assert kinds <= 1, "two passes ask at once"
        assert read is None or read not in self.pending, f"word {read} is read before it is written"
        assert self.ports == 2 or read is None or write is None, "one port reads and writes"
        if write is not None:
            assert self.pending.pop(write, None) == self.clock, f"word {write} is written unasked or late"
            self.last_write = self.clock
        assert learning or not self.was_learning or not self.pending, "learning is over before the last word is written"
        if read is not None and update:
            self.pending[read] = self.clock + self.written
            self.learns += 1
        elif read is not None:
            assert not self.pending, "the drive reads while words learn"
            self.drives += 1
            self.soon += self.clock - self.last_write < 16
        self.was_learning = learning
        self.clock += 1
        assert self.clock < LONGEST, "the machine hangs"


def run(name: str, seed: int, x_stall: float = 0.0, y_stall: float = 0.0) -> Rules:
    """Train a machine with the rules beside it; its results are the golden model's."""
    config = EPConfig.parse(COMMON | CONFIGS[name])
    rng = np.random.default_rng(seed)
    weights, inputs = lively_weights(config, rng), samples_of(config, rng, SAMPLES)
    stimulus, rules = EPStimulus(config), Rules(config)
    core = Opened(config, weights)
    results: list[int] = []

    async def send(ctx: Any) -> None:
        for payload in stimulus.pack_samples(**inputs).tolist():
            while rng.random() < x_stall:
                await ctx.tick()
            ctx.set(core.x.payload, payload[0])
            ctx.set(core.x.valid, 1)
            await ctx.tick().until(core.x.ready)
            ctx.set(core.x.valid, 0)

    async def take(ctx: Any) -> None:
        while len(results) < SAMPLES:
            while rng.random() < y_stall:
                await ctx.tick()
            ctx.set(core.y.ready, 1)
            (payload,) = await ctx.tick().sample(core.y.payload.as_value()).until(core.y.valid)
            ctx.set(core.y.ready, 0)
            results.append(payload)
        await ctx.tick().repeat(20)

    async def watch(ctx: Any) -> None:
        asked, memory = core.synapses.read, core.synapses.memory
        kinds = sum(getattr(asked.tag, kind) for kind in ("drive", "learn"))
        pairs = (
            (memory.read_enable, memory.read_address), (memory.write_enable, memory.write_address),
        )  # fmt: skip
        async for _, _, learning, several, update, *values in ctx.tick().sample(
            core.learning, kinds, asked.update, *(each for pair in pairs for each in pair)
        ):
            read, write = (address if valid else None for valid, address in zip(values[::2], values[1::2], strict=True))
            rules.follow(bool(learning), several, bool(update), read, write)

    simulate(core, send, take, background=[watch])
    expected = stimulus.pack_results(EPModel(config, weights).run(**inputs)).tolist()
    assert results == [sum(word << 32 * index for index, word in enumerate(words)) for words in expected]
    assert not rules.pending
    return rules


@pytest.mark.parametrize("name", CONFIGS)
def test_no_word_is_read_before_it_is_written(name: str) -> None:
    runs = [run(name, seed, *stalls) for seed, stalls in enumerate([(0, 0), (0.98, 0.3)])]
    assert sum(rules.learns for rules in runs) > 25 and sum(rules.drives for rules in runs) > 5
    assert sum(rules.soon for rules in runs) > 0  # drives that begin as soon as learning is over


def test_a_drive_that_does_not_wait_for_learning_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(Control):
        def elaborate(self, platform: object) -> Module:
            m = super().elaborate(platform)
            m.d.comb += self.hold.eq(0)
            return m

    monkeypatch.setattr(network, "Control", Broken)
    with pytest.raises(AssertionError, match=r"ask at once|drive reads while|before it is written|is over before"):
        for seed in range(4):
            run("slots", seed, 0.98, 0.0)


def test_a_pass_that_visits_a_word_twice_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(InputSweep):
        def elaborate(self, platform: object) -> Module:
            m = super().elaborate(platform)
            m.d.sync += self.request.address.eq(self.entry.index >> 1)
            return m

    monkeypatch.setattr(network, "InputSweep", Broken)
    with pytest.raises(AssertionError, match="is read before it is written"):
        run("slots", 0)
