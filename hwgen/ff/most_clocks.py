"""The most clocks that a sample can take, from a machine's parameters alone: every input is active, and every layer
learns."""

from hwgen.ff import unit_clocks
from hwgen.ff.layout import readout_array
from hwgen.ff.plan import ArrayPlan
from hwgen.ff.program import CURRENT, OTHER, PAIRS_KIND, UPPER_KIND, Program, programs
from hwgen.ff.stage import Stage

MARGIN = 16
"""Clocks of control in each part of a sample's course, at most."""


class MostClocks:
    """Of one machine's samples.

    Args:
        stage: of its engine.
    """

    def __init__(self, stage: Stage) -> None:
        self.config = stage.config
        self.stage = stage
        self.plan = stage.plan

    @property
    def sample(self) -> int:
        """Clocks of a sample, its coming in aside."""
        config = self.config
        if config.supervised:
            inferred = sum(self._label_passes(layer, config.classes) for layer in range(config.depth))
            pairs = [self._label_passes(layer, 2 if layer else 1 + config.candidates) for layer in range(config.depth)]
            learnt = unit_clocks.DRAW_CLOCKS + sum(pairs) + self._steps
            return max(inferred, learnt if config.learning else 0) + config.classes * (config.depth + 1) + MARGIN
        layers = sum(self._passes(layer) + self._list(layer) for layer in range(config.depth))
        layers += self._steps if config.learning else 0
        return unit_clocks.DRAW_CLOCKS + config.steps * layers + self._readout

    @property
    def reads(self) -> int:
        """Reads of the layers' weights for a sample."""
        config = self.config
        if not config.supervised:
            sweeps = 0
            for layer, groups in enumerate(self.plan.groups):
                program = self._program(layer)
                lists = [one.source for one in program.sums] + [term.source for term in program.terms]
                sweeps += groups * sum(self._length(layer, source) for source in lists)
            return config.steps * sweeps
        image, *others = (groups * (below + 1) for groups, below in zip(self.plan.groups, config.layers, strict=False))
        inferred = image + self.plan.groups[0] * config.classes + config.classes * sum(others)
        both = 2 * image + self.plan.groups[0] * (3 + config.candidates) + 4 * sum(others)
        return max(inferred, both if config.learning else 0)

    def _length(self, layer: int, source: int) -> int:
        """Entries of one of a layer's lists, the bias counted."""
        if source <= OTHER:
            return self.config.layers[layer] + 1
        return 1 if self.config.supervised else self.config.layers[layer + 1]

    def _program(self, layer: int) -> Program:
        config = self.config
        if config.supervised:
            return programs(config)[UPPER_KIND if layer else 0]
        return programs(config)[(UPPER_KIND if layer else 0) + (PAIRS_KIND if config.learning else 0)]

    def _sweep(self, entries: int) -> int:
        """A sweep that sums, until its sums have left the lanes."""
        return entries + self.plan.beats + 4

    def _goodness(self) -> int:
        return self.plan.sums_delay + unit_clocks.goodness_clocks(self.config.unit_lanes) + MARGIN

    def _passes(self, layer: int) -> int:
        """The passes of a contrastive machine's layer."""
        sweeps = (self._sweep(self._length(layer, one.source)) for one in self._program(layer).sums)
        return self.plan.groups[layer] * sum(sweeps) + self._goodness()

    def _label_passes(self, layer: int, passes: int) -> int:
        """The passes of a supervised machine's layer."""
        groups, length = self.plan.groups[layer], self._length(layer, CURRENT)
        if layer == 0:
            return groups * (self._sweep(length) + passes * self._sweep(1)) + self._goodness()
        return passes * (groups * self._sweep(length) + self._list(layer - 1)) + self._goodness()

    def _list(self, layer: int) -> int:
        """Making the lists of what a layer gives."""
        config = self.config
        clocks = unit_clocks.normaliser_clocks(self.stage.units, layer, self.stage.reciprocals)
        lists = 1 if config.supervised or not config.learning else 2
        return lists * (clocks + config.layers[layer + 1] + max(self.stage.units.beats) + MARGIN)

    @property
    def _steps(self) -> int:
        """The steps of all layers."""
        return sum(map(self._step, range(self.config.depth)))

    def _step(self, layer: int) -> int:
        clocks = unit_clocks.modulator_clocks(False) + MARGIN
        for term in self._program(layer).terms:
            entries = self._length(layer, term.source)
            steps = unit_clocks.step_clocks(self.plan.beats, term.positive, term.negative, term.merges)
            update = self._update(self.plan, entries, term.merges)
            clocks += self.plan.groups[layer] * (update + steps + self.plan.steps_hold)
        return clocks

    def _update(self, plan: ArrayPlan, entries: int, merges: bool = False) -> int:
        """A sweep that learns, until another one may begin."""
        return plan.sweep_clocks(entries, True, merges) + plan.turnaround + 4

    @property
    def _readout(self) -> int:
        """The read-out, and its learning."""
        config = self.config
        plan = readout_array(config)
        entries = config.features + 1 + 4 * config.depth
        clocks = entries + plan.sums_delay + config.classes + unit_clocks.READOUT_STAGES + MARGIN
        if config.learning:
            steps = unit_clocks.readout_step_clocks(config.classes, config.readout == "hinge")
            updates = sum(self._update(plan, units + 1) for units in config.layers[1:])
            clocks += steps + updates + plan.saturated_delay + MARGIN
        return clocks
