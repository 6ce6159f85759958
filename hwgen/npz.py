"""Files of named arrays (``.npz``)."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwgen.errors import DesignError
from hwgen.output import write_bytes


def write_npz(path: str | Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays, compressed. The file appears whole or not at all."""
    content = io.BytesIO()
    np.savez_compressed(content, **dict[str, Any](arrays))
    write_bytes(Path(path), content.getvalue())


def read_npz(path: str | Path) -> dict[str, NDArray[Any]]:
    """Every array of an ``.npz`` file. Raises :class:`~hwgen.errors.DesignError` naming a file that is not one."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except FileNotFoundError:
        raise DesignError(f"{path} does not exist") from None
    except Exception as error:
        if Path(path).is_file() and not zipfile.is_zipfile(path):
            raise DesignError(f"{path} is not an .npz file of numbers, as numpy.savez writes it") from None
        # NumPy, zipfile and zlib let through whatever a damaged file, or one of another kind, makes them stumble over.
        raise DesignError(f"{path} is not an .npz file of numbers: {error}") from None
