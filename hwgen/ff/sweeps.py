"""What an array is told to do, a sweep at a time, and what goes with each word to its lanes."""

from collections.abc import Sequence

from amaranth.lib import data, enum

from hwgen.crossbar.fill import drawn_bits
from hwgen.crossbar.pipeline import LaneSignature, SynapsePipeline
from hwgen.ff.plan import LANE_STAGES, RANDOM_BITS, ArrayPlan

NO_NOTE = data.StructLayout({})


class Begin(enum.Enum, shape=2):
    """What a sum begins with."""

    CLEAR = 0
    """0."""
    KEEP = 1
    """What it is."""
    RESTORE = 2
    """The base: what it was at the end of the sweep that saved it."""


def entry_layout(plan: ArrayPlan) -> data.StructLayout:
    """An entry of a list: the number of an input, which is a row of the layer's weights, and its value."""
    return data.StructLayout({"index": range(max(layer.rows for layer in plan.layers)), "value": plan.value_bits})


def sweep_layout(plan: ArrayPlan, note: data.StructLayout = NO_NOTE) -> data.StructLayout:
    """A sweep over the first ``count`` entries of the list in ``bank``, and after them ``constant_entry`` if
    ``constant``, with the weights of ``group`` of ``layer`` from ``row`` on: input 0 of the list has that row.

    Without ``update`` it sums, beginning as ``begin`` says; with ``save`` its sum becomes the base; with ``capture``
    the sums leave the lanes, with ``double`` twice as large. With ``update`` it changes the weights by the steps that
    are in the chain. ``note``: whatever is wanted with the sums; the array does not look at it.

    Where images can be moved: ``right``, ``down``: by so many pixels, all entries but the constant one.

    Where lists can be merged: with ``merges`` an update goes over the union of this list and the first ``other_count``
    entries of the one in ``other_bank``, by the steps of both that are in the chain; ``row`` is then not looked at, and
    the constant entry is one of both.
    """
    members: dict[str, data.ShapeLike] = {
        "group": range(max(plan.groups)),
        "row": range(max(layer.rows for layer in plan.layers)),
        "bank": range(plan.banks),
        "count": range(plan.entries + 1),
        "constant": 1,
        "constant_entry": entry_layout(plan),
    }
    if plan.merges:
        members |= {"merges": 1, "other_bank": range(plan.banks), "other_count": range(plan.entries + 1)}
    return data.StructLayout({**members, **_order(plan, note), **_move(plan)})


def tag_layout(plan: ArrayPlan, note: data.StructLayout = NO_NOTE) -> data.StructLayout:
    """What goes with the requests of a sweep: what it shall do, and ``rotation`` and ``keep`` as in
    :func:`~hwgen.ff.rounding.draw_layout`."""
    return data.StructLayout({**_order(plan, note), **_generator(), **_move(plan)})


def use_layout(plan: ArrayPlan, note: data.StructLayout = NO_NOTE) -> data.StructLayout:
    """What goes with a word to the lanes: its entry's ``value``, 0 in a clock without one; ``sum``: a sweep sums;
    ``step``: a sweep updates, and this is an entry; ``first``, ``last`` clock of a sweep; ``take``: the first one of an
    update; ``load``: that, or ``sum``; and what the sweep shall do, ``update`` being 1 in its clocks only. Where lists
    can be merged, ``other``: the value of the entry in the other list, 0 if it is not in it."""
    members: dict[str, data.ShapeLike] = {"value": plan.value_bits}
    members |= dict.fromkeys(("sum", "step", "first", "last", "take", "load"), 1)
    if plan.merges:
        members["other"] = plan.value_bits
    return data.StructLayout({**members, **_order(plan, note), **_generator()})


def synapse_pipeline(
    plan: ArrayPlan, note: data.StructLayout = NO_NOTE, init: Sequence[int] | None = None
) -> SynapsePipeline:
    """The memory of the weights, and the pipeline around it; ``init``: words that it holds from the start, if any."""
    return SynapsePipeline(
        plan.word_format, use_layout(plan, note), plan.matrices, latency=LANE_STAGES, ports=plan.ports, init=init
    )


def lane_signature(plan: ArrayPlan, note: data.StructLayout = NO_NOTE) -> LaneSignature:
    """Between the pipeline and the lanes."""
    return LaneSignature(plan.word_format, use_layout(plan, note), drawn_bits(plan.matrices))


def _order(plan: ArrayPlan, note: data.StructLayout) -> dict[str, data.ShapeLike]:
    return {
        "update": 1,
        "layer": range(len(plan.layers)),
        "begin": Begin,
        "save": 1,
        "capture": 1,
        "double": 1,
        "note": note,
    }


def _generator() -> dict[str, data.ShapeLike]:
    return {"rotation": range(RANDOM_BITS), "keep": 1}


def _move(plan: ArrayPlan) -> dict[str, data.ShapeLike]:
    if plan.frame is None:
        return {}
    most = plan.frame.most
    return {"right": range(-most, most + 1), "down": range(-most, most + 1)}
