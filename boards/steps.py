"""Named steps, each cached by the hash of what goes into it."""

import hashlib
import json
import logging
import os
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hwgen.cache import build_once
from hwgen.errors import DesignError
from hwgen.output import write_bytes, write_text

_log = logging.getLogger("hwgen")

HASH_DIGITS = 12


class Steps:
    """The steps of one run in a build folder.

    A step's folder is ``<directory>/steps/<name>-<hash>``; it is built aside and renamed, so that it is whole or
    absent, whatever interrupts the run. A step whose inputs have not changed is not run again.

    Raises :class:`~hwgen.errors.DesignError` where ``directory`` cannot be made or is a file.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.folder = directory / "steps"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            raise DesignError(f"the build folder must be a folder, not {directory}; name another with -o") from None
        except OSError as error:
            raise DesignError(f"cannot write to the build folder {directory} ({error}); name another with -o") from None

    def run(
        self,
        name: str,
        inputs: Mapping[str, Any],
        build: Callable[[Path], None],
        files: Mapping[str, Path] | None = None,
    ) -> Path:
        """The folder of step ``name``, built by ``build(folder)`` unless it is there.

        Args:
            name: of the step.
            inputs: JSON values that determine the outcome: arguments, tool versions, texts.
            build: fills a folder that holds ``files``.
            files: files that the step reads, by the name it reads them under; their content counts, not their place.
        """
        files = files or {}
        contents = {key: _digest(path.read_bytes()) for key, path in files.items()}
        text = json.dumps({"inputs": inputs, "files": contents}, sort_keys=True)
        folder = self.folder / f"{name}-{_digest(text.encode())[:HASH_DIGITS]}"
        if folder.is_dir():
            _log.info("%s: nothing has changed", name)
            return folder
        _log.info("%s ...", name)
        start = time.perf_counter()

        def fill(aside: Path) -> None:
            for key, path in files.items():
                _link(path, aside / key)
            build(aside)

        build_once(folder, fill)
        _log.info("%s: done in %.1f s", name, time.perf_counter() - start)
        return folder

    def publish(self, file: Path, name: str) -> Path:
        """Put a copy of a step's file into the build folder as ``name``, whole or not at all."""
        target = self.directory / name
        write_bytes(target, file.read_bytes())
        return target

    def publish_text(self, text: str, name: str) -> Path:
        """Write a file into the build folder, whole or not at all."""
        target = self.directory / name
        write_text(target, text)
        return target


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _link(source: Path, target: Path) -> None:
    """A hard link; a copy where the file system has none."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
