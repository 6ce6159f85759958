"""The labels that a supervised machine learns from: the right one, and wrong ones that are drawn."""

from amaranth.hdl import Elaboratable, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hwgen.ff.arithmetic import times
from hwgen.ff.config import FFConfig
from hwgen.ff.draw import STATE_BITS

FIELD_BITS = 10
"""Bits that a label is drawn from."""


def labels_layout(config: FFConfig) -> data.ArrayLayout:
    """The right label, then the candidates for the wrong one."""
    return data.ArrayLayout(config.class_bits, 1 + config.candidates)


class Labels(wiring.Component):
    """``labels``: the ``right`` one, and those that ``state``, of the control generator, stands for,
    :data:`~hwgen.ff.unit_clocks.LABEL_STAGES` clocks later: from the lowest bits on, uniform among the wrong ones.

    Args:
        config: the machine's parameters.
    """

    def __init__(self, config: FFConfig) -> None:
        self.config = config
        super().__init__(
            {"right": In(config.class_bits), "state": In(STATE_BITS), "labels": Out(labels_layout(config))}
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        classes = self.config.classes
        m.d.sync += self.labels[0].eq(self.right)
        for number, label in enumerate(list(self.labels)[1:]):
            field = self.state[number * FIELD_BITS :][:FIELD_BITS]
            further = Signal(range(classes - 1), name=f"further_{number}", reset_less=True)
            total = Signal(range(2 * classes), name=f"total_{number}")
            m.d.comb += total.eq(self.right + 1 + further)
            m.d.sync += [
                further.eq(times(field, classes - 1) >> FIELD_BITS),
                label.eq(Mux(total >= classes, total - classes, total)),
            ]
        return m
