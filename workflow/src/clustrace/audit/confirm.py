"""Which numbers an audit confirms, and how far."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache

from clustrace.audit.case import Case
from clustrace.audit.ledger import LedgerLine
from clustrace.audit.model import Check, Severity, Status
from clustrace.audit.report import Confirmed, Outcome
from clustrace.provenance.evidence import Rung, basis

#: Checks that compute a number anew; one of them must have passed for it.
_RECOMPUTING = ("CELL-003", "CELL-008", "CELL-011")
#: Checks that did the jobs behind a number once more, the one that shows most first.
_REPLAYING = {"RUN-014": Rung.RETRAINED, "RUN-013": Rung.WEIGHTS}

#: Checks of which a confirmation of each rung names one at least.
NEEDED = {
    Rung.PREDICTIONS: _RECOMPUTING,
    **{rung: (check,) for check, rung in _REPLAYING.items()},
}


def confirmations(case: Case, outcomes: Sequence[Outcome]) -> dict[str, Confirmed]:
    """Numbers against which nothing required speaks, with the rung that they reach.

    A failed check speaks against a number if it concerns the number itself, its ledger or table,
    or a file or record that the number rests on.
    """
    subjects = _by_subject(outcomes)
    behind = cache(lambda runs: frozenset(_behind(case, runs)))
    found = {}
    for line in case.lines():
        if not line.is_filled:
            continue
        concerned = {line.address, *_prints(case, line), *behind(line.runs)}
        checks = [each for subject in concerned for each in subjects.get(subject, ())]
        broken = {
            check.id
            for check, status in checks
            if status is Status.FAILED and check.severity is Severity.REQUIRED
        }
        if broken:
            continue
        passed = {check.id for check, status in checks if status is Status.PASSED}
        found[line.address] = Confirmed(
            address=line.address,
            rung=_rung(line, passed, subjects),
            basis=basis_of(case, line),
            checks=tuple(sorted(passed)),
        )
    return found


def _by_subject(outcomes: Iterable[Outcome]) -> Mapping[str, list[tuple[Check, Status]]]:
    """What was observed of each subject; what follows a colon names a part of it."""
    found: dict[str, list[tuple[Check, Status]]] = {}
    for outcome in outcomes:
        for each in outcome.observations:
            subject = each.subject.partition(": ")[0]
            found.setdefault(subject, []).append((outcome.check, each.status))
    return found


def _prints(case: Case, line: LedgerLine) -> Iterator[str]:
    """Ledger and tables that show a number, and the records of the jobs that wrote them."""
    ledger = case.ledgers[line.paper].path
    stem = f"{case.folder}/tables/{line.paper}/{line.table}."
    yield ledger
    for job in case.records.jobs:
        written = [file.path for _, file in job.outputs if file.path.startswith((ledger, stem))]
        if written:
            yield job.place
            yield from written


def _behind(case: Case, runs: tuple[str, ...]) -> Iterator[str]:
    """Runs, and the records and files that they rest on."""
    yield from runs
    for job in case.records.ancestors(case.jobs_of(runs)):
        yield job.place
        yield from (file.path for _, file in (*job.inputs, *job.outputs))


def _rung(
    line: LedgerLine, passed: set[str], subjects: Mapping[str, list[tuple[Check, Status]]]
) -> Rung:
    """How far a number got: a replay counts for it if it held for all of its runs."""
    if not passed & set(_RECOMPUTING):
        return Rung.HASHES
    if line.kind == "array":
        return Rung.PREDICTIONS
    for check_id, rung in _REPLAYING.items():
        held = [
            any(check.id == check_id and status is Status.PASSED for check, status in subjects[run])
            for run in line.runs
            if run in subjects
        ]
        if held and len(held) == len(line.runs) and all(held):
            return rung
    return Rung.PREDICTIONS


def basis_of(case: Case, line: LedgerLine) -> str:
    """Hash of what a confirmation of this number rests on."""
    return basis(
        line.address,
        value=line.value,
        printed=line.printed,
        content_sha256=line.content_sha256,
        files={path: case.tree.digest(path) or "" for path in _label_files(case, line)},
    )


def _label_files(case: Case, line: LedgerLine) -> Iterator[str]:
    """Predicted and true labels of a number's runs."""
    for run in line.runs:
        if run.startswith(f"{case.folder}/truth/"):
            if case.tree.exists(run):
                yield run
            continue
        dataset = run.split("/")[-3] if run.count("/") > 1 else ""
        for folder, stem in ((run, "predictions."), (f"{case.folder}/truth", f"{dataset}.")):
            yield from (p for p in case.tree.beside(folder) if p.startswith(f"{folder}/{stem}"))
