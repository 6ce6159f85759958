"""Controllers of an array of memristors with a bug each, for what must find them."""

from collections.abc import Callable
from typing import Any

from amaranth.hdl import Module, Signal

from hwgen.memristor.config import ArrayConfig
from hwgen.memristor.sequencers import ArraySequencers
from hwgen.memristor.signature import LINES

Damage = Callable[[ArraySequencers, dict[str, Module]], None]

PARTS = ("reader", "pulser", "programmer", "outputs")


def signals_of(component: Any) -> dict[str, Signal]:
    """What an elaborated component drives, by name."""
    return {signal.name: signal for signal in component.elaborate(None)._driving}


def mutant(config: ArrayConfig, damage: Damage) -> ArraySequencers:
    """Sequencers with one bug."""
    dut = ArraySequencers(config)
    modules = {}
    for name, component in {"dut": dut, **{name: getattr(dut, name) for name in PARTS}}.items():
        modules[name] = module = component.elaborate(None)
        component.elaborate = lambda platform, module=module: module
    damage(dut, modules)
    return dut


def move_the_address_with_the_word_line(dut: ArraySequencers, parts: dict[str, Module]) -> None:
    m = parts["pulser"]
    with m.If(~dut.pulser.lines.cwl):
        m.d.comb += dut.pulser.lines.row.eq(0)


def drop_cbl_with_the_word_line(dut: ArraySequencers, parts: dict[str, Module]) -> None:
    # What the published machines do: whether the cell sees it depends on which line is faster.
    m = parts["outputs"]
    with m.If(~dut.outputs.programmer.cwl):
        m.d.sync += dut.outputs.pins.cbl.eq(0)


def pulse_too_briefly(dut: ArraySequencers, parts: dict[str, Module]) -> None:
    parts["pulser"].d.comb += signals_of(dut.pulser)["length"].eq(1)


def trust_the_host(dut: ArraySequencers, parts: dict[str, Module]) -> None:
    parts["outputs"].d.comb += dut.outputs.cut.eq(0)


def lock_without_dropping(dut: ArraySequencers, parts: dict[str, Module]) -> None:
    parts["dut"].d.comb += signals_of(dut)["dropping"].eq(dut.unlocked & dut.abort)


def switch_without_a_break(dut: ArraySequencers, parts: dict[str, Module]) -> None:
    m, port = parts["pulser"], dut.pulser.port
    with m.If(port.ready & port.valid & port.switch):
        m.d.sync += signals_of(dut.pulser)["supply"].eq(port.supply)


def switch_without_a_wait(dut: ArraySequencers, parts: dict[str, Module]) -> None:
    elapsed = signals_of(dut.pulser)["elapsed"]
    m, port = parts["pulser"], dut.pulser.port
    with m.If(port.valid & ~port.ready & ~dut.pulser.lines.cblen):
        m.d.sync += elapsed.eq(dut.pulser.clocks.supply - 1)


def read_during_programming(dut: ArraySequencers, parts: dict[str, Module]) -> None:
    parts["dut"].d.comb += dut.reader.port.start.eq(dut.programmer.reads.start | dut.reads.start)


def read_with_the_supply_on(dut: ArraySequencers, parts: dict[str, Module]) -> None:
    parts["outputs"].d.sync += dut.outputs.pins.supply.eq(dut.outputs.programmer.supply)
    read_during_programming(dut, parts)


def unlock_during_a_read(dut: ArraySequencers, parts: dict[str, Module]) -> None:
    m = parts["dut"]
    with m.If(dut.unlock):
        m.d.sync += dut.unlocked.eq(1)


def verify_at_once(dut: ArraySequencers, parts: dict[str, Module]) -> None:
    parts["dut"].d.comb += dut.programmer.settled.eq(1)


def reset_with_the_source_line_at_1(dut: ArraySequencers, parts: dict[str, Module]) -> None:
    m = parts["pulser"]
    with m.If(dut.pulser.lines.cbl):
        m.d.comb += dut.pulser.lines.csl.eq(1)


def open_with_the_drivers(dut: ArraySequencers, parts: dict[str, Module]) -> None:
    m, lines = parts["pulser"], dut.pulser.lines
    with m.If(lines.csl):
        m.d.comb += lines.cwl.eq(1)


def pulse_without_the_programming_circuit(dut: ArraySequencers, parts: dict[str, Module]) -> None:
    parts["pulser"].d.comb += dut.pulser.lines.cblen.eq(0)


def read_without_precharge(dut: ArraySequencers, parts: dict[str, Module]) -> None:
    parts["reader"].d.comb += dut.reader.lines.csl.eq(0)


def read_too_fast(dut: ArraySequencers, parts: dict[str, Module]) -> None:
    m, elapsed = parts["reader"], signals_of(dut.reader)["elapsed"]
    with m.If(dut.reader.lines.cwl & ~dut.reader.lines.csl & (elapsed == 0)):
        m.d.sync += elapsed.eq(dut.config.read_clocks.evaluate - 1)


def read_on_without_closing(dut: ArraySequencers, parts: dict[str, Module]) -> None:
    m = parts["outputs"]
    with m.If(~dut.outputs.reader.cwl & dut.outputs.reading):
        m.d.sync += [dut.outputs.pins[name].eq(0) for name in LINES]


def select_both_supplies(dut: ArraySequencers, parts: dict[str, Module]) -> None:
    m, lines = parts["pulser"], dut.pulser.lines
    with m.If(signals_of(dut.pulser)["supply"][1]):
        m.d.comb += lines.supply.eq(0b110)
