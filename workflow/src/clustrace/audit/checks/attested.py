"""Checks on jobs that older code did, and on what attestations say of them."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from clustrace.audit.attested import (
    attestations,
    attested_file,
    current_attestations,
    is_current,
    kept_object,
    later_code,
)
from clustrace.audit.case import Case
from clustrace.audit.checks.code import code_of
from clustrace.audit.checks.environment import environment_of
from clustrace.audit.model import Check, Level, Observation, Severity, failed, passed, skipped
from clustrace.audit.present import changed_modules
from clustrace.audit.records import Job
from clustrace.audit.tree import TreeError
from clustrace.files import sha256_json
from clustrace.provenance.attestation import Agreement, Attestation
from clustrace.provenance.code_identity import CodeIdentity
from clustrace.provenance.environment import Environment
from clustrace.provenance.record import Determinism


class CodePresent(Check):
    """RUN-010."""

    id = "RUN-010"
    title = "The code of every job is the present code"
    severity = Severity.INFO
    level = Level.HASHES
    why = "A run made by older code stays and is labelled so; a new run may come to other numbers."
    mend = "Nothing, or run again; `clustrace attest` shows whether the change matters."

    def examine(self, case: Case) -> Iterator[Observation]:
        """Compare the modules of each code identity with those that would be imported now."""
        current = current_attestations(case.tree, case.folder)
        for job in case.jobs:
            try:
                code = code_of(case, job)
            except TreeError as error:
                yield skipped(job.place, str(error))
                continue
            if code is None:
                yield skipped(job.place, "the record names no modules")
            elif changed := changed_modules(code):
                attestation = current.get(case.tree.digest(job.place) or "")
                yield self._older(job, changed, attestation)
            else:
                yield passed(job.place)

    def _older(self, job: Job, changed: list[str], attestation: Attestation | None) -> Observation:
        others = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        found = f"older code: {changed[0]}{others}"
        if attestation is None or attestation.code != job.record.code.digest:
            return failed(job.place, found, "the present code")
        if attestation.vouches:
            # Neither the present code nor unknown: the reason says how far it was tried.
            return skipped(job.place, f"made by older code; {attestation.sentence}")
        return failed(job.place, f"{found}; {attestation.sentence}", "the present code")


class AttestationsSound(Check):
    """RUN-016."""

    id = "RUN-016"
    title = "Every attestation is about a record and a code that exist, and agrees with both"
    level = Level.HASHES
    why = (
        "An attested run passes for one of the present code. Whether the repetition that it tells "
        "of took place, only another one shows: the level retrain trains attested runs anew with "
        "the present code, and `clustrace attest --again` repeats their first steps."
    )
    mend = "Remove it from the list, and call `clustrace attest`."

    def examine(self, case: Case) -> Iterator[Observation]:
        """Hold each attestation against its record, its objects and the recorded history."""
        path = attested_file(case.folder)
        try:
            found = attestations(case.tree, case.folder)
        except TreeError as error:
            yield failed(path, error, "a list of attestations")
            return
        jobs = {case.tree.digest(job.place): job for job in case.jobs}
        for sha256, each in found.items():
            job = jobs.get(sha256)
            if job is not None:
                yield self._observed(case, job, each)
            elif case.addresses is None:
                yield skipped(each.record, "an attestation of a run that no longer stands")

    def _observed(self, case: Case, job: Job, each: Attestation) -> Observation:
        try:
            for name, found, expected in self._statements(case, job, each):
                if found != expected:
                    return failed(each.record, f"{name}: {found}", expected)
        except TreeError as error:
            return failed(each.record, error, "an attestation that can be checked")
        if not is_current(case.tree, case.folder, each):
            reason = (
                "an attestation about other code than the present; `clustrace attest` renews it"
            )
            return skipped(each.record, reason)
        return passed(each.record)

    def _statements(
        self, case: Case, job: Job, each: Attestation
    ) -> Iterator[tuple[str, Any, Any]]:
        """What it says or refers to, by name, beside what it must be."""
        record = job.record
        yield "record", each.record, record.path
        yield "rule", each.rule, record.rule
        yield "recorded code", each.code, record.code.digest
        yield "determinism", each.determinism, record.determinism
        yield "day after today", each.date > case.now.date(), False
        before, later = code_of(case, job), later_code(case.tree, case.folder, each)
        yield "a record that names its modules", before is not None, True
        yield "digest of its code", later.digest, each.later.digest
        yield "digest of the modules of its code", later.digest, sha256_json(later.modules)
        if before is not None:
            yield "roots of its code", later.roots, before.roots
            yield "changed modules", sorted(each.later.changed), _differing(before, later)
        yield "same machine", each.same_machine, self._same_machine(case, job, each)
        promised = each.same_machine and record.determinism is Determinism.BIT_EQUAL
        allowed = Agreement.DIFFERENT if promised else Agreement.CLOSE
        yield "outcome", each.outcome in (Agreement.EQUAL, allowed), True
        yield from self._extent(case, job, each)

    def _same_machine(self, case: Case, job: Job, each: Attestation) -> bool:
        content = kept_object(case.tree, case.folder, each.environment)
        try:
            now = Environment.model_validate_json(content)
        except ValidationError as error:
            raise TreeError(f"its environment lacks what belongs to one ({error.title})") from error
        return _machine(environment_of(case, job)) == _machine(now)

    def _extent(self, case: Case, job: Job, each: Attestation) -> Iterator[tuple[str, Any, Any]]:
        history = job.only(job.record.outputs, "history") if job.record.outcome.ok else None
        yield "only first steps", each.extent is not None, history is not None
        if each.extent is None or history is None:
            return
        rows = list(csv.DictReader(io.StringIO(case.tree.text(history.path), newline="")))
        last: dict[str, dict[str, int]] = defaultdict(dict)
        for row in rows:
            phases, phase = last[row["seed"]], row.get("phase", "1")
            phases[phase] = max(phases.get(phase, 0), int(row["iteration"]))
        whole = max((sum(phases.values()) for phases in last.values()), default=0)
        reached = [row for row in rows if row.get("phase", "1") == "1"]
        reached = [row for row in reached if int(row["iteration"]) <= each.extent.steps]
        yield "steps of the training", each.extent.of_steps, whole
        yield "phases", each.extent.phases, max(map(len, last.values()), default=0)
        if each.vouches:
            yield "rows compared", each.extent.rows, len(reached)


def _differing(before: CodeIdentity, later: CodeIdentity) -> list[str]:
    names = before.modules.keys() | later.modules.keys()
    return sorted(n for n in names if before.modules.get(n) != later.modules.get(n))


def _machine(environment: Environment) -> tuple[str | None, ...]:
    torch = environment.torch
    gpu = torch.cuda.name if torch and torch.cuda else None
    return environment.processor.model, gpu, environment.python, torch.version if torch else None
