"""What a sweep of a layer is to do, as those who control the layer say it."""

from collections.abc import Sequence

from amaranth.hdl import Array, Value
from amaranth.lib import data

from hwgen.ff.program import sources
from hwgen.ff.stage import Stage
from hwgen.ff.sweeps import Begin


def source_layout(stage: Stage) -> data.StructLayout:
    """Whose entries a sweep of ``group`` goes over: ``source`` is the number of a list, of those in
    :mod:`hwgen.ff.program`; in a supervised machine with ``labelled`` there is one entry instead, that of the class
    ``label``. Where images can be moved, with ``moved`` as ``view`` says."""
    members: dict[str, data.ShapeLike] = {
        "group": range(max(stage.plan.groups)),
        "source": range(sources(stage.config)),
    }
    if stage.config.supervised:
        members |= {"labelled": 1, "label": stage.config.class_bits}
    if stage.plan.frame is not None:
        members |= {"moved": 1, "view": range(2)}
    return data.StructLayout(members)


def step_layout(stage: Stage) -> data.StructLayout:
    """What a sweep of a step goes over: as :func:`source_layout` has it. Where lists can be merged, with ``merges``
    over the union of the lists ``CURRENT``, if ``own``, and ``OTHER``, if ``others``."""
    source = source_layout(stage)
    if not stage.plan.merges:
        return source
    return data.StructLayout(dict(source.members) | dict.fromkeys(("merges", "own", "others"), 1))


def sum_layout(stage: Stage) -> data.StructLayout:
    """What a sweep sums: ``of``, see :func:`source_layout`; ``begin``, ``save``, ``double``, ``capture`` as in
    :func:`~hwgen.ff.sweeps.sweep_layout`, and ``bank``, where the pass that is then complete is kept."""
    flags = dict.fromkeys(("save", "double", "capture"), 1)
    return data.StructLayout({"of": source_layout(stage), "begin": Begin, **flags, "bank": range(stage.banks)})


def of_step(values: Sequence[Sequence[int]], number: Value, step: Value) -> Value:
    """What belongs to a step of a program."""
    return Array(Array(each)[step] for each in values)[number]
