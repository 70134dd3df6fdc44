"""Checks on the machine and the software of the jobs."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator

from pydantic import ValidationError

from clustrace.audit.case import Case
from clustrace.audit.model import Check, Level, Observation, failed, passed, skipped
from clustrace.audit.records import Job, stored
from clustrace.audit.tree import TreeError
from clustrace.provenance.environment import Environment
from clustrace.provenance.record import Determinism

#: The lock, relative to the repository.
LOCK = "envs/lock.txt"


def environment_of(case: Case, job: Job) -> Environment:
    """Machine and software of a job.

    Raises:
        TreeError: the object is missing, altered or no environment.
    """
    try:
        return _parsed(stored(case.tree, job, job.record.environment.object))
    except ValidationError as error:
        raise TreeError(f"its environment lacks what belongs to one ({error.title})") from error


@functools.lru_cache(maxsize=256)
def _parsed(content: bytes) -> Environment:
    return Environment.model_validate_json(content)


class EnvironmentKnown(Check):
    """ENV-001."""

    id = "ENV-001"
    title = "Machine and software are recorded, and were installed from a known lock"
    level = Level.HASHES
    why = "Other versions of libraries give other numbers."
    mend = "Restore the object with git; or install the lock and run the job again."

    def examine(self, case: Case) -> Iterator[Observation]:
        """Resolve the environment of every job and compare it with what the record says."""
        for job in case.jobs:
            try:
                environment = environment_of(case, job)
            except TreeError as error:
                yield failed(job.place, error, "an environment")
                continue
            yield _consistent(job, environment)
            yield self._locked(case, job, environment.lock_sha256)

    def _locked(self, case: Case, job: Job, lock: str | None) -> Observation:
        present = case.checkout.present(LOCK)
        if lock is None or (present is not None and _sha256(present) == lock):
            return passed(job.place)
        commit = job.record.git.commit if job.record.git else None
        if commit is None or case.checkout.unusable:
            reason = case.checkout.unusable or "the job ran outside git"
            return skipped(job.place, f"its lock is not the present one, and {reason}")
        name = f"{commit}:{LOCK}"
        then = case.checkout.contents([name])[name]
        if then is not None and _sha256(then) == lock:
            return passed(job.place)
        return failed(job.place, f"lock {lock[:12]}", f"{LOCK} of commit {commit[:12]}")


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _consistent(job: Job, environment: Environment) -> Observation:
    """What the record repeats of its environment must be what stands there."""
    torch, said = environment.torch, job.record.environment
    gpu = torch.cuda.name if torch and torch.cuda else None
    pairs = {
        "host": (said.host, environment.host),
        "processor": (said.processor, environment.processor.model),
        "gpu": (said.gpu, gpu),
        "python": (said.python, environment.python),
        "torch": (said.torch, torch.version if torch else None),
        "device": (job.record.device, environment.device),
        "threads": (job.record.threads, environment.threads),
    }
    for name, (recorded, found) in pairs.items():
        if recorded != found:
            return failed(job.place, f"{name} {recorded}", f"{found}, as its environment says")
    return passed(job.place)


class DeterminismDeclared(Check):
    """ENV-003."""

    id = "ENV-003"
    title = "Jobs that draw at random say how far a repetition agrees, and were set so"
    level = Level.HASHES
    why = "Bit-equal results need deterministic algorithms."
    mend = "Run the job again."

    def examine(self, case: Case) -> Iterator[Observation]:
        """Compare the determinism class of every job with device and flags."""
        for job in case.jobs:
            record = job.record
            if record.determinism is None:
                if record.seeds and record.outcome.ok and case.experiment is None:
                    yield skipped(job.place, "a job of another workflow may leave it open")
                elif record.seeds and record.outcome.ok:
                    yield failed(job.place, "no class of determinism", ", ".join(Determinism))
                continue
            if record.determinism is not Determinism.BIT_EQUAL:
                yield passed(job.place)
            elif record.device.startswith("cuda"):
                yield failed(job.place, "bit-equal on a GPU", "equal within eps at most")
            else:
                yield self._flags(case, job)

    def _flags(self, case: Case, job: Job) -> Observation:
        try:
            torch = environment_of(case, job).torch
        except TreeError as error:
            return skipped(job.place, str(error))
        if torch is not None and torch.deterministic == "default" and job.record.seeds:
            return failed(job.place, "torch may choose other algorithms", "deterministic ones")
        return passed(job.place)
