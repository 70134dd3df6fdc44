"""Checks on the code of the jobs: is it that of the commit?"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from pydantic import ValidationError

from clustrace.audit.case import Case
from clustrace.audit.model import Check, Level, Observation, Severity, failed, passed, skipped
from clustrace.audit.present import normalised
from clustrace.audit.records import Job, stored
from clustrace.audit.tree import TreeError
from clustrace.files import sha256_json
from clustrace.provenance.code_identity import CodeIdentity

_SOURCES = "workflow/src"
_EDITED = re.compile(rb"^diff --git a/.* b/(.*)$", re.MULTILINE)
_RUN_AGAIN = "Run the job again."


def code_of(case: Case, job: Job) -> CodeIdentity | None:
    """Roots and modules of a job's code; None if the record names none.

    Raises:
        TreeError: the object is missing, altered or no code identity.
    """
    if job.record.code.object is None:
        return None
    try:
        return _parsed(stored(case.tree, job, job.record.code.object))
    except ValidationError as error:
        raise TreeError(f"its code lacks what belongs to an identity ({error.title})") from error


@functools.lru_cache(maxsize=256)
def _parsed(content: bytes) -> CodeIdentity:
    return CodeIdentity.model_validate_json(content)


class CommitKnown(Check):
    """ENV-002."""

    id = "ENV-002"
    title = "The commit of every job is in this repository, and its uncommitted edits are kept"
    level = Level.HASHES
    why = "Code that cannot be found again cannot be read or run again."
    mend = "Fetch the commit, or restore the object with git; or run the job again."

    def examine(self, case: Case) -> Iterator[Observation]:
        """Look up the commits of all jobs at once."""
        commits = {job.record.git.commit for job in case.jobs if job.record.git is not None}
        found = case.checkout.contents(f"{commit}^{{commit}}" for commit in sorted(commits))
        for job in case.jobs:
            git = job.record.git
            if git is None:
                yield skipped(job.place, "the job ran outside git")
                continue
            if git.dirty != (git.diff_sha256 is not None):
                yield failed(job.place, f"dirty: {git.dirty}", "edits with their difference")
            try:
                edited_files(case, job)
            except TreeError as error:
                yield failed(job.place, error, "the difference to the commit")
            if case.checkout.unusable:
                yield skipped(job.place, case.checkout.unusable)
            elif found[f"{git.commit}^{{commit}}"] is None:
                yield failed(job.place, f"commit {git.commit[:12]}", "a commit of this repository")
            else:
                yield passed(job.place)


def edited_files(case: Case, job: Job) -> frozenset[str]:
    """Files that differed from the commit as a job began.

    Raises:
        TreeError: the difference is missing, was altered, or names no file.
    """
    digest = job.record.git.diff_sha256 if job.record.git else None
    if digest is None:
        return frozenset()
    names = _EDITED.findall(stored(case.tree, job, digest, ".diff"))
    if not names:
        raise TreeError(f"{job.object(digest, '.diff')} is no difference that git wrote")
    return frozenset(name.decode("utf-8", "replace") for name in names)


class CodeCommitted(Check):
    """ENV-005."""

    id = "ENV-005"
    title = "No job ran code with uncommitted edits"
    severity = Severity.WARNING
    level = Level.HASHES
    why = "Edits that were never committed are read by nobody."
    mend = "Commit the code and run the job again."

    def examine(self, case: Case) -> Iterator[Observation]:
        """Look at the git state of every job."""
        for job in case.jobs:
            git = job.record.git
            if git is not None:
                yield failed(job.place, "edits", "none") if git.dirty else passed(job.place)


class CodeOfCommit(Check):
    """ENV-004."""

    id = "ENV-004"
    title = "The recorded code is that of the recorded commit"
    level = Level.HASHES
    why = "A record that names other code than ran is no evidence of anything."
    mend = _RUN_AGAIN

    def examine(self, case: Case) -> Iterator[Observation]:
        """Hash the modules of each code identity as they stand in its commit."""
        for job in case.jobs:
            try:
                code = code_of(case, job)
                edited = edited_files(case, job)
            except TreeError as error:
                yield failed(job.place, error, "a code identity")
                continue
            if code is None:
                yield skipped(job.place, "the record names no modules")
            elif sha256_json(code.modules) != code.digest or code.digest != job.record.code.digest:
                yield failed(job.place, f"digest {code.digest[:12]}", "that of its modules")
            elif not set(code.roots) <= code.modules.keys():
                yield failed(job.place, f"modules without {code.roots}", "the roots among them")
            else:
                yield self._committed(case, job, code, edited)

    def _committed(
        self, case: Case, job: Job, code: CodeIdentity, edited: frozenset[str]
    ) -> Observation:
        git = job.record.git
        if git is None or case.checkout.unusable:
            return skipped(job.place, case.checkout.unusable or "the job ran outside git")
        names = {module: _files(module) for module in code.modules}
        wanted = [f"{git.commit}:{name}" for pair in names.values() for name in pair]
        contents = case.checkout.contents(wanted)
        if not any(contents[name] for name in wanted):
            return skipped(job.place, f"commit {git.commit[:12]} does not hold this code")
        for module, recorded in code.modules.items():
            if edited & set(names[module]):
                continue
            sources = (contents[f"{git.commit}:{name}"] for name in names[module])
            then = next((normalised(source) for source in sources if source is not None), None)
            if then != recorded:
                return failed(job.place, f"{module} {recorded[:12]}", f"as in {git.commit[:12]}")
        return passed(job.place)


def _files(module: str) -> tuple[str, str]:
    """Files of the repository that may hold a module."""
    stem = f"{_SOURCES}/{module.replace('.', '/')}"
    return f"{stem}.py", f"{stem}/__init__.py"
