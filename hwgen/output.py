"""Result files: written beside their place, then moved into it, so that none is ever half-written."""

import errno
import json
import os
import tempfile
from pathlib import Path
from typing import Any


def make_folder(path: Path) -> None:
    """Make a folder, and those above it, if it is not there; raises NotADirectoryError where a file is."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path)) from None


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file, making its folder."""
    make_folder(path.parent)
    handle, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(aside, 0o644)
        os.replace(aside, path)
    except BaseException:
        os.unlink(aside)
        raise


def write_text(path: Path, text: str) -> None:
    """Write a text file, making its folder."""
    write_bytes(path, text.encode())


def write_json(path: Path, value: Any) -> None:
    """Write a value as JSON text."""
    write_text(path, json.dumps(value, indent=2) + "\n")
