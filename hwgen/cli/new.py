"""``hwgen new``: a design file to start from."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from hwgen import api, registry
from hwgen.cli.output import JsonOption, print_json, print_pairs
from hwgen.cli.sources import naming_options
from hwgen.design import check_name
from hwgen.errors import DesignError
from hwgen.output import make_folder
from hwgen.templates import render


def new(
    path: Annotated[
        Path, typer.Argument(help="Design file to write; an existing file is kept.", metavar="DESIGN.toml")
    ],
    core: Annotated[str, typer.Option(help="Core; `hwgen list` names them.")] = "bayes",
    mode: Annotated[
        str | None,
        typer.Option(
            help="bayes: stochastic or logarithmic (default: logarithmic); ff: supervised, contrastive or "
            "recurrent, which is contrastive and learns sequences (default: supervised)."
        ),
    ] = None,
    dataset: Annotated[
        str | None,
        typer.Option(
            help="Start from data: bayes: bundled ones (default: wine); ep, ff: digits, mnist or a folder of files in "
            "MNIST's format (default: digits)."
        ),
    ] = None,
    table: Annotated[Path | None, typer.Option(help="bayes: start from an .npz file of likelihoods.")] = None,
    model: Annotated[
        Path | None, typer.Option(help="bayes: start from a fitted scikit-learn classifier (joblib or pickle).")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write a commented design file and check that it describes a machine."""
    entry = registry.core(core, "hwgen new")
    known = entry.new
    given = {"mode": mode, "dataset": dataset, "table": _relative(table, path), "model": _relative(model, path)}
    for option, value in given.items():
        if value is not None and option not in known:
            raise DesignError(
                f"hwgen new --core {core} has no --{option}; it takes {', '.join(f'--{name}' for name in known)}"
            )
    if mode is not None and mode not in entry.modes:
        raise DesignError(f"--mode of hwgen new --core {core} must be one of {', '.join(entry.modes)}, not {mode!r}")
    origins = [name for name, value in (("--dataset", dataset), ("--table", table), ("--model", model)) if value]
    if len(origins) > 1:
        raise DesignError(f"hwgen new takes one of --dataset, --table and --model, not {' and '.join(origins)}")
    if path.exists():
        raise DesignError(f"{path} exists already; name another file, or remove it")
    if path.suffix != ".toml":
        raise DesignError(f"a design file's name must end in .toml, not {path.name!r}")
    name = path.stem.replace("-", "_")
    check_name(name, str(path))
    text = render(
        f"hwgen.{core}",
        "design.toml.j2",
        name=name,
        path=path,
        **_values(known, given, origins=bool(origins)),
    )
    aside = path.with_name(f".{path.name}.new")
    try:
        make_folder(path.parent)
        aside.write_text(text, encoding="utf-8")
    except OSError as error:
        raise DesignError(f"cannot write {path}: {error.strerror}; name another file") from None
    try:
        with naming_options(str(aside), *(option for option, value in given.items() if value is not None)):
            design = api.load_design(aside)
        aside.rename(path)
    except DesignError as error:
        raise DesignError(str(error).replace(str(aside), str(path))) from None
    finally:
        aside.unlink(missing_ok=True)
    summary = {"design": design.name, "file": str(path), "core": core, "config_hash": f"{design.config.hash:016x}"}
    if as_json:
        print_json(summary)
    else:
        print_pairs(f"{path}: written", {**summary, "next": f"hwgen verify {path}"})


def _values(
    known: Mapping[str, str | None], given: Mapping[str, str | None], *, origins: bool
) -> dict[str, str | None]:
    """What the template gets: what is given, and the defaults; that of ``dataset`` only where nothing else is given to
    start from."""
    values = {name: given[name] or default for name, default in known.items()}
    return values if given["dataset"] or not origins else values | {"dataset": None}


def _relative(file: Path | None, design: Path) -> str | None:
    """The file's path as the design file's ``[source]`` gives it."""
    if file is None:
        return None
    return Path(os.path.relpath(file.absolute(), design.absolute().parent)).as_posix()
