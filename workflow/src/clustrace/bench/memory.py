"""Section memory: what training on all of MNIST takes."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from clustrace.bench.processes import run_python
from clustrace.bench.results import Column, Findings, Goal, Table, Value
from clustrace.bench.setting import Setting
from clustrace.bench.workload import samples
from clustrace.data.artefact import write_artefact

_DATASET = "mnist-full"
_TRAININGS = ("SAE", "IDEC", "CAE", "DCEC")
_LIMIT_MIB = 2048


def measure(setting: Setting) -> Findings:
    """Train a few steps on 70,000 samples, each training in a process of its own.

    Raises:
        DataError: mnist-full is not on disk.
        ClustraceError: a training failed.
    """
    threads = setting.threads[-1]
    data = samples(setting, "mnist-test" if setting.quick else _DATASET)
    with tempfile.TemporaryDirectory() as folder:
        features = Path(folder) / "features.safetensors"
        write_artefact(features, {"features": data.numpy()})
        rows = [_row(training, features, threads) for training in _TRAININGS]
    peaks = {str(row["training"]): float(str(row["peak"])) for row in rows}
    highest = max(peaks, key=lambda training: peaks[training])
    return Findings(
        tables=(
            Table(
                title=f"Peak of resident memory, {len(data):,} samples",
                columns=(
                    Column(key="training", title="training"),
                    Column(key="steps", title="steps taken", decimals=0),
                    Column(key="imported", title="after the imports", unit="MiB", decimals=0),
                    Column(key="data", title="features", unit="MiB", decimals=0),
                    Column(key="peak", title="peak", unit="MiB", decimals=0),
                ),
                rows=tuple(rows),
            ),
        ),
        goals=(
            Goal(
                text=f"Training on {_DATASET} stays below 2 GiB of memory",
                verdict="met" if peaks[highest] < _LIMIT_MIB else "missed",
                detail=f"At most {peaks[highest]:.0f} MiB ({highest}).",
            ),
        ),
        notes=(
            f"Each training reads the features from an artefact and fits its estimator, {threads} "
            "threads, float32, in a process of its own, which ends after a second of steps; later "
            "steps take no more. IDEC and DCEC start from an untrained network.",
        ),
    )


def _row(training: str, features: Path, threads: int) -> dict[str, Value]:
    module = "clustrace.bench.memory_child"
    printed = json.loads(run_python("-m", module, training, str(features), str(threads)))
    return {"training": training, **printed}
