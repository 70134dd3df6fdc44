"""Data of the panels: scripts that a page loads when a number is asked for.

Pages read from disk may not fetch JSON, but may load scripts; so each file hands its content on by
a call. What many numbers share (jobs, environments, confusion matrices) lies in files of its own,
so that a panel loads little.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from clustrace.config.papers import Metric
from clustrace.evaluate.numbers import printed
from clustrace.provenance.explanation import Explanation, JobNode, RunNode
from clustrace.provenance.ledger import LedgerRow
from clustrace.provenance.steps import steps_of
from clustrace.report.site.confusions import confusions
from clustrace.report.site.content import Content
from clustrace.report.site.links import dataset_of, run_name
from clustrace.report.site.standing import standing_of

_UNSAFE = re.compile(r"[^A-Za-z0-9.-]+")
#: Lines of U+2028 and U+2029 end a JavaScript line; "</" would end a script in a page.
_ESCAPES = {"\u2028": "\\u2028", "\u2029": "\\u2029", "</": "<\\/"}


def packs(content: Content) -> Iterator[tuple[str, Any]]:
    """Name and value of each data file of a site."""
    files: dict[str, dict[str, Any]] = {}
    for row in content.rows:
        numbers = files.setdefault(f"numbers/{row.paper}.{row.table}.{row.row}", {})
        explanation = content.explanations.get(row.address)
        if explanation is None:
            numbers[row.address] = {
                "title": row.address,
                "row": _plain(row),
                "fault": content.unexplained[row.address],
            }
            continue
        numbers[row.address] = _number(content, explanation)
        for job in explanation.jobs:
            files.setdefault(pack_of(job), {}).setdefault(job.id, job.model_dump(mode="json"))
        for key, environment in explanation.environments.items():
            files.setdefault(f"environments/{key}", environment.model_dump(mode="json"))
    layout = content.experiment.layout
    for run in dict.fromkeys(run for row in content.rows for run in _labelled(row)):
        matrices = files.setdefault(f"confusion/{run_name(run)}", {})
        matrices[run] = confusions(layout, content.experiment.root / run)
    yield from files.items()


def script(name: str, value: Any) -> str:
    """A script that hands a value on under a name."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for raw, escaped in _ESCAPES.items():
        text = text.replace(raw, escaped)
    return f"clustrace.put({json.dumps(name)},{text});\n"


def pack_of(job: JobNode) -> str:
    """Name of the file that has a job: one for each method on a data set."""
    about = [job.wildcards[name] for name in ("dataset", "method") if name in job.wildcards]
    parts = about or [*job.wildcards.values()][:1] or [job.rule]
    return "jobs/" + _UNSAFE.sub("-", ".".join(parts))


def _labelled(row: LedgerRow) -> Iterable[str]:
    return row.runs.split() if row.kind == "cell" else ()


def _plain(row: LedgerRow) -> dict[str, Any]:
    content = row.model_dump(mode="json")
    return {key: value for key, value in content.items() if value not in (None, "")}


def _number(content: Content, explanation: Explanation) -> dict[str, Any]:
    row = explanation.row
    metric = _metric(content, row)
    steps = steps_of(explanation)
    return {
        "title": explanation.title,
        "row": _plain(row),
        "standing": standing_of(row).slug if row.kind == "cell" else "",
        "ledger": explanation.ledger.model_dump(mode="json"),
        "members": [member.model_dump(mode="json") for member in explanation.members],
        "runs": [_run(run, metric) for run in explanation.runs],
        "steps": [
            {"name": step.name, "rule": step.rule, "jobs": [j.id if j else None for j in step.jobs]}
            for step in steps
        ],
        "packs": list(dict.fromkeys(pack_of(job) for job in explanation.jobs)),
        "dataset": dataset_of(content, row),
        "data": [data.model_dump(mode="json") for data in explanation.data],
        "deviations": [[d.slug, d.what, d.effect] for d in explanation.deviations],
        "commands": [_explain_command(row), *explanation.commands],
        "status": explanation.status.value,
        "problems": list(explanation.problems),
    }


def _explain_command(row: LedgerRow) -> str:
    return f"clustrace explain --protocol {row.protocol} {row.address}"


def _run(run: RunNode, metric: Metric | None) -> dict[str, Any]:
    return {
        "folder": run.file.path.rpartition("/")[0],
        "file": run.file.model_dump(mode="json"),
        "jobs": list(run.jobs)[-1:],
        "values": {
            str(seed): {"raw": value, "printed": _shown(value, metric)}
            for seed, value in run.values.items()
        },
    }


def _shown(value: float, metric: Metric | None) -> str:
    return printed(value, metric.unit, metric.decimals) if metric else f"{value:.4f}"


def _metric(content: Content, row: LedgerRow) -> Metric | None:
    """The metric of a cell, which says how its values are printed."""
    if row.kind != "cell":
        return None
    paper = content.experiment.papers[row.paper]
    metrics: Mapping[str, Metric] = {m.slug: m for m in paper.table(row.table).metrics}
    return metrics[row.metric]
