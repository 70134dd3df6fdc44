"""Checks of a cluster's accounting, without which a run can wait for jobs that are gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from clustrace.preflight import slurm
from clustrace.preflight.commands import CommandError, ask, inside
from clustrace.preflight.finding import Finding, failed, ok, warning
from clustrace.preflight.profile import Profile, sentence_start

_STATUS = "slurm-status-command"


def account_findings(
    profile: Profile, settings: Mapping[str, str], seconds: float
) -> Iterator[Finding]:
    """How a run will learn of its jobs' ends, and whether its account may be charged.

    Args:
        profile: the profile of the run.
        settings: of the cluster.
        seconds: how long SLURM may take for an answer.
    """
    kept = "none" not in settings.get("AccountingStorageType", "none")
    status = str(profile.option(_STATUS) or "sacct")
    remedy = f"write `{_STATUS}: squeue` in {profile.place(_STATUS)}"
    if kept:
        yield _recorded(status, remedy, seconds)
        yield from _account(profile, seconds)
    else:
        yield _without_accounts(status, remedy)
    yield from _preemption(profile, settings)


def _without_accounts(status: str, remedy: str) -> Finding:
    if status == "squeue":
        return warning(
            "accounting",
            "This cluster keeps no accounts of jobs: after an outage of its controller a run can "
            "wait for ever; stop it with Ctrl-C then, and start it again.",
        )
    return failed(
        "accounting",
        f"This cluster keeps no accounts of jobs, so sacct would be asked for ever; {remedy}.",
    )


def _recorded(status: str, remedy: str, seconds: float) -> Finding:
    try:
        ask("sacct", "-n", "-X", "-P", "-o", "JobID", seconds=seconds)
    except CommandError as error:
        reason = f"The accounts of jobs cannot be read ({inside(error)})"
        if status == "squeue":
            return warning("accounting", f"{reason}; after an outage a run can wait for ever.")
        return failed("accounting", f"{reason}; {remedy}.")
    if status == "squeue":
        return ok("accounting", "sacct answers, and squeue is asked")
    return warning(
        "accounting",
        "By sacct a job cancelled with scancel is not recognised, and the run would wait for it "
        f"for ever; {remedy}.",
    )


def _account(profile: Profile, seconds: float) -> Iterator[Finding]:
    wishes = profile.distinct("slurm_account")
    if not wishes:
        return
    try:
        mine = slurm.accounts(seconds)
    except CommandError as error:
        yield warning("account", f"Accounts could not be looked up ({inside(error)}).")
        return
    for wish in wishes:
        if not mine or wish.value.lower() in {each.lower() for each in mine}:
            yield ok("account", wish.value)
        else:
            yield failed(
                "account",
                f"{sentence_start(profile.place(*wish.location))} charges the account "
                f"{wish.value}, which you may not use; write one of {', '.join(sorted(mine))} "
                "there.",
            )


def _preemption(profile: Profile, settings: Mapping[str, str]) -> Iterator[Finding]:
    if settings.get("PreemptType", "preempt/none").endswith("none"):
        return
    if profile.option("slurm-requeue") is not True:
        yield warning(
            "preemption",
            "Jobs of this cluster can be preempted, and the run would wait for them for ever "
            "unless SLURM queues them again; write `slurm-requeue: true` in "
            f"{profile.place('slurm-requeue')}.",
        )
