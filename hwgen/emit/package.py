"""The emitted package: Verilog, register documents, self-checking bench, FuseSoC core and manifest, in one folder."""

import json
import os
import shutil
import tempfile
from pathlib import Path

from hwgen.bus.wrappers.interfaces import Interfaces
from hwgen.bus.wrappers.wrapped import wrapped
from hwgen.design import Design
from hwgen.emit.documents import register_header, register_json, register_markdown
from hwgen.emit.fusesoc import core_file
from hwgen.emit.systemrdl import register_rdl
from hwgen.emit.testbench import Vectors, testbench_files
from hwgen.emit.verilog import emit_verilog, header, tool_versions
from hwgen.errors import DesignError
from hwgen.output import make_folder

MANIFEST = "manifest.json"


def write_package(
    design: Design, directory: Path, vectors: Vectors, interfaces: Interfaces | None = None
) -> list[Path]:
    """Write a design's package into ``directory``, native without ``interfaces``, and return its files.

    The package is built beside ``directory`` and moved into place. A folder that holds an earlier package is replaced;
    any other folder that is not empty is refused with :class:`~hwgen.errors.DesignError`.
    """
    directory = directory.resolve()
    if directory == Path.cwd():
        raise DesignError(f"{directory} is the working directory, which cannot be replaced; name another folder")
    if directory.exists() and not directory.is_dir():
        raise DesignError(f"{directory} is a file; name a folder for the package")
    if directory.exists() and not _replaceable(directory):
        raise DesignError(
            f"{directory} is not empty and holds no package of hwgen ({MANIFEST} is missing); "
            "name a new folder, or empty this one"
        )
    files = package_files(design, vectors, interfaces or Interfaces())
    try:
        make_folder(directory.parent)
        aside = Path(tempfile.mkdtemp(prefix=f".{directory.name}.", dir=directory.parent))
    except OSError as error:
        raise DesignError(f"cannot write to {directory}: {error.strerror}; name another folder") from None
    try:
        for name, text in files.items():
            (aside / name).write_text(text, encoding="utf-8")
        aside.chmod(0o777 & ~_umask())
        _move_into_place(aside, directory)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return [directory / name for name in files]


def package_files(design: Design, vectors: Vectors, interfaces: Interfaces) -> dict[str, str]:
    """Names and texts of the package's files; equal designs and tool versions give equal texts."""
    component = design.component()
    name = design.name
    verilog = emit_verilog(wrapped(component, interfaces), name, header(design))
    companions = component.companions() if hasattr(component, "companions") else {}
    beside = {
        f"{name}_{suffix}.v": emit_verilog(companion, f"{name}_{suffix}", header(design)).text
        for suffix, companion in companions.items()
    }
    bench = testbench_files(name, component, (design.config.hash, design.content_hash), vectors, interfaces)
    files = {
        f"{name}.v": verilog.text,
        **beside,
        f"{name}_registers.md": register_markdown(name, component.map),
        f"{name}_registers.json": register_json(name, component.map),
        f"{name}_registers.h": register_header(name, component.map),
        f"{name}_registers.rdl": register_rdl(name, component.map),
        **bench,
        f"{name}.core": core_file(design, [file for file in bench if file.endswith(".hex")]),
    }
    manifest = {
        "name": name,
        "core": design.core.name,
        "config": design.config.parameters(),
        "config_hash": f"{design.config.hash:016x}",
        "content_hash": f"{design.content_hash:016x}",
        "interfaces": interfaces.manifest(),
        "ports": verilog.ports,
        "tools": tool_versions(),
        "fidelity": design.fidelity(),
        "files": sorted(files),
    }
    return {**files, MANIFEST: json.dumps(manifest, indent=2) + "\n"}


def _replaceable(directory: Path) -> bool:
    if not directory.is_dir():
        return False
    return (directory / MANIFEST).is_file() or not any(directory.iterdir())


def _move_into_place(aside: Path, directory: Path) -> None:
    if not directory.exists():
        aside.rename(directory)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{directory.name}.old.", dir=directory.parent))
    try:
        os.rename(directory, old / directory.name)
        try:
            os.rename(aside, directory)
        except BaseException:
            os.rename(old / directory.name, directory)
            raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _umask() -> int:
    """The process's umask; reading it means setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
