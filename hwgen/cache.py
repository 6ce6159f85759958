"""Where hwgen keeps what is slow to build: one folder a result, built once, shared by every process of a user."""

import fcntl
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hwgen.errors import ToolError

_log = logging.getLogger("hwgen")


def cache_dir() -> Path:
    """The cache's folder (absolute, not created): ``$HWGEN_CACHE``, else ``$XDG_CACHE_HOME/hwgen``, else
    ``~/.cache/hwgen``. Deleting it is always safe: what is missing is built again."""
    if own := os.environ.get("HWGEN_CACHE"):
        return Path(own).expanduser().absolute()
    shared = Path(os.environ.get("XDG_CACHE_HOME", ""))
    # The XDG specification asks to ignore a relative path.
    return (shared if shared.is_absolute() else Path.home() / ".cache") / "hwgen"


def build_once(directory: Path, build: Callable[[Path], None]) -> Path:
    """``directory``, filled by ``build(folder)`` if it does not exist yet.

    ``build`` fills an empty folder beside ``directory``, which is then renamed into place: ``directory`` is whole or
    absent, whatever interrupts the build. When several processes or threads want the same directory at once, one
    builds and the others wait for it; if the builder fails, the next in line tries.

    Returns ``directory``. Raises :class:`~hwgen.errors.ToolError` when the cache cannot be written, and whatever
    ``build`` raises.
    """
    if directory.is_dir():
        return directory
    waiting = f"waiting for another process that is building {directory.name}"
    with locked(directory.with_name(f"{directory.name}.lock"), waiting):
        if not directory.is_dir():
            _build(directory, build)
    return directory


@contextmanager
def locked(file: Path, waiting: str = "") -> Iterator[None]:
    """Hold a lock for what is inside: other processes and threads that want it wait.

    Args:
        file: made if missing, folders too. It stays: removing it would let two processes hold locks on different files
            of the same name.
        waiting: what to log when another has the lock; nothing if empty.

    Raises :class:`~hwgen.errors.ToolError` when the file cannot be written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        lock = file.open("w")
    except OSError as error:
        raise ToolError(f"cannot write to the cache ({error}); set HWGEN_CACHE to a writable folder") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if waiting:
                _log.info(waiting)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def announced_once(name: str, announcement: str) -> Iterator[None]:
    """Log ``announcement``, which says what takes long on a first run, unless what was inside succeeded before.

    Args:
        name: of what runs, with its version: that of a file in the cache.
    """
    done = cache_dir() / f"{name}.compiled"
    if not done.exists():
        _log.info(announcement)
    yield
    with suppress(OSError):  # without a cache the announcement comes again, no more
        done.parent.mkdir(parents=True, exist_ok=True)
        done.touch()


def _build(directory: Path, build: Callable[[Path], None]) -> None:
    """Build into a temporary sibling and rename it; the caller holds the lock."""
    prefix = f".{directory.name}."
    for path in directory.parent.iterdir():
        if path.name.startswith(prefix):  # left by a builder that was killed: nobody else holds the lock
            shutil.rmtree(path, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=directory.parent))
    try:
        build(folder)
        folder.rename(directory)
    except BaseException:  # KeyboardInterrupt too
        shutil.rmtree(folder, ignore_errors=True)
        raise
