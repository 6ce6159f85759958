"""Sequencers of a chip with a bug each, for what must find them."""

from collections.abc import Callable

from amaranth.hdl import Module

from hwgen.chips.config import ChipConfig
from hwgen.chips.sequencers import ChipSequencers
from rtl_tests.memristor.mutants import signals_of

Damage = Callable[[ChipSequencers, dict[str, Module]], None]

PARTS = ("decision", "pulser", "programmer", "outputs")


def mutant(config: ChipConfig, damage: Damage) -> ChipSequencers:
    """Sequencers with one bug."""
    dut = ChipSequencers(config)
    modules = {}
    for name, component in {"dut": dut, **{name: getattr(dut, name) for name in PARTS}}.items():
        modules[name] = module = component.elaborate(None)
        component.elaborate = lambda platform, module=module: module
    damage(dut, modules)
    return dut


def become_inactive_at_once(dut: ChipSequencers, parts: dict[str, Module]) -> None:
    m = parts["outputs"]
    with m.If(dut.outputs.hold):
        m.d.sync += signals_of(dut.outputs)["cwl_register"].eq(0)


def drop_all_lines_together(dut: ChipSequencers, parts: dict[str, Module]) -> None:
    m = parts["outputs"]
    with m.If(dut.outputs.hold & dut.outputs.falls):
        m.d.sync += signals_of(dut.outputs)["cbl_register"].eq(0)


def move_the_address_with_the_word_line(dut: ChipSequencers, parts: dict[str, Module]) -> None:
    m = parts["pulser"]
    with m.If(~dut.pulser.lines.cwl):
        m.d.comb += dut.pulser.lines.column.eq(0)


def trust_the_host(dut: ChipSequencers, parts: dict[str, Module]) -> None:
    m = parts["outputs"]
    with m.If(dut.outputs.programmer.cwl):
        m.d.comb += signals_of(dut.outputs)["word_line"].eq(1)


def lock_without_dropping(dut: ChipSequencers, parts: dict[str, Module]) -> None:
    parts["dut"].d.comb += signals_of(dut)["dropping"].eq(dut.unlocked & dut.abort)


def switch_without_a_break(dut: ChipSequencers, parts: dict[str, Module]) -> None:
    m, port = parts["pulser"], dut.pulser.port
    with m.If(port.ready & port.valid & port.switch):
        m.d.sync += signals_of(dut.pulser)["supply"].eq(port.supply)


def decide_while_unlocked(dut: ChipSequencers, parts: dict[str, Module]) -> None:
    parts["dut"].d.comb += dut.reads.ready.eq(dut.decision.port.ready & dut.clock.falls)
