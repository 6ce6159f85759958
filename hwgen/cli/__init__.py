"""The ``hwgen`` command: one file a subcommand."""

from hwgen.cli.app import main

__all__ = ["main"]
