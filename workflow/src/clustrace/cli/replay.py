"""``clustrace replay``: do a recorded job once more in another folder."""

from __future__ import annotations

import json
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from clustrace.cli.options import repository
from clustrace.errors import NotApplicableError
from clustrace.stages.first_steps import FirstSteps, replay_first_steps
from clustrace.stages.replay import Replay, replay
from clustrace.stages.replayed import Replayed

app = typer.Typer()

#: Exit status of a replay from weights where there are none to replay from: no failure, and no
#: confirmation either.
NOT_APPLICABLE = 3


class Format(StrEnum):
    """Forms of the answer."""

    TEXT = "text"
    JSON = "json"


class From(StrEnum):
    """What a replay begins with."""

    WEIGHTS = "weights"
    START = "start"


@app.command("replay")
def command(
    record: Annotated[Path, typer.Argument(metavar="RECORD", help="Record of the job.")],
    into: Annotated[
        Path,
        typer.Option(
            metavar="FOLDER",
            help="Where the outputs go, under the paths that they have in the repository. Inputs "
            "that an earlier replay made there are used.",
        ),
    ],
    begin: Annotated[
        From,
        typer.Option(
            "--from",
            help="start: all the work, from the inputs. weights: label vectors anew from the "
            "stored weights and centroids.",
        ),
    ] = From.START,
    allow_other_code: Annotated[
        bool, typer.Option("--allow-other-code", help="Go on with code other than the recorded.")
    ] = False,
    first_steps: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Only the first N gradient steps of a training, with the code of now, against "
            "the recorded history. Exits with 1 if any row differs.",
        ),
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="Form of the answer.")] = Format.TEXT,
) -> None:
    """Do a recorded job once more, and say which of its outputs come out as recorded.

    Threads, device, precision, seeds and parameters are those of the record. Exits with 1 if it
    cannot be done, and with 3 if the method stores no weights to replay from.
    """
    order = Replay(record, repository().resolve(), into, allow_other_code)
    if first_steps is not None:
        _first_steps(order, first_steps, form)
        return
    try:
        done = replay(order, begin.value, _log)
    except NotApplicableError as error:
        typer.echo(f"not applicable: {error}")
        raise typer.Exit(NOT_APPLICABLE) from None
    _say(done, _lines(done), form)


def _first_steps(order: Replay, steps: int, form: Format) -> None:
    done = replay_first_steps(order, steps, _log)
    _say(done, done.sentences(), form)
    if done.differing:
        raise typer.Exit(1)


def _say(done: Replayed | FirstSteps, lines: list[str], form: Format) -> None:
    if form is Format.JSON:
        typer.echo(json.dumps(asdict(done), default=str))
        return
    for line in lines:
        typer.echo(line)


def _log(line: str) -> None:
    typer.echo(line, err=True)


def _lines(done: Replayed) -> list[str]:
    lines = [f"{'equal' if equal else 'DIFFERS':8}{path}" for path, equal in done.equal.items()]
    if not done.outcome.ok:
        lines.append(f"outcome: {done.outcome.status.value}: {done.outcome.reason}")
    if done.changed_modules is not None:
        lines.append(f"other code than recorded: {', '.join(done.changed_modules) or 'unknown'}")
    lines += [f"input made otherwise by an earlier replay: {path}" for path in done.other_inputs]
    lines += [
        f"other {name}: recorded {recorded}, here {here}"
        for name, (recorded, here) in done.other_environment.items()
    ]
    return [*lines, f"record: {done.record}"]
