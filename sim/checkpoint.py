"""The folder of a training: checkpoints to go on from, and its results."""

import fcntl
import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from hwgen.errors import HwgenError
from hwgen.npz import read_npz
from hwgen.output import make_folder, write_bytes, write_json
from sim.curve import curve
from sim.epochs import Position

CHECKPOINT = "checkpoint.json"
WEIGHTS = "weights.npz"
REPORT = "training.json"
CURVE = "curve.png"

log = logging.getLogger("hwgen")


def weights_sha256(weights: Any) -> str:
    """SHA-256 of weights, hexadecimal: that of the arrays that ``weights.save`` writes, however compressed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / WEIGHTS
        weights.save(path)
        return file_sha256(path)


def file_sha256(path: Path) -> str:
    """The same of an ``.npz`` file. Of each array, in the order of their names, ``NAME DTYPE SHAPE`` and a line's end
    are hashed, then its bytes, little-endian and row by row."""
    digest = hashlib.sha256()
    for name, array in sorted(read_npz(path).items()):
        little = array.astype(array.dtype.newbyteorder("<"))
        digest.update(f"{name} {little.dtype.name} {little.shape}\n".encode() + little.tobytes())
    return digest.hexdigest()


@dataclass(frozen=True)
class Checkpoint:
    """A training between two chunks."""

    position: Position
    weights: Any
    """As the machine's ``dump`` gave them, random state included."""


@dataclass(frozen=True)
class TrainingFolder:
    """Where a training leaves its files. Each appears whole or not at all.

    A checkpoint is a file of weights, named for what it holds, and ``checkpoint.json``, which names that file: it is
    written second and moved into its place, and with it the whole checkpoint.
    """

    path: Path
    identity: dict[str, Any]
    """What makes a training what it is, as JSON values: whoever goes on must give the same."""

    @contextmanager
    def taken(self, new: bool) -> Iterator[None]:
        """Meanwhile no other training, of this process or another, uses the folder.

        Args:
            new: whether a training begins; the folder is then made. Otherwise it must hold a checkpoint.

        Raises :class:`~hwgen.errors.HwgenError` where another training uses the folder, where it cannot be written,
        where a new training would replace one that is not over or be among other files, and where there is no
        checkpoint to go on from.
        """
        if not new:
            self._read()
        made = not self.path.exists()
        try:
            make_folder(self.path)
            with tempfile.TemporaryFile(dir=self.path):
                handle = os.open(self.path, os.O_RDONLY)
        except OSError as error:
            raise HwgenError(f"cannot write to {self.path}: {error.strerror}; name another folder as output") from None
        try:
            self._lock(handle)
            if new:
                self._check_free()
            yield
        finally:
            if made:
                with suppress(OSError):
                    self.path.rmdir()  # succeeds where nothing was written
            os.close(handle)

    @property
    def finished(self) -> bool:
        """Whether the folder holds a training that is over."""
        return (self.path / CHECKPOINT).exists() and bool(self._read()["complete"])

    def save(self, checkpoint: Checkpoint, complete: bool) -> None:
        """Write a checkpoint; ``complete`` says that all epochs asked for are over."""
        sha256 = weights_sha256(checkpoint.weights)
        file = self.path / _weights_name(sha256)
        checkpoint.weights.save(file)
        saved = {"training": self.identity, "complete": complete, "weights_sha256": sha256}
        write_json(self.path / CHECKPOINT, {**saved, "position": checkpoint.position.as_dict()})
        self._remove_weights(file)

    def load(self, kind: type[Any], config: Any) -> Checkpoint:
        """The checkpoint to go on from.

        Args:
            kind: type of the weights.
            config: of the machine.

        Raises :class:`~hwgen.errors.HwgenError` where there is none, where it is damaged, and where it is of another
        training.
        """
        saved = self._read()
        self._check_identity(saved["training"])
        file = self.path / _weights_name(saved["weights_sha256"])
        weights = kind.load(file, config)
        if file_sha256(file) != saved["weights_sha256"]:
            raise HwgenError(f"{file} does not hold the weights that {CHECKPOINT} names; begin again without --resume")
        return Checkpoint(Position.from_dict(saved["position"]), weights)

    def finish(self, report: dict[str, Any], checkpoint: Checkpoint, told: Sequence[str] = ()) -> list[Path]:
        """Write the results beside the checkpoint, in the place of earlier ones, and return their files,
        ``curve.png`` where Matplotlib is installed.

        Args:
            report: what ``training.json`` shall hold; ``design`` in it is the figure's title.
            checkpoint: the training's end.
            told: statistics that the figure shows in place of errors.
        """
        checkpoint.weights.save(self.path / WEIGHTS)
        write_json(self.path / REPORT, report)
        files = [self.path / REPORT, self.path / WEIGHTS]
        image = curve(checkpoint.position.epochs, report["design"], told)
        if image is None:
            (self.path / CURVE).unlink(missing_ok=True)  # of an earlier training
        else:
            write_bytes(self.path / CURVE, image)
            files.append(self.path / CURVE)
        return files

    def _lock(self, handle: int) -> None:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise HwgenError(
                f"another training is using {self.path}; wait until it is over, or name another folder as output"
            ) from None
        except OSError as error:  # a file system without locks
            log.warning("%s: nothing keeps another training out: %s", self.path, error.strerror)

    def _check_free(self) -> None:
        """Raise where a new training here would replace one that has learnt something and is not over, and where the
        folder holds something else."""
        if not (self.path / CHECKPOINT).exists():
            names = [path.name for path in self.path.iterdir()]
            if names and REPORT not in names and not any(fnmatch(name, _weights_name("*")) for name in names):
                raise HwgenError(
                    f"{self.path} is not empty and holds no training of hwgen ({CHECKPOINT} is missing); "
                    "name a new folder, or empty this one"
                )
            return
        saved = self._read()
        position = Position.from_dict(saved["position"])
        if not saved["complete"] and position != Position():
            raise HwgenError(
                f"{self.path} holds a training that was stopped in epoch {len(position.epochs) + 1}; "
                "go on with --resume, name another folder, or remove this one"
            )

    def _read(self) -> dict[str, Any]:
        path = self.path / CHECKPOINT
        try:
            saved = json.loads(path.read_text(encoding="utf-8"))
            Position.from_dict(saved["position"])
            if not isinstance(saved["training"], dict):
                raise TypeError("training must be a table")
            return {key: saved[key] for key in ("training", "complete", "weights_sha256", "position")}
        except FileNotFoundError:
            raise HwgenError(
                f"{self.path} holds no checkpoint ({CHECKPOINT}); name the folder that does, or begin without --resume"
            ) from None
        except (ValueError, TypeError, KeyError) as error:
            raise HwgenError(f"{path} is not a checkpoint of hwgen train: {error!r}; remove it") from None

    def _check_identity(self, theirs: dict[str, Any]) -> None:
        different = [
            f"{key} is {theirs.get(key)!r} there and {mine!r} here"
            for key, mine in self.identity.items()
            if theirs.get(key) != mine
        ]
        if different:
            raise HwgenError(
                f"{self.path / CHECKPOINT} is of another training: {'; '.join(different)}. "
                "Give what it was begun with, or name another folder"
            )

    def _remove_weights(self, kept: Path | None) -> None:
        for file in self.path.glob(_weights_name("*")):
            if file != kept:
                file.unlink()


def _weights_name(sha256: str) -> str:
    return f"checkpoint-{sha256[:16]}.npz"
