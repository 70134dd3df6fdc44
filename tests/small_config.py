"""The configuration of the small repository with results."""

from __future__ import annotations

import shutil
from pathlib import Path

import yaml

CHECKOUT = Path(__file__).parents[1]
PROTOCOL = "mini"
PAPER = "mini"
_SMALL: dict[str, dict[str, object]] = {
    "kmeans": {"n_init": 1, "max_iter": 5},
    "neighbours-cosine": {"n_neighbors": 6},
    "gnmf": {"n_restarts": 1, "restart_iterations": 2, "max_iter": 5, "n_init": 1},
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
_PLANE: dict[str, object] = {
    "slug": "plane",
    "name": "Plane",
    "stage": "cluster",
    "estimator": "tests.plane_clustering:PlaneClustering",
}


def write_config(root: Path) -> None:
    """Write the folder config: that of this repository, but with one paper and small methods."""
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
    shutil.copy(CHECKOUT / "tests/small_paper.yaml", root / f"config/papers/{PAPER}.yaml")
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
    scores: dict[str, tuple[float, object]] = {
        "kmeans": (70.0, 70.0), "sae": (30.0, 30.0), "idec": (50.12, "")
    }  # fmt: skip
    for row, (acc, nmi) in scores.items():
        published += [
            f"table1,{row},digits,acc,{acc},2,Table 1,",
            f"table1,{row},digits,nmi,{nmi},2,Table 1,",
        ]
    published += [
        f"times,{row},digits,seconds,{seconds},1,Table 2,"
        for row, seconds in {"kmeans": 0.5, "sae": 2.5, "idec": 4.0, "other": 1.5}.items()
    ]
    (root / f"config/papers/{PAPER}.published.csv").write_text("\n".join(published) + "\n")
