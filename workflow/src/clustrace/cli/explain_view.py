"""An explanation on the screen. Colours repeat what words say; piped, it is plain text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from clustrace.cli.console import cut, duration, fitted, indented
from clustrace.cli.explain_facts import facts
from clustrace.provenance.explanation import Explanation, RunNode
from clustrace.provenance.ledger import LedgerRow
from clustrace.provenance.lineage import NodeStatus
from clustrace.provenance.steps import Step, steps_of

_STYLES = {
    NodeStatus.OK: "green",
    NodeStatus.ATTESTED: "yellow",
    NodeStatus.OLDER_CODE: "yellow",
    NodeStatus.CHANGED: "bold red",
    NodeStatus.MISSING: "bold red",
}
_SHORT = 8
#: Columns that names, the hash of one run with its status, and the time take.
_NAMES, _CELL, _TIME = 30, 14, 10
#: What follows differences and tolerances of these units.
_SUFFIXES = {"seconds": " s", "millions": " million"}
_NONE = Text("—")
_SAME = Text("same", style="dim")


def listing(rows: Iterable[LedgerRow], width: int) -> RenderableType:
    """Numbers of a ledger, one in each line."""
    lines = []
    for row in rows:
        ours = f"{row.n} points" if row.content_sha256 else row.printed
        verdict = row.verdict.value if row.verdict else ""
        evidence = row.evidence.value if row.evidence else ""
        reason = "" if ours else row.reason
        lines.append((row.address, ours, row.published_printed, verdict, evidence, reason))
    return fitted(("address", "ours", "published", "verdict", "evidence", "why not"), lines, width)


def screen(
    explanation: Explanation, protocol: str, also: Sequence[str], width: int
) -> RenderableType:
    """A number with its causes.

    Args:
        explanation: the number.
        protocol: name of the folder of its results.
        also: other protocols that have the same address.
        width: columns of the screen.
    """
    steps = steps_of(explanation)
    parts: list[RenderableType] = [_head(explanation, protocol, also), _numbers(explanation)]
    if explanation.members:
        parts += [
            "",
            Text("Computed from", style="bold"),
            indented(_members(explanation, width - 2)),
        ]
    if explanation.jobs:
        parts += ["", _runs(explanation, steps, width)]
        parts += ["", Text("Made with", style="bold"), indented(_made_with(explanation, steps))]
    if explanation.deviations:
        parts += ["", _deviations(explanation, width)]
    if explanation.problems:
        parts += ["", Text("Not in order", style="bold red")]
        parts += [indented(Text(problem)) for problem in explanation.problems]
    if explanation.commands:
        parts += ["", Text("Check again", style="bold")]
        parts += [indented(Text(command)) for command in explanation.commands]
    return Group(*parts)


def _head(explanation: Explanation, protocol: str, also: Sequence[str]) -> Text:
    others = f"   (also under {', '.join(also)})" if also else ""
    return Text.assemble(
        (explanation.address, "bold"),
        f"   protocol {protocol}{others}\n",
        explanation.title,
    )


def _numbers(explanation: Explanation) -> RenderableType:
    row, table = explanation.row, _facts()
    unit = 100.0 if row.published_unit == "percent" and row.kind != "claim" else 1.0
    points = " points" if unit == 100.0 else _SUFFIXES.get(row.published_unit, "")
    if row.content_sha256:
        table.add_row("drawn", f"{row.n} points, content {row.content_sha256[:_SHORT]}")
    if row.value is not None:
        spread = "" if row.std is None else f", standard deviation {row.std!r}"
        table.add_row("printed", row.printed, f"from {row.value!r}{spread}")
        table.add_row("", "", "; ".join(filter(None, (row.aggregation, row.rounding))))
    if row.published is not None or row.place:
        table.add_row("published", row.published_printed or "—", row.place)
    digits = 6 if row.published_unit == "millions" else 2
    if row.difference is not None:
        difference = f"{row.difference * unit:+.{digits}f}{points}"
        table.add_row("difference", difference, "ours minus published")
    if row.tolerance is not None:
        table.add_row("tolerance", f"{row.tolerance * unit:.{digits}f}{points}", row.tolerance_from)
    if row.p_value is not None:
        table.add_row("p value", f"{row.p_value:.2g}", "one-sided paired t test over the seeds")
    table.add_row("verdict", row.verdict.value if row.verdict else "none", row.reason)
    table.add_row("evidence", row.evidence.value if row.evidence else "none", "")
    if explanation.jobs or explanation.members:
        meaning = "all files and jobs behind it are as recorded"
        if explanation.status is not NodeStatus.OK:
            meaning = "of the files and jobs behind it, the worst; see below"
        table.add_row("status", _status(explanation.status), meaning)
    return indented(table)


def _members(explanation: Explanation, width: int) -> RenderableType:
    lines = []
    for member in explanation.members:
        behind = member.status.value if member.printed else ""
        verdict = member.verdict or member.reason
        numbers = (member.address, member.printed, member.published_printed)
        lines.append((*numbers, member.evidence, behind, verdict))
    names = ("address", "ours", "published", "evidence", "status", "verdict")
    return fitted(names, lines, width)


def _runs(explanation: Explanation, steps: Sequence[Step], width: int) -> Table:
    """Steps from the number to the data, with the hashes of records and files of each run."""
    runs = explanation.runs
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("From the number to its data", no_wrap=True)
    single = _NAMES + _CELL * len(runs) + _TIME <= width
    for title in _run_names(runs) if single else [f"{len(runs)} runs"]:
        table.add_column(title, no_wrap=single)
    table.add_column("time", justify="right", no_wrap=True)
    if any(run.values for run in runs):
        values = [" ".join(f"{v:.4f}" for v in run.values.values()) for run in runs]
        table.add_row(explanation.row.metric, *(values if single else ["  ".join(values)]), "")
    for step in steps:
        cells = [_hash(job.record_sha256, job.status) if job else _NONE for job in step.jobs]
        shown = _shown(step, cells) if single else [_counts(j.status for j in step.distinct)]
        seconds = duration(sum(job.seconds for job in step.distinct))
        table.add_row(Text(step.name, style="bold"), *shown, seconds)
        for index, file in enumerate(step.first.outputs):
            files = [job.outputs[index] if job else None for job in step.jobs]
            cells = [_hash(f.sha256, f.status) if f else _NONE for f in files]
            count = _counts(f.status for f in dict.fromkeys(files) if f)
            table.add_row(f"  {file.name}", *(_shown(step, cells) if single else [count]), "")
    return table


def _run_names(runs: Sequence[RunNode]) -> list[str]:
    """Seeds of each run, or else the end of its path; both where seeds alone name several."""
    places = ["/".join(run.file.path.split("/")[-3:-1]) for run in runs]
    seeds = [" ".join(map(str, run.values)) for run in runs]
    names = [
        f"seed{'s' if ' ' in s else ''} {s}" if s else p for s, p in zip(seeds, places, strict=True)
    ]
    return names if len(set(names)) == len(names) else places


def _shown(step: Step, cells: Sequence[Text]) -> list[Text]:
    """Cells of all runs; what they share stands in the first."""
    return [cells[0], *[_SAME] * (len(cells) - 1)] if step.shared else list(cells)


def _hash(sha256: str, status: NodeStatus) -> Text:
    return Text.assemble(f"{sha256[:_SHORT]} ", _status(status))


def _status(status: NodeStatus) -> Text:
    return Text(status.value, style=_STYLES[status])


def _counts(states: Iterable[NodeStatus]) -> Text:
    return Text(", ".join(f"{n} {status.value}" for status, n in Counter(states).items()))


def _made_with(explanation: Explanation, steps: Sequence[Step]) -> RenderableType:
    table = _facts()
    for name, text in facts(explanation, steps):
        table.add_row(name, text)
    return table


def _deviations(explanation: Explanation, width: int) -> RenderableType:
    paper, found = explanation.row.paper, explanation.deviations
    title = f"Deviations from the paper ({len(found)}; config/papers/{paper}.deviations.yaml)"
    table = _facts()
    longest = max(len(deviation.slug) for deviation in found)
    for deviation in found:
        table.add_row(deviation.slug, cut(deviation.what, width - longest - 4))
    return Group(Text(title, style="bold"), indented(table))


def _facts() -> Table:
    """A table of names and texts without a head."""
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="cyan")
    return table
