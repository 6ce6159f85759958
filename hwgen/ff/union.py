"""Sweeps of an array over the union of two lists.

Such a sweep updates each word that either list has once, by the steps of both. What an array has for it:

- ``other_bank``, ``other_address``, ``other_entry``: to the lists, as ``read_bank``, ``read_address``, ``entry``, for
  the second one; ``others``: with ``steps``, those by which its values are multiplied.
- A sweep over a union ends ``plan.sweep_clocks`` after its ``start``. A sweep that reads one of its words starts at
  least ``plan.merged_turnaround`` clocks after its ``ending``. It takes its steps
  :data:`~hwgen.crossbar.stages.MERGE_STAGES` clocks later than others: they may enter so much later, and the next
  group's enter after ``plan.steps_hold`` clocks.
"""

from typing import Any

from amaranth.hdl import Module, Mux, Signal, Value, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hwgen.crossbar.sweep import InputSweep
from hwgen.crossbar.union import UnionSweep
from hwgen.ff.arithmetic import of_group
from hwgen.ff.plan import ArrayPlan
from hwgen.ff.sweeps import entry_layout


def union_members(plan: ArrayPlan) -> dict[str, Any]:
    """Those that only an array with such sweeps has."""
    if not plan.merges:
        return {}
    return {
        "other_bank": Out(range(plan.banks)),
        "other_address": Out(range(plan.entries)),
        "other_entry": In(entry_layout(plan)),
        "others": In(data.ArrayLayout(signed(plan.other_bits), plan.unit_lanes)),
    }


def add_union(m: Module, array: wiring.Component, entries: InputSweep) -> tuple[data.View, Value]:
    """Add such sweeps to those over one list. Returns what either asks of the memory, and whether any still does."""
    plan, sweep = array.plan, array.sweep
    words = plan.word_format.depth
    m.submodules.union = union = UnionSweep(
        entries.entry_layout, plan.entries, plan.banks, words, tag=entries.tag.shape()
    )
    request = Signal(union.request.shape())
    m.d.comb += [
        union.start.eq(array.start & sweep.merges),
        union.bank.eq(sweep.bank),
        union.count.eq(sweep.count),
        union.other_bank.eq(sweep.other_bank),
        union.other_count.eq(sweep.other_count),
        union.base.eq(of_group(plan.bases, sweep.layer, sweep.group)),
        union.constant.eq(sweep.constant),
        union.constant_entry.eq(sweep.constant_entry),
        union.tag.eq(entries.tag),
        union.entry.eq(array.entry),
        union.other_entry.eq(array.other_entry),
        array.ending.eq(entries.ending | union.ending),
        array.read_bank.eq(Mux(union.running, union.read_bank, entries.read_bank)),
        array.read_address.eq(Mux(union.running, union.read_address, entries.read_address)),
        array.other_bank.eq(union.other_read_bank),
        array.other_address.eq(union.other_read_address),
        *(request[name].eq(entries.request[name]) for name, _ in request.shape() if name != "entry"),
        request.entry.value.eq(entries.request.entry.value),
    ]
    with m.If(union.request.valid | union.request.clear):
        m.d.comb += request.eq(union.request)
    return request, entries.working | union.working
