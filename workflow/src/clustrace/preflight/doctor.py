"""All checks of a laptop or a cluster."""

from __future__ import annotations

import os
from collections.abc import Iterator

from clustrace.config.plan import Plan
from clustrace.estimate.estimates import Estimator
from clustrace.estimate.totals import estimate_plan
from clustrace.preflight.cluster import ClusterChecks
from clustrace.preflight.finding import Finding, State
from clustrace.preflight.machine import machine_findings
from clustrace.preflight.node import node_findings
from clustrace.preflight.profile import Profile
from clustrace.preflight.software import software_findings
from clustrace.preflight.sources import data_findings, remote_finding


def all_findings(plan: Plan, profile: Profile | None, patience: float) -> Iterator[Finding]:
    """What all checks find, one after the other.

    Args:
        plan: what is to be run.
        profile: profile of a cluster; None for this machine alone.
        patience: seconds to wait for a job on a node.
    """
    experiment = plan.experiment
    on_cluster = profile is not None and profile.executor == "slurm"
    cores = len(os.sched_getaffinity(0))
    estimate = estimate_plan(Estimator.of(plan), None, cores, on_cluster=on_cluster)
    yield from software_findings(experiment.root)
    yield from machine_findings(experiment, estimate, on_cluster=on_cluster)
    yield from data_findings(plan)
    yield remote_finding(experiment.root)
    if profile is not None and on_cluster:
        usable = True
        for finding in ClusterChecks(profile).findings():
            usable = usable and finding.state is not State.FAILED
            yield finding
        if usable:
            gpu = experiment.settings.device == "cuda"
            yield from node_findings(profile, experiment.root, gpu=gpu, patience=patience)
