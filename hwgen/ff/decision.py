"""The result of a supervised machine: the label with the largest goodness of all layers."""

from typing import Any

from amaranth.hdl import Cat, Const, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hwgen.ff.labels import labels_layout
from hwgen.ff.program import NEGATIVE, POSITIVE
from hwgen.ff.signature import result_layout
from hwgen.ff.stage import Stage
from hwgen.parts.block_memory import BlockMemory


class Decision(wiring.Component):
    """Notes the goodness of each pass of each layer; when those of a label have passed the last layer, sums them, label
    by label, in clocks in which none is noted.

    Without ``train``, ``result`` is the label with the largest sum, the lowest of equals, and its goodnesses; with it,
    the right label or the chosen wrong one, of equals the wrong one, and the goodnesses of both.

    Members: ``start``: strobe, a new sample; ``layer``: at work; ``done``, ``bank``, ``goodness``: a pass is done;
    ``passed``: see :class:`~hwgen.ff.hard_negative.HardNegative`; ``labels``, ``chosen``: of the sample; ``result``,
    when it is ``decided``, until the next ``start``.

    Args:
        stage: of the engine.
    """

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        config = stage.config
        members: dict[str, Any] = {
            "start": In(1),
            "layer": In(range(config.depth)),
            "done": In(1),
            "bank": In(range(stage.banks)),
            "goodness": In(stage.units.goodness_bits),
            "passed": In(1),
            "result": Out(result_layout(config)),
            "decided": Out(1),
        }
        if stage.learning:
            members |= {
                "train": In(1),
                "labels": In(labels_layout(config)),
                "chosen": In(range(stage.step_banks)),
            }
        super().__init__(members)

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        config = self.stage.config
        train = self.train if self.stage.learning else Const(0)
        last = Mux(train, NEGATIVE, config.classes - 1)  # label that is summed

        # Which goodness is read.
        reached = Signal(range(self.stage.banks + 1))  # labels that have passed the last layer
        number = Signal.like(reached)
        layer = Signal.like(self.layer)
        place = Signal.like(self.bank)
        m.d.comb += place.eq(number)
        if self.stage.learning:
            with m.If(train & (number == NEGATIVE)):
                m.d.comb += place.eq(self.chosen)
        m.submodules.memory = memory = BlockMemory(len(self.goodness), max(2, config.depth << len(self.bank)))
        reads = Signal()
        last_layer = layer == config.depth - 1
        m.d.comb += [
            memory.write_enable.eq(self.done),
            memory.write_address.eq(Cat(self.bank, self.layer)),
            memory.write_data.eq(self.goodness),
            reads.eq((number != reached) & ~self.done),
            memory.read_enable.eq(reads),
            memory.read_address.eq(Cat(place, layer)),
        ]
        with m.If(self.passed & (self.layer == config.depth - 1)):
            m.d.sync += reached.eq(reached + 1)
        with m.If(reads):
            m.d.sync += layer.eq(layer + 1)
            with m.If(last_layer):
                m.d.sync += [layer.eq(0), number.eq(number + 1)]

        # What was read is added.
        of = Signal(data.StructLayout({"number": number.shape(), "layer": layer.shape()}), reset_less=True)
        adds = Signal()
        summed = Signal()
        summed_number = Signal.like(number, reset_less=True)
        total = Signal(range(sum(config.goodness_max) + 1), reset_less=True)
        goodness = Signal(data.ArrayLayout(len(self.goodness), config.depth), reset_less=True)
        m.d.sync += [
            adds.eq(reads),
            of.number.eq(number),
            of.layer.eq(layer),
            summed.eq(adds & (of.layer == config.depth - 1)),
            summed_number.eq(of.number),
        ]
        with m.If(adds):
            m.d.sync += [
                total.eq(Mux(of.layer == 0, 0, total) + memory.read_data),
                goodness[of.layer].eq(memory.read_data),
            ]
        self._add_result(m, train, summed, summed_number, total, goodness)
        with m.If(summed & (summed_number == last)):
            m.d.sync += self.decided.eq(1)
        with m.If(self.start):
            m.d.sync += [self.decided.eq(0), reached.eq(0), number.eq(0), self.result.goodness.as_value().eq(0)]
        return m

    def _add_result(
        self, m: Module, train: Value, summed: Signal, number: Signal, total: Signal, goodness: data.View
    ) -> None:
        """Of the labels that are summed, the best one, and what is told of it."""
        result = self.result
        most = Signal.like(total, reset_less=True)
        better = Signal()
        m.d.comb += better.eq((number == 0) | (total > most) | (train & (total == most)))
        with m.If(summed & better):
            m.d.sync += [most.eq(total), result.prediction.eq(number)]
            if self.stage.learning:
                with m.If(train):
                    m.d.sync += result.prediction.eq(self.labels[Mux(number == POSITIVE, 0, self.chosen)])
        for shown, found in zip(result.goodness, goodness, strict=True):
            with m.If(summed & (better | train) & ~(train & (number == NEGATIVE))):
                m.d.sync += shown[POSITIVE].eq(found)
            with m.If(summed & train & (number == NEGATIVE)):
                m.d.sync += shown[NEGATIVE].eq(found)
