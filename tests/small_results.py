"""A small repository with results of a whole plan, made in this process by the workflow's stages.

The rules are written down once more here, since Snakemake needs minutes for what takes seconds
this way. A protocol `mini` with verdicts and three seeds, one data set that needs no network, and
a paper with tables, figures and claims.
"""

from __future__ import annotations

import contextlib
import functools
import io
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from clustrace.config.claims import CLAIMS
from clustrace.config.drawn import drawn_files, map_runs
from clustrace.config.experiment import load_experiment
from clustrace.config.figures import EmbeddingMap
from clustrace.config.plan import FIGURE_FORMS, TABLE_FORMS, Plan
from clustrace.provenance import recorder
from clustrace.provenance.code_identity import code_index, package_folder
from clustrace.provenance.git import describe_git
from clustrace.report import jobs
from clustrace.stages.replayable import replay_of, stage_of
from clustrace.stages.running import Request, perform, records_behind

from .small_config import CHECKOUT, PAPER, PROTOCOL, write_config

_REPORT = {
    "ledger": jobs.ledger,
    "parquet": jobs.parquet,
    "table": jobs.table,
    "figure": jobs.figure,
}


def build(root: Path) -> None:
    """Make the repository in the empty folder ``root``: config, code under git, all results."""
    write_config(root)
    shutil.copy(CHECKOUT / "Snakefile", root)
    shutil.copytree(
        package_folder("clustrace"),
        root / "workflow/src/clustrace",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    (root / "envs").mkdir()
    shutil.copy(CHECKOUT / "envs/lock.txt", root / "envs")
    (root / ".gitignore").write_text("/results/\n/data/\n")
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "Everything"]):
        git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-C", str(root)]
        subprocess.run([*git, *arguments], check=True)
    _perform(root, root, _jobs)


def add_partition(root: Path, code: Path, method: str) -> None:
    """Do the jobs of a method on nearest neighbours in a copy of the repository ``code``."""
    _perform(root, code, functools.partial(_partition, method))


def _perform(root: Path, code: Path, jobs: Callable[[], Iterator[tuple[Request, Any]]]) -> None:
    original = recorder.describe_git
    recorder.describe_git = functools.partial(describe_git, code)
    try:
        with contextlib.chdir(root):
            for request, stage in jobs():
                with contextlib.redirect_stdout(io.StringIO()):
                    perform(request, stage, lambda line: None)
            shutil.rmtree("checkpoints")
    finally:
        recorder.describe_git = original


def _jobs() -> Iterator[tuple[Request, Any]]:
    """All jobs of the plan in an order in which they can run."""
    experiment = load_experiment(".", {"protocol": PROTOCOL})
    plan, layout = Plan(experiment), experiment.layout
    raw, record = layout.raw("digits"), functools.partial(layout.record, PROTOCOL)
    fingerprint = experiment.raw("digits").fingerprint
    yield _job(
        "fetch", {"raw": "digits"}, {"fingerprint": fingerprint, "attempt": 1}, {}, {"raw": raw},
        layout.data_record("fetch", "digits"),
    )  # fmt: skip
    features, labels = layout.features("digits", "all"), layout.labels("digits", "all")
    truth = layout.truth(PROTOCOL, "digits")
    dataset = experiment.dataset("digits").preparation()
    yield _job(
        "prepare", {"dataset": "digits", "subset": "all"},
        {"dataset": dataset, "max_samples": None},
        {"raw": raw}, {"features": features, "labels": labels},
        layout.data_record("prepare", "digits", "all"),
    )  # fmt: skip
    yield _job(
        "truth", {"dataset": "digits"}, {}, {"labels": labels}, {"truth": truth},
        record("truth", "digits"),
    )  # fmt: skip
    for method in ("kmeans", "plane", "sae", "sae-kmeans", "idec"):
        for block in experiment.blocks:
            yield from _run(plan, method, block, features, truth)
    yield from _embedding(plan)
    yield from _printing(plan)


def _partition(method: str) -> Iterator[tuple[Request, Any]]:
    """The neighbours of a method, and its runs."""
    plan = Plan(load_experiment(".", {"protocol": PROTOCOL}))
    layout, graph = plan.experiment.layout, plan.neighbours_of(method)
    assert graph is not None
    features = layout.features("digits", "all")
    yield _job(
        "neighbours", {"dataset": "digits", "subset": "all", "method": graph},
        plan.neighbour_settings("digits", graph), {"features": features},
        {"neighbours": layout.neighbours("digits", "all", graph)},
        layout.data_record("neighbours", "digits", "all", graph),
    )  # fmt: skip
    for block in plan.experiment.blocks:
        yield from _run(plan, method, block, features, layout.truth(PROTOCOL, "digits"))


def _run(
    plan: Plan, method: str, block: str, features: Path, truth: Path
) -> Iterator[tuple[Request, Any]]:
    layout, rule = plan.experiment.layout, plan.experiment.methods[method].stage
    wildcards = {"dataset": "digits", "method": method, "block": block}
    place = (PROTOCOL, *wildcards.values())
    files = {
        "model": layout.model(*place),
        "history": layout.history(*place),
        "trajectory": layout.trajectory(*place),
        "predictions": layout.predictions(*place),
    }
    absent = {
        "cluster": {"history", "trajectory"},
        "partition": {"history", "trajectory"},
        "initialise": {"history", "trajectory"},
        "pretrain": {"trajectory", "predictions"},
        "finetune": set(),
    }[rule]
    files = {name: path for name, path in files.items() if name not in absent}
    *earlier, _ = plan.experiment.chain(method)
    if rule == "partition":
        inputs = {"features": features, "neighbours": layout.neighbours("digits", "all", *earlier)}
    else:
        starts = [layout.model(PROTOCOL, "digits", start, block) for start in earlier]
        inputs = {"features": features, **dict(zip(("weights", "initial"), starts, strict=False))}
    settings = plan.run_settings("digits", method, block)
    record = functools.partial(layout.record, PROTOCOL)
    yield _job(rule, wildcards, settings, inputs, files, record(rule, *wildcards.values()))
    if rule == "pretrain":
        return
    evaluated = {
        name: files[name] for name in ("predictions", "trajectory", "history") if name in files
    }
    yield _job(
        "evaluate", wildcards, plan.evaluation_settings("digits", method),
        {**evaluated, "truth": truth}, {"metrics": layout.metrics(*place)},
        record("evaluate", *wildcards.values()),
    )  # fmt: skip


def _embedding(plan: Plan) -> Iterator[tuple[Request, Any]]:
    """The embeddings of all maps, by the first seed."""
    paper, block = plan.experiment.papers[PAPER], plan.experiment.blocks[0]
    for figure in paper.figures:
        if not isinstance(figure, EmbeddingMap):
            continue
        for run in map_runs(plan, paper, figure):
            wildcards = {"dataset": "digits", "method": run.method, "block": block}
            place, samples = (*wildcards.values(),), str(figure.samples)
            embedding = plan.experiment.layout.embedding(PROTOCOL, *place, samples)
            yield _job(
                "embed", {**wildcards, "samples": samples},
                plan.embedding_settings(*place, figure.samples),
                plan.embedding_inputs(*place), {"embedding": embedding},
                plan.experiment.layout.record(PROTOCOL, "embed", *place, samples),
            )  # fmt: skip


def _printing(plan: Plan) -> Iterator[tuple[Request, Any]]:
    experiment = plan.experiment
    layout, paper = experiment.layout, experiment.papers[PAPER]
    record = functools.partial(layout.record, PROTOCOL)
    settings = {
        "paper": paper.model_dump(mode="json"),
        "published": [number.model_dump(mode="json") for number in experiment.published[PAPER]],
        "protocol": experiment.protocol.model_dump(mode="json", exclude={"overrides"}),
        "blocks": list(experiment.blocks),
    }
    ledger = layout.ledger(PROTOCOL, PAPER)
    figures = [path for figure in paper.figures for path in drawn_files(plan, paper, figure)]
    yield _job(
        "ledger", {"paper": PAPER}, settings,
        {
            "metrics": plan.metrics_of(paper), "drawn": list(dict.fromkeys(figures)),
            "timed": plan.timed_of(paper),
        },
        {"ledger": ledger},
        record("ledger", PAPER),
    )  # fmt: skip
    parquet = {"parquet": layout.ledger(PROTOCOL, PAPER, "parquet")}
    yield _job(
        "parquet", {"paper": PAPER}, {}, {"ledger": ledger}, parquet, record("parquet", PAPER)
    )
    settings |= experiment.deviations[PAPER].model_dump(mode="json")
    for figure in paper.figures:
        forms = {form: layout.figure(PROTOCOL, PAPER, figure.slug, form) for form in FIGURE_FORMS}
        yield _job(
            "figure", {"paper": PAPER, "figure": figure.slug}, settings,
            {"ledger": ledger, "drawn": drawn_files(plan, paper, figure)}, forms,
            record("figure", PAPER, figure.slug),
        )  # fmt: skip
    for table in (*(each.slug for each in paper.tables), CLAIMS):
        forms = {form: layout.table(PROTOCOL, PAPER, table, form) for form in TABLE_FORMS}
        wildcards = {"paper": PAPER, "table": table}
        yield _job(
            "table", wildcards, settings, {"ledger": ledger}, forms, record("table", PAPER, table)
        )


def _job(
    rule: str,
    wildcards: dict[str, str],
    settings: dict[str, Any],
    inputs: dict[str, Any],
    outputs: dict[str, Path],
    record: Path,
) -> tuple[Request, Any]:
    stage = _REPORT.get(rule) or _stage(rule)
    roots = [stage.__module__]
    estimator = settings.get("estimator", "tests.").partition(":")[0]
    if not estimator.startswith("tests."):
        roots.append(estimator)
    return (
        Request(
            rule=rule,
            wildcards=wildcards,
            settings=settings,
            input=inputs,
            output=outputs,
            record=record,
            code=lambda: code_index().identity(*roots),
            threads=1,
            device="cpu",
            checkpoints=Path("checkpoints") / rule,
            heartbeat=Path("checkpoints/heartbeat.json"),
            upstream=records_behind(inputs),
            config={"protocol": PROTOCOL},
            replay=replay_of(rule),
        ),
        stage,
    )


def _stage(rule: str) -> Any:
    if rule == "fetch":
        from clustrace.stages.fetch import fetch

        return fetch
    return stage_of(rule)


def copied(results: Path, folder: Path) -> Path:
    """A copy of a repository to tamper with; its code and its git are those of the original.

    Its files are those of the original until a new one is put in their place.
    """
    for part in ("results", "data", "config"):
        shutil.copytree(results / part, folder / part, copy_function=os.link)
    return folder
