"""The command line's page in the documentation names every subcommand and option, and none that does not exist."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer.main

from hwgen.cli.app import app
from hwgen.cli.output import ExitCode

PAGE = Path(__file__).resolve().parent.parent / "docs" / "cli.md"
COMMANDS: dict[str, Any] = typer.main.get_command(app).commands


def sections(markdown: str) -> dict[str, str]:
    """Text under each heading ``## hwgen NAME``, by name."""
    parts = re.split(r"^## hwgen (\S+)$", markdown, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def documented(section: str) -> dict[str, str]:
    """What the first column of a section's table names, each with the row's second column."""
    rows = re.findall(r"^\| (`[^|]+`) \| ([^|]*) ?\|", section, re.MULTILINE)
    return {name: default.strip() for cell, default in rows for name in re.findall(r"`([^`]+)`", cell)}


def parameters(name: str) -> dict[str, Any]:
    """A subcommand's arguments by metavar or upper-case name and its options by every spelling, ``--help`` aside."""
    found = {}
    for parameter in COMMANDS[name].params:
        if parameter.param_type_name == "argument":
            found[parameter.metavar or parameter.name.upper()] = parameter
        else:
            spellings = (*parameter.opts, *parameter.secondary_opts)
            found |= {spelling: parameter for spelling in spellings if spelling != "--help"}
    return found


def test_every_subcommand_has_its_section() -> None:
    assert list(sections(PAGE.read_text(encoding="utf-8"))) == list(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_section_names_every_argument_and_option(name: str) -> None:
    section = sections(PAGE.read_text(encoding="utf-8"))[name]
    assert set(documented(section)) == set(parameters(name))


@pytest.mark.parametrize("name", COMMANDS)
def test_the_section_gives_fixed_defaults(name: str) -> None:
    table = documented(sections(PAGE.read_text(encoding="utf-8"))[name])
    for spelling, parameter in parameters(name).items():
        assert (table[spelling] == "required") == parameter.required
        fixed = isinstance(parameter.default, str | int | Path) and not isinstance(parameter.default, bool)
        if fixed and spelling != "--processes":  # by default as many as there are processors
            assert table[spelling].strip("`") == str(parameter.default)


def test_the_page_explains_every_exit_code() -> None:
    rows = re.findall(r"^\| (\d+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert [int(code) for code in rows] == [code.value for code in ExitCode]


def test_a_forgotten_and_an_invented_option_are_noticed() -> None:
    section = "\n| `--seed` | 0 | seed |\n| `--output`, `-o` | required | folder |\n"
    assert documented(section) == {"--seed": "0", "--output": "required", "-o": "required"}
