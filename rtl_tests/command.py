"""The `hwgen` command in this process, as the shell would run it."""

import sys
from collections.abc import Callable
from typing import NamedTuple

import pytest

from hwgen.cli import main


class Outcome(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


Run = Callable[..., Outcome]


def runner(capture: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Called with arguments, runs the command with them."""

    def command(*arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["hwgen", *map(str, arguments)])
        try:
            main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        captured = capture.readouterr()
        return Outcome(code, captured.out, captured.err)

    return command
