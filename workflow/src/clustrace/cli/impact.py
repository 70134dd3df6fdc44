"""``clustrace impact``: what an edit would change, and the hours to refresh it."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from clustrace.cli.console import duration, indented, show
from clustrace.cli.options import default_protocol, results_root
from clustrace.provenance.impact import Impact, ProtocolImpact, impact_of, load_results
from clustrace.provenance.impact_targets import target_of
from clustrace.provenance.numbers import Ledgers

app = typer.Typer()

_SHOWN = 20


class Format(StrEnum):
    """Forms of the answer."""

    TEXT = "text"
    JSON = "json"


@app.command()
def impact(
    target: Annotated[
        str,
        typer.Argument(
            metavar="PATH_OR_KEY",
            help="Source file, data file, file of config/, or a key: methods.sae.learning_rate, "
            "protocols.quick.overrides.cae, datasets.usps.fingerprint.",
        ),
    ],
    protocol: Annotated[str | None, typer.Option(help="Only results of this protocol.")] = None,
    form: Annotated[Format, typer.Option("--format", help="Form of the answer.")] = Format.TEXT,
) -> None:
    """Tell which numbers an edit would change, and the recorded hours to refresh them.

    Nothing is edited and nothing runs; the answer comes from the records of the results.
    """
    root = results_root()
    ledgers = Ledgers.below(root, protocol, default_protocol(root))
    results = load_results(ledgers.folders, root)
    found = impact_of(target_of(target, root, results), results)
    if form is Format.JSON:
        typer.echo(found.model_dump_json(indent=2, by_alias=True))
    else:
        show(_screen(found))


def _screen(found: Impact) -> RenderableType:
    parts: list[RenderableType] = [Text(found.target, style="bold")]
    if not any(each.jobs for each in found.protocols):
        return Group(*parts, Text("No recorded job depends on it: nothing runs again."))
    for each in found.protocols:
        parts += [Text(), *_protocol(each)]
    if len(found.protocols) > 1:
        parts += [Text(), Text(f"together {duration(found.hours * 3600)} of recorded work")]
    return Group(*parts)


def _protocol(each: ProtocolImpact) -> list[RenderableType]:
    if not each.jobs:
        return [Text(f"protocol {each.protocol}: nothing runs again")]
    rules: Counter[str] = Counter()
    for job in each.jobs:
        rules[job.rule] += 1
    head = (
        f"protocol {each.protocol}: {len(each.jobs)} of {each.of_jobs} jobs run again "
        f"({duration(each.hours * 3600)} recorded), {len(each.numbers)} of {each.of_numbers} "
        "numbers may change"
    )
    jobs = ", ".join(f"{count} {rule}" for rule, count in rules.items())
    rest = len(each.numbers) - _SHOWN
    more = [f"and {rest} more; --format json lists all"] if rest > 0 else []
    lines = [jobs, *each.numbers[:_SHOWN], *more]
    return [Text(head, style="bold"), *(indented(Text(line)) for line in lines)]
