"""Which code an outcome depends on: what is kept in the cache is measured again when any of it changes."""

import ast
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
"""Where the project's packages lie."""


def sources_of(modules: Iterable[str]) -> list[Path]:
    """The files of modules of this project, and of what they import of it, wherever in the module and however deep."""
    found: set[Path] = set()
    names = list(modules)
    while names:
        path = _file(names.pop())
        if path is not None and path not in found:
            found.add(path)
            names += _imports(path)
    return sorted(found)


def digest_of(sources: Iterable[Path]) -> str:
    """Names the code of ``sources``, and NumPy, whose random numbers it uses."""
    digest = hashlib.sha256(np.__version__.encode())
    for source in sources:
        digest.update(source.read_bytes())
    return digest.hexdigest()


def _file(module: str) -> Path | None:
    """A module's file; None for what is not a module of this project."""
    path = ROOT / module.replace(".", "/")
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None)


def _imports(path: Path) -> Iterator[str]:
    """Names of modules that a file imports, and names of what it imports from them."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
