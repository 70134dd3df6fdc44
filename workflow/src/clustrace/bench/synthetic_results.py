"""Results that nobody computed, for a large configuration: labels drawn at random, and records."""

from __future__ import annotations

import copy
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from clustrace.config.plan import Plan, Run
from clustrace.data.artefact import write_artefact
from clustrace.files import json_text, read_json
from clustrace.provenance.code_identity import code_index
from clustrace.provenance.file_hash import hash_files
from clustrace.provenance.recorder import JobRecorder
from clustrace.report.results import write_paper_ledger

_SAMPLES, _CLASSES = 10_000, 10
_STEPS = 40


@dataclass
class SyntheticResults:
    """Writes label vectors, scores, histories, records and ledgers of a plan.

    Every record is a copy of one that a job of the same rule left, with other names and hashes.

    Attributes:
        plan: what was to be run, in the current folder, which is one of its own.
    """

    plan: Plan
    _templates: dict[str, dict[str, Any]] = field(default_factory=dict)

    def write(self) -> int:
        """Write everything; returns the number of runs."""
        experiment = self.plan.experiment
        protocol, layout = experiment.protocol.slug, experiment.layout
        runs = [run for paper in self.plan.papers for run in self.plan.runs_of(paper)]
        for dataset in dict.fromkeys(run.dataset for run in runs):
            truth = layout.truth(protocol, dataset)
            write_artefact(truth, {"labels": _labels(0)})
            self._record("truth", (dataset,), {}, {"truth": truth})
        for run in dict.fromkeys(Run(r.dataset, m) for r in runs for m in self._chain(r)):
            for block in experiment.blocks:
                self._run(run, block)
        for paper in self.plan.papers:
            write_paper_ledger(self.plan, paper)
            ledger = layout.ledger(protocol, paper.slug)
            inputs = {"metrics": self.plan.metrics_of(paper)}
            self._record("ledger", (paper.slug,), inputs, {"ledger": ledger})
        return len(runs) * len(experiment.blocks)

    def _chain(self, run: Run) -> tuple[str, ...]:
        return self.plan.experiment.chain(run.method)

    def _run(self, run: Run, block: str) -> None:
        experiment = self.plan.experiment
        layout, protocol = experiment.layout, experiment.protocol.slug
        place = (run.dataset, run.method, block)
        stage = experiment.methods[run.method].stage
        outputs = {"history": layout.history(protocol, *place)}
        _write(outputs["history"], _history(block))
        if stage != "pretrain":
            outputs["predictions"] = layout.predictions(protocol, *place)
            write_artefact(outputs["predictions"], {f"seed-{block}": _labels(_number(place))})
        *_, before = (None, *self._chain(run)[:-1])
        inputs = {"weights": layout.history(protocol, run.dataset, before, block)} if before else {}
        self._record(stage, place, inputs, outputs)
        if stage != "finetune":
            return
        metrics = layout.metrics(protocol, *place)
        _write(metrics, _metrics(block, _number(place) % 1000))
        read = {
            "predictions": outputs["predictions"],
            "truth": layout.truth(protocol, run.dataset),
        }
        self._record("evaluate", place, read, {"metrics": metrics})

    def _record(
        self,
        rule: str,
        place: tuple[str, ...],
        inputs: Mapping[str, Any],
        outputs: Mapping[str, Path],
    ) -> None:
        experiment = self.plan.experiment
        path = experiment.layout.record(experiment.protocol.slug, rule, *place)
        names = ("dataset", "method", "block") if len(place) > 1 else ("name",)
        wildcards = dict(zip(names, place, strict=True))
        if rule not in self._templates:
            self._templates[rule] = self._recorded(rule, path, wildcards)
        record = copy.deepcopy(self._templates[rule])
        record |= {"wildcards": wildcards, "path": _relative(path, experiment.root)}
        for key, named in (("inputs", inputs), ("outputs", outputs)):
            record[key] = {
                name: [
                    file.model_dump(mode="json")
                    for file in hash_files(files, experiment.root, role=name, remedy="write it")
                ]
                for name, files in named.items()
            }
        _write(path, json_text(record))

    def _recorded(self, rule: str, path: Path, wildcards: Mapping[str, str]) -> dict[str, Any]:
        """A record of a job that did nothing, of the code of evaluation."""
        settings: dict[str, Any] = {"settings": {"epochs": 10, "batch_size": 256}}
        with JobRecorder(
            path,
            rule=rule,
            wildcards=wildcards,
            parameters=settings,
            code=code_index().identity("clustrace.stages.evaluate"),
            inputs={},
            outputs={},
            root=self.plan.experiment.root,
            seeds=[0],
            device="cpu",
            threads=1,
            precision="float32",
        ):
            pass
        content: dict[str, Any] = read_json(path)
        return content


def _relative(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def _number(place: tuple[str, ...]) -> int:
    """A number that stands for a run, the same in every process."""
    return zlib.crc32("/".join(place).encode())


def _labels(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, _CLASSES, _SAMPLES).astype(np.uint8)


def _history(seed: str) -> str:
    lines = (f"{seed},{140 * k},{1 / (k + 1):.6f}" for k in range(_STEPS))
    return "\n".join(("seed,iteration,loss", *lines, ""))


def _metrics(seed: str, score: int) -> str:
    scores = {"acc": score / 1000, "nmi": score / 2000, "ari": score / 3000}
    outcome = {"status": "ok", "reason": "", "origin": ""}
    return json.dumps({"outcome": outcome, "failures": {}, "seeds": {seed: scores}})


def _write(path: Path, text: str) -> None:
    # Not flushed to disk one by one, as thousands of results would be here for minutes.
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
