"""``hwgen new``: a design file to start from."""

import os
from pathlib import Path
from typing import Annotated

import typer

from hwgen import api, registry
from hwgen.cli.output import JsonOption, print_json, print_pairs
from hwgen.design import check_name
from hwgen.errors import DesignError
from hwgen.templates import render


def new(
    path: Annotated[
        Path, typer.Argument(help="Design file to write; an existing file is kept.", metavar="DESIGN.toml")
    ],
    core: Annotated[str, typer.Option(help="Core; `hwgen list` names them.")] = "bayes",
    mode: Annotated[str, typer.Option(help="stochastic or logarithmic.")] = "logarithmic",
    dataset: Annotated[str | None, typer.Option(help="Start from bundled data (default: wine).")] = None,
    table: Annotated[Path | None, typer.Option(help="Start from an .npz file of likelihoods.")] = None,
    model: Annotated[
        Path | None, typer.Option(help="Start from a fitted scikit-learn classifier (joblib or pickle).")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write a commented design file and check that it describes a machine."""
    registry.core(core, "hwgen new")
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
        mode=mode,
        dataset=dataset or ("wine" if not origins else None),
        table=_relative(table, path),
        model=_relative(model, path),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.new")
    try:
        aside.write_text(text, encoding="utf-8")
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


def _relative(file: Path | None, design: Path) -> str | None:
    """The file's path as the design file's ``[source]`` gives it."""
    if file is None:
        return None
    return Path(os.path.relpath(file.absolute(), design.absolute().parent)).as_posix()
