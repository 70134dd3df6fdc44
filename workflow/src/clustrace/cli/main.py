"""The command line: ``clustrace --help``."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import typer
from rich.console import Console
from typer.core import TyperGroup

from clustrace.errors import ClustraceError

#: Module of each command, in the order of the help. Each has a Typer object ``app``, of one
#: command or of several, and is imported only where its command is called: explain has to answer
#: within a second, and others import torch or plots.
MODULES = {
    "run": "run",
    "estimate": "estimate",
    "doctor": "doctor",
    "tables": "tables",
    "site": "site",
    "summary": "summary",
    "accidents": "accidents",
    "explain": "explain",
    "impact": "impact",
    "diff": "diff",
    "data": "data",
    "config": "config",
    "audit": "audit",
    "replay": "replay",
    "attest": "attest",
    "publish": "publish",
    "restore": "restore",
    "bench": "bench",
    "crate": "crate",
}


class _Commands(TyperGroup):
    def __init__(self, **attributes: Any) -> None:
        # Names for the help and for "did you mean"; the commands themselves come at their call.
        super().__init__(**{**attributes, "commands": dict.fromkeys(MODULES)})

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in MODULES:
            return None
        module = importlib.import_module(f"clustrace.cli.{MODULES[cmd_name]}")
        command = typer.main.get_command(module.app)
        command.name = cmd_name
        return command


app = typer.Typer(cls=_Commands, add_completion=False, pretty_exceptions_enable=False)


@app.callback(no_args_is_help=True)
def clustrace() -> None:
    """Regenerate and audit the results of papers on deep clustering and sparse autoencoders."""


def main() -> None:
    """Run the command line; an error of the project becomes one sentence and exit status 1."""
    try:
        app()
    except ClustraceError as error:
        Console(stderr=True).print(f"Error: {error}", markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)
