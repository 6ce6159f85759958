"""What a run of the experiment on Forward-Forward learning has recorded, for another run that adds to it."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hwgen.errors import HwgenError
from sim.experiments.ff import Outcome
from sim.experiments.ff_findings import Origin
from sim.experiments.ff_grid import Setting
from sim.images import ImageSplit

NAME = "ff.json"


class Record:
    """What :func:`sim.experiments.ff_report.write_report` has written.

    Args:
        folder: where it did.

    Raises :class:`~hwgen.errors.HwgenError` for a file that is missing or no such record.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        try:
            record = json.loads(self.path.read_text(encoding="utf-8"))
            self._images: dict[str, str] = record.get("images", {})
            self._data: str = record["data"]
            self._seeds: int = record["seeds"]
            self._entries = {entry["name"]: entry for entry in record["settings"]}
            self._runs = {name: _outcomes(entry) for name, entry in self._entries.items()}
            self._origins = {
                name: Origin(entry.get("date", record["date"]), entry.get("code"))
                for name, entry in self._entries.items()
            }
        except OSError as error:
            raise HwgenError(f"{self.path}: there is nothing to add to ({error.strerror}); leave --add out") from None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise HwgenError(f"{self.path}: no record of this experiment ({error!r}); leave --add out") from None

    def __contains__(self, setting: Setting) -> bool:
        """Whether there is a setting of that name."""
        return setting.name in self._entries

    def take(
        self, settings: Sequence[Setting], seeds: int, data: str, images: Mapping[str, ImageSplit]
    ) -> tuple[list[Outcome], dict[str, Origin]]:
        """Outcomes of those of ``settings`` that were trained in just the same way, though maybe by other code, and
        where they come from.

        Args:
            settings: whose outcomes are wanted.
            seeds: how many trainings of each; where there are fewer, none are taken.
            data: name of the data that settings call mnist.
            images: by ``mnist`` and ``digits``, what is learnt from.

        Raises :class:`~hwgen.errors.HwgenError` for a record of other data or of more seeds.
        """
        if self._data != data:
            raise HwgenError(f"{self.path}: a record of data {self._data}, not {data}; leave --add out")
        if self._seeds > seeds:
            raise HwgenError(f"{self.path}: a record of {self._seeds} seeds; give --seeds {self._seeds}, not {seeds}")
        digests = {name: split.digest() for name, split in images.items()}
        taken = [
            setting.name
            for setting in settings
            if setting in self
            and _alike(self._entries[setting.name], setting)
            and len(self._runs[setting.name]) == seeds
            and self._images.get(setting.data, digests[setting.data]) == digests[setting.data]
        ]
        outcomes = [outcome for name in taken for outcome in self._runs[name]]
        return outcomes, {name: self._origins[name] for name in taken}


def _outcomes(entry: dict[str, Any]) -> list[Outcome]:
    """Of a setting. Of what samples cost, the record has the mean over the seeds, which is all that is told."""
    return [Outcome(entry["name"], **run, **entry["samples"]) for run in entry["runs"]]


def _alike(entry: dict[str, Any], setting: Setting) -> bool:
    """Whether an entry is of the same setting, not only of the same name."""
    wanted = json.loads(json.dumps(setting.as_dict()))
    return all(entry.get(name) == value for name, value in wanted.items())
