"""A large configuration: papers that nobody wrote, on the data sets there are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from clustrace.files import write_text

PAPERS, METHODS_EACH, SEEDS = 10, 5, 10
_DATASETS = ("mnist-full", "mnist-test", "usps", "fashion", "pendigits")
_MODEL = "dec"
_SLUG = "synthetic"


def write_synthetic(
    folder: Path,
    *,
    papers: int = PAPERS,
    methods_each: int = METHODS_EACH,
    datasets: Sequence[str] = _DATASETS,
    seeds: int = SEEDS,
) -> dict[str, str | int]:
    """Write methods and papers into a copy of the project; return the settings that choose them.

    Each method is a fine-tuning of its own, so a cell takes two jobs a seed besides the shared
    pretraining and start: 10 papers of 5 methods on 5 data sets with 10 seeds are 5,000 jobs.

    Args:
        folder: a copy of the project, whose config/ is changed.
        papers: number of papers.
        methods_each: methods of each of them.
        datasets: columns of their tables.
        seeds: seeds of each cell.
    """
    config = folder / "config"
    declared = yaml.safe_load((config / f"methods/{_MODEL}.yaml").read_text(encoding="utf-8"))
    slugs = [f"{_SLUG}-{number}" for number in range(papers)]
    for paper in slugs:
        methods = [f"{paper}-method-{number}" for number in range(methods_each)]
        for method in methods:
            _write(config / f"methods/{method}.yaml", {**declared, "slug": method, "name": method})
        _write(config / f"papers/{paper}.yaml", _paper(paper, methods, datasets))
        _write(config / f"papers/{paper}.deviations.yaml", {"deviations": []})
        header = "table,row,column,metric,value,decimals,place,note\n"
        write_text(config / f"papers/{paper}.published.csv", header)
    return {"protocol": "paper", "papers": ",".join(slugs), "seeds": seeds}


def _paper(slug: str, methods: list[str], datasets: Sequence[str]) -> dict[str, Any]:
    table = {
        "slug": "table1",
        "printed": "Table 1",
        "caption": "Numbers that nobody printed.",
        "rows": [{"slug": method, "printed": method, "method": method} for method in methods],
        "columns": [{"slug": name, "printed": name, "dataset": name} for name in datasets],
        "metrics": [
            {"slug": name, "printed": name, "metric": name, "unit": "percent", "decimals": 2}
            for name in ("acc", "nmi")
        ],
    }
    about = {"slug": slug, "title": slug, "authors": [], "year": 2026, "venue": "none"}
    return {**about, "tables": [table], "figures": []}


def _write(path: Path, content: dict[str, Any]) -> None:
    write_text(path, yaml.safe_dump(content, sort_keys=False))
