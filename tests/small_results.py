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
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

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

CHECKOUT = Path(__file__).parents[1]
PROTOCOL = "mini"
PAPER = "mini"
_REPORT = {
    "ledger": jobs.ledger,
    "parquet": jobs.parquet,
    "table": jobs.table,
    "figure": jobs.figure,
}
_SMALL = {
    "kmeans": {"n_init": 1, "max_iter": 5},
    "sae": {
        "hidden_units": [8],
        "embedding_size": 3,
        "epochs": 2,
        "optimizer": "adam",
        "learning_rate": 0.01,
    },
    "sae-kmeans": {"n_init": 2},
    "idec": {"max_iterations": 6, "update_interval": 3, "batch_size": 200},
}
_PLANE = {
    "slug": "plane",
    "name": "Plane",
    "stage": "cluster",
    "estimator": "tests.plane_clustering:PlaneClustering",
}


def build(root: Path) -> None:
    """Make the repository in the empty folder ``root``: config, code under git, all results."""
    _write_config(root)
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
    original = recorder.describe_git
    recorder.describe_git = functools.partial(describe_git, root)
    try:
        with contextlib.chdir(root):
            for request, stage in _jobs():
                with contextlib.redirect_stdout(io.StringIO()):
                    perform(request, stage, lambda line: None)
            shutil.rmtree("checkpoints")
    finally:
        recorder.describe_git = original


def _write_config(root: Path) -> None:
    shutil.copytree(CHECKOUT / "config", root / "config")
    for folder in ("papers", "protocols"):
        shutil.rmtree(root / "config" / folder)
        (root / "config" / folder).mkdir()
    for path in (root / "config/methods").glob("*.yaml"):
        if path.stem not in _SMALL:
            path.unlink()
            continue
        method = yaml.safe_load(path.read_text())
        for name, value in _SMALL[path.stem].items():
            method["parameters"][name] = {"value": value, "source": "a test"}
        path.write_text(yaml.safe_dump(method, sort_keys=False))
    (root / "config/methods/plane.yaml").write_text(yaml.safe_dump(_PLANE, sort_keys=False))
    protocol = {
        "slug": PROTOCOL,
        "title": "Mini",
        "stamp": "Protocol mini: far too little, for tests.",
        "seeds": 3,
        "seeds_per_job": 1,
        "verdicts": True,
    }
    (root / f"config/protocols/{PROTOCOL}.yaml").write_text(yaml.safe_dump(protocol))
    (root / f"config/papers/{PAPER}.yaml").write_text(yaml.safe_dump(_paper()))
    deviation = {
        "slug": "few-epochs",
        "what": "Two epochs only.",
        "evidence": "Own decision.",
        "cells": ["mini.table1.idec.*.*"],
    }
    (root / f"config/papers/{PAPER}.deviations.yaml").write_text(
        yaml.safe_dump({"deviations": [deviation]})
    )
    published = ["table,row,column,metric,value,decimals,place,note"]
    for row, (acc, nmi) in {
        "kmeans": (70.0, 70.0), "sae": (30.0, 30.0), "idec": (50.12, "")
    }.items():  # fmt: skip
        published += [
            f"table1,{row},digits,acc,{acc},2,Table 1,",
            f"table1,{row},digits,nmi,{nmi},2,Table 1,",
        ]
    (root / f"config/papers/{PAPER}.published.csv").write_text("\n".join(published) + "\n")


def _paper() -> dict[str, Any]:
    pair = {"ahead": "kmeans", "behind": "sae"}
    return {
        "slug": PAPER,
        "title": "A small paper",
        "authors": ["A. Body"],
        "year": 2020,
        "venue": "nowhere",
        "tables": [
            {
                "slug": "table1",
                "printed": "Table 1",
                "caption": "Scores, per cent.",
                "rows": [
                    {"slug": "kmeans", "printed": "k-means", "method": "kmeans"},
                    {"slug": "sae", "printed": "SAE+k-means", "method": "sae-kmeans"},
                    {"slug": "idec", "printed": "IDEC", "method": "idec"},
                    {"slug": "plane", "printed": "Plane", "method": "plane"},
                ],
                "columns": [{"slug": "digits", "printed": "Digits", "dataset": "digits"}],
                "metrics": [
                    {"slug": m, "printed": m.upper(), "metric": m, "unit": "percent", "decimals": 2}
                    for m in ("acc", "nmi")
                ],
            }
        ],
        "figures": [
            {"slug": "curves", "kind": "learning-curves", "caption": "Losses."},
            {
                "slug": "map",
                "kind": "embedding-map",
                "caption": "Embeddings.",
                "methods": ["sae-kmeans", "idec"],
                "datasets": ["digits"],
                "samples": 40,
            },
            {
                "slug": "classes",
                "kind": "embedding-map",
                "caption": "Features and an embedding.",
                "methods": ["idec"],
                "datasets": ["digits"],
                "samples": 50,
                "colours": "classes",
                "features": True,
            },
            {
                "slug": "plane",
                "kind": "embedding-map",
                "caption": "An embedding of two dimensions.",
                "methods": ["plane"],
                "datasets": ["digits"],
                "samples": 60,
                "projection": "none",
            },
            {
                "slug": "sizes",
                "kind": "class-sizes",
                "caption": "Class sizes.",
                "datasets": ["digits"],
            },
            {
                "slug": "over-time",
                "kind": "score-curves",
                "caption": "Scores.",
                "methods": ["idec"],
                "datasets": ["digits"],
                "metrics": ["acc", "ari"],
            },
            {
                "slug": "swept",
                "kind": "sweep",
                "caption": "Restarts.",
                "table": "table1",
                "column": "digits",
                "axis": "restarts",
                "scale": "linear",
                "lines": [
                    {
                        "slug": "starts",
                        "printed": "k-means",
                        "parameter": "n_init",
                        "rows": ["sae", "kmeans"],
                    }
                ],
            },
        ],
        "claims": [
            {
                "slug": "pixels-suffice",
                "text": "k-means on pixels is better.",
                "place": "Section 4",
                "table": "table1",
                "kind": "better",
                "comparisons": [pair],
                "metrics": ["acc", "nmi"],
            },
            {
                "slug": "sometimes",
                "text": "k-means on pixels is mostly better than training.",
                "place": "Section 5",
                "table": "table1",
                "kind": "better",
                "comparisons": [{"ahead": "kmeans", "behind": "idec"}, pair],
                "metrics": ["acc", "nmi"],
                "share": 0.75,
            },
            {
                "slug": "on-par",
                "text": "IDEC is as good as what it starts from.",
                "place": "Section 6",
                "table": "table1",
                "kind": "within",
                "comparisons": [{"ahead": "idec", "behind": "sae"}],
                "margin": 0.05,
                "metrics": ["acc", "nmi"],
            },
            {
                "slug": "training-helps",
                "text": "IDEC improves on what it starts from.",
                "place": "Section 6",
                "table": "table1",
                "kind": "improves",
                "rows": ["idec"],
                "metrics": ["nmi"],
            },
            {
                "slug": "sorted",
                "text": "k-means succeeds, IDEC fails.",
                "place": "Section 7",
                "table": "table1",
                "kind": "bounds",
                "bounds": [{"row": "kmeans", "at_least": 0.5}, {"row": "idec", "at_most": 0.4}],
                "metrics": ["acc"],
            },
        ],
    }


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
        "initialise": {"history", "trajectory"},
        "pretrain": {"trajectory", "predictions"},
        "finetune": set(),
    }[rule]
    files = {name: path for name, path in files.items() if name not in absent}
    *earlier, _ = plan.experiment.chain(method)
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
        {"metrics": plan.metrics_of(paper), "drawn": list(dict.fromkeys(figures))},
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
    for table in ("table1", "claims"):
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
