"""``clustrace explain``: from one number to its causes."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated

import typer

from clustrace.cli.console import screen_width, show
from clustrace.cli.explain_view import listing, screen
from clustrace.cli.options import default_protocol, results_root
from clustrace.errors import ConfigError
from clustrace.provenance.explain import explain as explain_number
from clustrace.provenance.explanation import Explanation
from clustrace.provenance.hash_cache import CACHE, HashCache
from clustrace.provenance.lineage_graph import dot, graph_of, mermaid
from clustrace.provenance.numbers import Ledgers

app = typer.Typer()


class Format(StrEnum):
    """Forms of an explanation."""

    TEXT = "text"
    JSON = "json"
    MERMAID = "mermaid"
    DOT = "dot"


@app.command()
def explain(
    address: Annotated[
        str | None,
        typer.Argument(
            metavar="ADDRESS",
            help="Number, as in dcec.table1.dcec.usps.acc; the first slugs alone list its numbers.",
        ),
    ] = None,
    protocol: Annotated[
        str | None,
        typer.Option(
            help="Protocol; else paper, paper-cpu, or what config.yaml says, if any has it."
        ),
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="Form of the answer.")] = Format.TEXT,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON schema of --format json.")
    ] = False,
) -> None:
    """Trace a number to its runs, label vectors, weights, data, code and machine.

    Everything is shown with its hash and whether it still is as recorded. Large files that have
    not changed since are not hashed again; `clustrace audit` hashes everything.
    """
    if schema:
        from clustrace.config.schemas import json_schema

        typer.echo(json.dumps(json_schema(Explanation), indent=2))
        return
    if address is None:
        raise ConfigError("Give the address of a number, as in dcec.table1.dcec.usps.acc.")
    root = results_root()
    ledgers = Ledgers.below(root, protocol, default_protocol(root))
    address = address.strip(".")
    if rows := ledgers.below_prefix(address):
        show(listing(rows, screen_width()))
        return
    number = ledgers.find(address)
    hashes = HashCache(root / CACHE)
    explanation = explain_number(number, root, hashes)
    hashes.save()
    if form is Format.TEXT:
        also = [folder.name for folder in number.also]
        show(screen(explanation, number.folder.name, also, screen_width()))
    elif form is Format.JSON:
        typer.echo(explanation.model_dump_json(indent=2, by_alias=True))
    else:
        graph = graph_of(explanation)
        typer.echo(mermaid(graph) if form is Format.MERMAID else dot(graph), nl=False)
