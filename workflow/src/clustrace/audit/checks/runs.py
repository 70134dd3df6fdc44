"""Checks on parameters: did jobs run as config/ declares?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from clustrace.audit.case import Case
from clustrace.audit.model import Check, Level, Observation, failed, passed, skipped
from clustrace.audit.records import Job
from clustrace.config.drawn import activation_settings, filter_settings
from clustrace.config.experiment import Experiment
from clustrace.config.plan import Plan

_PRINTING = ("ledger", "table", "figure")
_TRAINING = ("pretrain", "initialise", "finetune", "cluster", "partition", "classify")
#: Rules whose jobs make what a figure shows of a run.
_SHOWING = ("embed", "filters", "activations")
_FOREIGN = "config/ does not declare these results"


class ParametersDeclared(Check):
    """RUN-005."""

    id = "RUN-005"
    title = "Every job ran with the parameters that config/ declares"
    level = Level.HASHES
    why = "A result under other hyper-parameters is the result of another experiment."
    mend = "Run again, or declare in config/ what was meant."

    def examine(self, case: Case) -> Iterator[Observation]:
        """Derive the parameters of each job from config/ anew."""
        if case.experiment is None:
            yield skipped(case.folder, _FOREIGN)
            return
        for job in case.jobs:
            try:
                declared = _declared(case, case.experiment, job)
            except (KeyError, ValueError):
                about = " ".join(job.record.wildcards.values())
                yield failed(job.place, f"a job about {about}", "a job that config/ declares")
                continue
            if declared is None:
                continue
            faults = list(_differences(declared, job.record.parameters))
            for name, expected, found in faults:
                yield failed(job.place, f"{name} = {found!r}", f"{name} = {expected!r}")
            if not faults:
                yield passed(job.place)


def _declared(case: Case, experiment: Experiment, job: Job) -> Mapping[str, Any] | None:
    """Parameters of a job by config/; None for rules without any.

    Raises:
        KeyError: config/ has no such data set or method.
        ValueError: a wildcard is no number where one must be.
    """
    rule, wildcards = job.record.rule, job.record.wildcards
    assert case.plan is not None
    if rule in _TRAINING:
        run = (wildcards["dataset"], wildcards["method"], wildcards["block"])
        if experiment.methods[run[1]].stage != rule:
            raise ValueError("the method is of another stage")
        return case.plan.run_settings(*run)
    if rule in _SHOWING:
        return _of_figure(case.plan, rule, wildcards)
    if rule == "neighbours":
        method = wildcards["method"]
        if experiment.methods[method].stage != rule:
            raise ValueError("the method is of another stage")
        return case.plan.neighbour_settings(wildcards["dataset"], method)
    if rule == "evaluate":
        return case.plan.evaluation_settings(wildcards["dataset"], wildcards["method"])
    if rule == "fetch":
        return {"fingerprint": experiment.raw(wildcards["raw"]).fingerprint}
    if rule == "prepare":
        dataset = experiment.dataset(wildcards["dataset"]).preparation()
        subset = wildcards["subset"]
        recorded = job.record.parameters.get("dataset")
        known = set(recorded) if isinstance(recorded, Mapping) else set()
        # What readers are told of a data set does not decide how it is prepared.
        return {
            "dataset": {k: v for k, v in dataset.items() if k in known or k in _PREPARING},
            "max_samples": None if subset == "all" else int(subset),
        }
    if rule in _PRINTING:
        published = experiment.published[wildcards["paper"]]
        return {"published": [number.model_dump(mode="json") for number in published]}
    return None


def _of_figure(plan: Plan, rule: str, wildcards: Mapping[str, str]) -> Mapping[str, Any]:
    run = (wildcards["dataset"], wildcards["method"], wildcards["block"])
    if rule == "filters":
        return filter_settings(plan, *run, int(wildcards["units"]))
    if rule == "embed":
        return plan.embedding_settings(*run, int(wildcards["samples"]))
    counts = int(wildcards["samples"]), float(wildcards["largest"]), int(wildcards["bins"])
    return activation_settings(plan, *run, *counts)


_PREPARING = (
    *("raw", "part", "topics", "samples", "estimated", "classes", "validation_samples"),
    *("image_shape", "unit_range", "transforms"),
)


def _differences(
    declared: Mapping[str, Any], recorded: Mapping[str, Any], prefix: str = ""
) -> Iterator[tuple[str, Any, Any]]:
    """Names, declared and recorded values of what differs, mapping by mapping."""
    for name, expected in declared.items():
        found = recorded.get(name, "nothing")
        if isinstance(expected, Mapping) and isinstance(found, Mapping):
            yield from _differences(expected, found, f"{prefix}{name}.")
            for extra in found.keys() - expected.keys():
                yield f"{prefix}{name}.{extra}", "nothing", found[extra]
        elif expected != found or isinstance(expected, bool) != isinstance(found, bool):
            yield f"{prefix}{name}", expected, found
