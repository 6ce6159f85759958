"""What a run of the experiment on Forward-Forward learning has recorded, for another run that adds to it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from hwgen.errors import HwgenError
from sim.experiments.ff import Outcome
from sim.experiments.ff_grid import Setting

NAME = "ff.json"


class Record(NamedTuple):
    """Outcomes that need not be found again."""

    outcomes: list[Outcome]
    dates: dict[str, str]
    """When they were measured, as YYYY-MM-DD, by setting."""


def read(folder: Path, settings: Sequence[Setting], seeds: int, data: str) -> Record:
    """What :func:`sim.experiments.ff_report.write_report` has written of ``settings``.

    Args:
        folder: where it did.
        settings: those whose outcomes are wanted; only what was trained in just the same way is taken.
        seeds: how many trainings of each are wanted.
        data: name of the data that settings call mnist.

    Raises :class:`~hwgen.errors.HwgenError` for a file that is missing, is no such record, or is of other data.
    """
    path = folder / NAME
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        recorded = {entry["name"]: entry for entry in record["settings"]}
        main = record["data"]
        date = record["date"]
    except OSError as error:
        raise HwgenError(f"{path}: there is nothing to add to ({error.strerror}); leave --add out") from None
    except (ValueError, KeyError, TypeError) as error:
        raise HwgenError(f"{path}: no record of this experiment ({error!r}); leave --add out") from None
    if main != data:
        raise HwgenError(f"{path}: a record of data {main}, not {data}; leave --add out")
    outcomes, dates = list[Outcome](), {}
    for setting in settings:
        entry = recorded.get(setting.name)
        if entry is None or not _alike(entry, setting) or len(entry["runs"]) < seeds:
            continue
        # Of what samples cost, the record has the mean over the seeds, which is all that is told.
        outcomes += [Outcome(setting.name, **run, **entry["samples"]) for run in entry["runs"][:seeds]]
        dates[setting.name] = entry.get("date", date)
    return Record(outcomes, dates)


def _alike(entry: dict[str, Any], setting: Setting) -> bool:
    """Whether an entry is of the same setting, not only of the same name."""
    wanted = json.loads(json.dumps(setting.as_dict()))
    return all(entry.get(name) == value for name, value in wanted.items())
