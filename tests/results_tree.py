"""Small results trees with real records and ledgers, made by no rule and no method."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clustrace.provenance.ledger import LedgerRow, address, write_ledger
from clustrace.provenance.recorder import JobRecorder

CODE = hashlib.sha256(b"code").hexdigest()


@dataclass(frozen=True)
class Tree:
    """A repository whose files are small texts, written by recorded jobs."""

    root: Path
    folder: Path

    def job(
        self,
        rule: str,
        inputs: Mapping[str, str | Sequence[str]],
        outputs: Mapping[str, str],
        *,
        wildcards: Mapping[str, str] | None = None,
        content: str = "",
        work: Callable[[], object] | None = None,
        **given: Any,
    ) -> Path:
        """Run a job and return its record; without ``work`` it writes ``content`` and names."""
        named = wildcards or {"name": "one"}
        record = self.folder / "provenance" / rule / f"{'/'.join(named.values())}.json"
        paths = {
            name: [self.root / path for path in ([files] if isinstance(files, str) else files)]
            for name, files in inputs.items()
        }
        arguments: dict[str, Any] = {
            "parameters": {},
            "code": CODE,
            "seeds": [],
            "device": "cpu",
            "threads": 1,
            "precision": "float64",
        }
        recorder = JobRecorder(
            record,
            rule=rule,
            wildcards=named,
            inputs=paths,
            outputs={name: self.root / path for name, path in outputs.items()},
            root=self.root,
            **{**arguments, **given},
        )
        with recorder:
            if work is not None:
                work()
            for path in outputs.values() if work is None else ():
                self.write(path, f"{path} {content}")
        return record

    def write(self, path: str, text: str) -> None:
        """Write a file below the root."""
        full = self.root / path
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_text(text, encoding="utf-8")

    def ledger(self, cells: Mapping[str, Sequence[str]], paper: str = "paper") -> Path:
        """Write a ledger of numbers of 0.5; ``cells`` has the runs of each row's slug."""
        path = self.folder / "ledger" / f"{paper}.csv"
        write_ledger(path, [ledger_row(paper, row, " ".join(runs)) for row, runs in cells.items()])
        return path


def ledger_row(paper: str, row: str, runs: str, **changes: Any) -> LedgerRow:
    slugs = {"paper": paper, "table": "t", "row": row, "column": "c", "metric": "acc"}
    about: dict[str, Any] = {
        "address": address(**slugs),
        **slugs,
        "protocol": "paper",
        "kind": "cell",
        "value": 0.5,
        "n": 1,
        "seeds": "0",
        "runs": runs,
        "printed": "50.00",
        "rounding": "percent, 2 decimals, half to even",
        "aggregation": "single seed",
    }
    return LedgerRow(**{**about, **changes})


def finish(tree: Tree) -> Tree:
    """Run a chain data → pretrain → cluster → evaluate → ledger, and a method beside it."""
    tree.write("data/features", "features")
    tree.write("data/labels", "labels")
    tree.job("pretrain", {"features": "data/features"}, {"model": "results/paper/models/sae"})
    for method, start in (("dec", ["results/paper/models/sae"]), ("kmeans", [])):
        run = f"results/paper/runs/{method}"
        tree.job(
            "cluster",
            {"features": "data/features", "weights": start},
            {"predictions": f"{run}/predictions"},
            wildcards={"method": method},
        )
        tree.job(
            "evaluate",
            {"predictions": f"{run}/predictions", "labels": "data/labels"},
            {"metrics": f"{run}/metrics.json"},
            wildcards={"method": method},
        )
    runs = [f"results/paper/runs/{method}" for method in ("dec", "kmeans")]
    tree.job(
        "ledger",
        {"metrics": [f"{run}/metrics.json" for run in runs]},
        {"ledger": "results/paper/ledger/paper.csv"},
        wildcards={"paper": "paper"},
        work=lambda: tree.ledger({"dec": [runs[0]], "kmeans": [runs[1]]}),
    )
    return tree


def finish_seeds(tree: Tree) -> Tree:
    """Make a number of two seeds, each pretrained and clustered by itself, from shared data."""
    tree.write("data/raw", "raw")
    tree.job("prepare", {"raw": "data/raw"}, {"features": "results/paper/features"})
    runs = []
    for seed in ("0", "1"):
        about = {"method": "dec", "block": seed}
        run = f"results/paper/runs/dec/{seed}"
        model = f"results/paper/models/{seed}"
        scores = json.dumps({"seeds": {seed: {"acc": 0.25 + int(seed) / 2}}})
        tree.job(
            "cluster",
            {"features": "results/paper/features"},
            {"model": model, "predictions": f"{run}/predictions"},
            wildcards=about,
            seeds=[int(seed)],
            parameters={"epochs": 3, "seeds": [int(seed)]},
        )
        tree.job(
            "evaluate",
            {"predictions": f"{run}/predictions"},
            {"metrics": f"{run}/metrics.json"},
            wildcards=about,
            work=lambda path=f"{run}/metrics.json", text=scores: tree.write(path, text),
        )
        runs.append(run)
    row = ledger_row("paper", "dec", " ".join(runs), n=2, seeds="0 1")
    tree.job(
        "ledger",
        {"metrics": [f"{run}/metrics.json" for run in runs]},
        {"ledger": "results/paper/ledger/paper.csv"},
        work=lambda: write_ledger(tree.folder / "ledger/paper.csv", [row]),
    )
    return tree
