"""A simulated machine that suffers single-event upsets, and what each one does to it."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from hwgen.bayes.config import ENGINE_DEPTH
from hwgen.bayes.driver import BayesDriver
from hwgen.design import Design
from hwgen.emit.verilog import Verilog
from hwgen.errors import HwgenError
from hwgen.transport import Words
from sim.backends.upsets import Register, UpsetTransport
from sim.experiments.ber import Part
from sim.golden.bayes import BayesModel
from sim.golden.bayes_upsets import Upset, decide_with_upset, with_upset

PASS = 40
"""Test samples that are decided again and again."""

WATCHED = 10
"""Decisions after an upset that are looked at."""

PATIENCE = 1000
"""Clocks beyond a decision after which results count as lost."""

NEVER = 2**63
REMEDIES = ("soft reset", "loading the likelihoods", "reset and loading")
"""What is tried, one after the other, where a machine does not recover by itself."""


@dataclass(frozen=True)
class Effect:
    """What an upset did."""

    register: str
    word: int
    bit: int
    clock: int
    """After the first sample was offered."""
    wrong: int
    """Results that differ from those of an undisturbed machine in any bit, or did not come."""
    changed: int
    """Decisions of the :data:`WATCHED` that followed which are others, or did not come."""
    right: int
    """Of the same, those that are right."""
    right_undisturbed: int
    """The same of the undisturbed machine."""
    lasting: int
    """Decisions of the last pass that are others, or did not come."""
    right_lasting: int
    """Decisions of the last pass that are right."""
    samples: int | None
    """Results from the upset to the last wrong one; 0 where none is wrong, None where the machine does not recover."""
    clocks: int | None
    """Clocks from the upset to the transfer of that result."""
    remedy: str
    """What brings a machine back that does not recover: the first of :data:`REMEDIES` that helps; else empty."""
    predicted: bool | None
    """Whether the golden model with the same upset gives the same results; None where it does not model that state."""


class Target:
    """The machine, compiled so that its state can be reached; a context manager.

    It decides the first :data:`PASS` test samples, then some, then the same once more: what is still wrong in that last
    pass does not pass by itself.

    Args:
        design: the machine and its likelihoods.
        verilog: of the same machine, which does not hold the likelihoods.
        part: test samples and their classes.
    """

    def __init__(self, design: Design, verilog: Verilog, part: Part) -> None:
        config: Any = design.config
        self.config, self._table = config, design.parameters
        limit = PATIENCE + int(config.slots)
        ports = verilog.ports
        self._transport = UpsetTransport(verilog.text, design.name, ports["x_payload"], ports["y_payload"], limit=limit)
        self._driver = BayesDriver(self._transport, config)
        self._driver.load(self._table)
        count = min(PASS, len(part.samples))
        self._once = np.arange(count)
        self._order = np.arange(2 * count + WATCHED) % count
        self._samples, self._labels = part.samples[self._order], part.labels[self._order]
        self._payloads = self._driver.stimulus.pack_samples(self._samples)
        undisturbed = BayesModel(config, self._table).infer(self._samples)
        self._expected = self._driver.stimulus.pack_results(undisturbed)
        self._decisions = undisturbed.decisions
        found, self._times = self._transport.upset(
            self._payloads, len(self._payloads), self._transport.registers[0], 0, 0, NEVER
        )
        if not np.array_equal(found, self._expected):
            raise HwgenError("without an upset the RTL does not give the golden model's results")
        self.clocks = int(self._times[count - 1])
        """Of the first pass: upsets come in one of them."""
        self.samples = count
        self.right = int((self._decisions == self._labels)[:count].sum())
        """Decisions of a pass of the undisturbed machine that are right."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._transport.close()

    def strike(self, register: Register, word: int, bit: int, clock: int) -> Effect:
        """Invert one bit in a machine as good as new, right after rising edge ``clock``, counted from that before the
        first sample's offer."""
        total, once = len(self._payloads), len(self._once)
        found, times = self._transport.upset(self._payloads, total, register, word, bit, clock)
        wrong = np.ones(total, bool)
        wrong[: len(found)] = (found != self._expected[: len(found)]).any(axis=1)
        under_way = int((self._times < clock).sum())
        watched = slice(under_way, under_way + WATCHED)
        decisions = np.full(total, self.config.rows)
        decisions[: len(found)] = self._driver.stimulus.unpack_results(found, 0, 0).decisions
        recovers = not wrong[-once:].any()
        last = int(np.flatnonzero(wrong)[-1]) if wrong.any() else under_way - 1
        remedy = "" if recovers else self._find_remedy()
        effect = Effect(
            register=register.path,
            word=word,
            bit=bit,
            clock=clock,
            wrong=int(wrong.sum()),
            changed=int((decisions != self._decisions)[watched].sum()),
            right=int((decisions == self._labels)[watched].sum()),
            right_undisturbed=int((self._decisions == self._labels)[watched].sum()),
            lasting=int((decisions != self._decisions)[-once:].sum()),
            right_lasting=int((decisions == self._labels)[-once:].sum()),
            samples=last - under_way + 1 if recovers else None,
            clocks=(int(times[last]) - clock + 1 if wrong.any() else 0) if recovers else None,
            remedy=remedy,
            predicted=self._predicted(register, word, bit, clock, found),
        )
        self._renew(load=not recovers or register.words > 1)
        return effect

    def _find_remedy(self) -> str:
        """The first remedy after which a pass is right."""
        actions: tuple[Callable[[], None], ...] = (
            lambda: self._driver.strobe("soft_reset"),
            lambda: self._driver.load(self._table),
            lambda: self._renew(load=True),
        )
        for remedy, act in zip(REMEDIES, actions, strict=True):
            try:
                act()
                found, _ = self._transport.stream(self._payloads[self._once], len(self._once))
            except HwgenError:  # the bus or the streams hang
                continue
            if np.array_equal(found, self._expected[self._once]):
                return remedy
        raise HwgenError("neither reset nor loading brings the machine back")

    def _renew(self, load: bool) -> None:
        """A machine as good as new: after a reset it does not know that its memory has been loaded."""
        self._transport.reset()
        if load:
            self._driver.load(self._table)
        else:
            self._driver.strobe("set_loaded")

    def _predicted(self, register: Register, word: int, bit: int, clock: int, found: Words) -> bool | None:
        """Whether golden model and RTL agree about the upset."""
        if match := re.fullmatch(r"memory\.column_(\d+)", register.path):
            table = with_upset(self.config, self._table, int(match[1]), word, bit)
            model = BayesModel(self.config, table)
            late = self._driver.stimulus.pack_results(model.infer(self._samples[-len(self._once) :]))
            return np.array_equal(found[-len(self._once) :], late)
        if match := re.fullmatch(r"engine\.generators\.column_(\d+)\.state", register.path):
            return self._as_one_decision("generator", int(match[1]), bit, self._cycles(clock, 0), found)
        if register.path == "engine.counts":
            row, place = divmod(bit, self.config.result_score_bits)
            # Counts follow their slot by the depth of the engine.
            return self._as_one_decision("counter", row, place, self._cycles(clock, ENGINE_DEPTH), found)
        return None

    def _cycles(self, clock: int, behind: int) -> NDArray[np.int64]:
        """For each decision, the cycle that it issued ``behind`` clocks before ``clock``; may lie outside of it."""
        after_issue = ENGINE_DEPTH + math.ceil(math.log2(self.config.rows)) + 1
        last_issued = self._times.astype(np.int64) - after_issue
        return self.config.cycles - 1 - (last_issued - (clock - behind))

    def _as_one_decision(self, state: Any, index: int, bit: int, cycles: NDArray[np.int64], found: Words) -> bool:
        """Whether the one decision under way, and no other, is as the golden model says."""
        expected = self._expected.copy()
        if state == "generator":
            cycles = np.where(np.arange(len(cycles)) == 0, np.maximum(cycles, 0), cycles)  # idle, it waits at its seed
        for which in np.flatnonzero((cycles >= 0) & (cycles < self.config.cycles)):
            upset = Upset(state, index, bit, int(cycles[which]))
            result = decide_with_upset(self.config, self._table, self._samples[which], upset)
            expected[which] = self._driver.stimulus.pack_results(result)[0]
        return np.array_equal(found, expected)
