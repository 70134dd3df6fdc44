"""A small repository in which a chain of jobs was run and recorded."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from clustrace.config.layout import Layout
from clustrace.data.artefact import write_artefact
from clustrace.stages.replayable import stage_of
from clustrace.stages.running import run_job

LAYOUT = Layout()
FEATURES = LAYOUT.features("blobs", "all")
TRAINING_LABELS = LAYOUT.training_labels("blobs", "all")
ESTIMATORS = {
    "sae": (
        "pretrain",
        "clustrace.train.autoencoder:Autoencoder",
        {
            "hidden_units": [8],
            "embedding_size": 2,
            "epochs": 6,
            "batch_size": 20,
            "optimizer": "adam",
            "learning_rate": 0.01,
        },
    ),
    "sae-kmeans": ("initialise", "clustrace.cluster.embedding_kmeans:EmbeddingKMeans", {}),
    "dec": (
        "finetune",
        "clustrace.cluster.dec:DEC",
        {"update_interval": 5, "max_iterations": 20, "tolerance": 0.0, "batch_size": 20},
    ),
    "vade": ("finetune", "clustrace.cluster.vade:VaDE", {"epochs": 5, "batch_size": 20}),
    "stacked": (
        "pretrain",
        "clustrace.train.stacked:StackedAutoencoder",
        {
            "hidden_units": [8],
            "embedding_size": 2,
            "layer_epochs": 6,
            "stack_epochs": 4,
            "batch_size": 20,
            "initialisation": "fan-in-normal",
        },
    ),
    "stacked-kmeans": ("initialise", "clustrace.cluster.embedding_kmeans:EmbeddingKMeans", {}),
    "dcn": ("finetune", "clustrace.cluster.dcn:DCN", {"epochs": 5, "batch_size": 20}),
    "kmeans": ("cluster", "clustrace.cluster.kmeans:KMeans", {}),
    "sec": ("cluster", "clustrace.cluster.sec:SEC", {}),
    "nmf-kmeans": ("cluster", "clustrace.cluster.nmf:NMFKMeans", {"n_components": 2}),
    "logistic": (
        "classify",
        "clustrace.classify.logistic_regression:LogisticRegressionOnFeatures",
        {"regularisation": [0.1, 0.001]},
    ),
    "sae-logistic": (
        "classify",
        "clustrace.classify.logistic_regression:LogisticRegressionOnFeatures",
        {"regularisation": 0.001},
    ),
}
STARTS = {
    "sae-kmeans": ("sae",),
    "dec": ("sae", "sae-kmeans"),
    "vade": ("sae", "sae-kmeans"),
    "stacked-kmeans": ("stacked",),
    "dcn": ("stacked", "stacked-kmeans"),
    "sae-logistic": ("sae",),
}


class _Named(dict[str, Any]):
    """Named entries as Snakemake has them: iterating gives the values."""

    def __getattr__(self, name: str) -> Any:
        return self[name]

    def __iter__(self) -> Any:
        return iter(self.values())


def record_of(method: str) -> Path:
    """Record of a method's job."""
    return LAYOUT.record("quick", ESTIMATORS[method][0], "blobs", method, "0-1")


def _pretrained(method: str) -> dict[str, Any] | None:
    """What the settings of a method say of the network that it starts from."""
    if method not in STARTS:
        return None
    _, estimator, arguments = ESTIMATORS[STARTS[method][0]]
    return {"estimator": estimator, "arguments": arguments}


def write_features(*, parts: bool = False) -> None:
    """Three separated clouds of samples, rounded so that nothing depends on the machine.

    With ``parts`` they are in three, and the labels of all but the test part are beside them.
    """
    rng = np.random.default_rng(0)
    centres = rng.integers(0, 2, (3, 6))
    samples = np.repeat(centres, 20, axis=0) * 0.6 + rng.integers(0, 256, (60, 6)) / 1024
    if not parts:
        write_artefact(FEATURES, {"features": samples.astype(np.float32)})
        return
    # In turn two for training, one for validation, one for testing.
    part = np.resize(np.array([0, 0, 1, 2], np.int8), 60)
    write_artefact(FEATURES, {"features": samples.astype(np.float32), "part": part})
    labels = np.where(part == 2, -1, np.repeat(np.arange(3), 20))
    write_artefact(TRAINING_LABELS, {"labels": labels})


def run(method: str, **changes: Any) -> None:
    """Do the job of a method in the current folder, as the workflow does."""
    rule, estimator, arguments = ESTIMATORS[method]
    files = LAYOUT.model, LAYOUT.predictions, LAYOUT.history, LAYOUT.trajectory
    model, predictions, history, trajectory = (f("quick", "blobs", method, "0-1") for f in files)
    output = {"model": model}
    output |= {} if rule == "pretrain" else {"predictions": predictions}
    output |= {"history": history} if rule in ("pretrain", "finetune", "classify") else {}
    output |= {"trajectory": trajectory} if rule == "finetune" else {}
    starts = zip(("weights", "initial"), STARTS.get(method, ()), strict=False)
    inputs = {name: LAYOUT.model("quick", "blobs", start, "0-1") for name, start in starts}
    inputs |= {"training_labels": TRAINING_LABELS} if rule == "classify" else {}
    settings = {
        "pretrained": _pretrained(method),
        "estimator": estimator,
        "arguments": {**arguments, **changes},
        "input_scale": 1.0,
        "n_clusters": 3,
        "seeds": [0, 1],
        "precision": "float32",
    }
    roots = [stage_of(rule).__module__, estimator.partition(":")[0]]
    snakemake = SimpleNamespace(
        rule=rule,
        wildcards=_Named(dataset="blobs", method=method, block="0-1"),
        input=_Named({n: str(p) for n, p in {"features": FEATURES, **inputs}.items()}),
        output=_Named({n: str(p) for n, p in {**output, "record": record_of(method)}.items()}),
        params=_Named(settings=settings, code_roots=roots, checkpoints=f"checkpoints/{method}"),
        log=[f"logs/{method}.log"],
        config={"protocol": "quick"},
        threads=1,
        resources={},
    )
    snakemake.output.record = snakemake.output["record"]
    run_job(snakemake, stage_of(rule))
