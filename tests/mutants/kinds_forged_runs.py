"""Runs that never were, and what is kept of earlier runs and of other jobs."""

from __future__ import annotations

import random

from tests.mutants.faking import improved
from tests.mutants.forge import keep_object, rederive
from tests.mutants.kind import Caught, Kind
from tests.mutants.places import FOLDER, Run
from tests.mutants.recorded import result_records, training_records
from tests.mutants.tree import Tree, pick


class RunForged(Kind):
    """Seeds that were never run: a copy of others with better labels, with records of its own."""

    name = "record-of-no-run"
    artefact = "record"
    naive_caught = Caught("RUN-002")
    consistent_caught = Caught("RUN-007")

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Write the record alone."""
        run, forged = self._pair(tree, rng)
        return self._record(tree, run, forged, tree.stage(run))

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Write all files of the run, with labels that are better, and let the cells count it."""
        run, forged = self._pair(tree, rng)
        chain = tree.experiment.chain(run.method)
        for method in chain:
            old, new = (Run(r.dataset, method, r.block) for r in (run, forged))
            place = self._record(tree, old, new, tree.stage(old))
            for path in tree.outputs(place):
                tree.write(path, _renumbered(tree, _under(path, new, old), new.block))
        labels = tree.labels(forged)
        better = {s: improved(v, tree.truth(run.dataset), 0.1, s) for s, v in labels.items()}
        tree.write_arrays(forged.predictions, {f"seed-{s}": v for s, v in better.items()})
        evaluated = self._record(tree, run, forged, "evaluate")
        tree.write(forged.metrics, b"{}\n")
        self._count(tree, run, forged)
        # The scores of the forged run are made from its labels.
        record = tree.json(evaluated)
        record["inputs"]["predictions"][0]["sha256"] = "0" * 64
        tree.write_json(evaluated, record)
        rederive(tree)
        return place

    def _pair(self, tree: Tree, rng: random.Random) -> tuple[Run, Run]:
        """A run of one seed, and the run of the next seed, which there is none of."""
        run = pick(rng, [run for run in tree.runs if "-" not in run.block])
        return run, Run(run.dataset, run.method, str(int(run.block) + 1))

    def _record(self, tree: Tree, run: Run, forged: Run, rule: str) -> str:
        old, new = run.record(rule), forged.record(rule)
        seed = int(forged.block)
        text = tree.text(old).replace(f"/{run.block}/", f"/{forged.block}/")
        tree.write(new, text.replace(f"/{run.block}.json", f"/{forged.block}.json"))
        record = tree.json(new)
        record["wildcards"]["block"] = forged.block
        if record["seeds"]:
            record["seeds"] = record["parameters"]["seeds"] = [seed]
            record["generators"]["random_state"] = [seed]
        tree.write_json(new, record)
        return new

    def _count(self, tree: Tree, run: Run, forged: Run) -> None:
        """Name the forged scores among the inputs of the ledger."""
        place = f"{FOLDER}/provenance/ledger/{tree.paper.slug}.json"
        record = tree.json(place)
        metrics = record["inputs"]["metrics"]
        mine = next(file for file in metrics if file["path"] == run.metrics)
        metrics.append({**mine, "path": forged.metrics})
        tree.write_json(place, record)


def _under(path: str, new: Run, old: Run) -> str:
    return path.replace(f"/{new.block}/", f"/{old.block}/")


def _renumbered(tree: Tree, path: str, block: str) -> bytes:
    """Content of a run's file with its only seed under another number."""
    old = path.split("/")[-2]
    if path.endswith(".csv"):
        rows = tree.rows(path)
        lines = [",".join(rows[0])]
        lines += [",".join({**row, "seed": block}.values()) for row in rows]
        return ("\n".join(lines) + "\n").encode()
    artefact = tree.artefact(path)
    arrays = {n.replace(f"seed-{old}", f"seed-{block}"): a for n, a in artefact.arrays.items()}
    from clustrace.data.artefact import write_artefact

    temporary = f"{FOLDER}/forged{'.safetensors.gz' if path.endswith('.gz') else '.safetensors'}"
    write_artefact(temporary, arrays, about=artefact.about)
    content = tree.bytes(temporary)
    tree.delete(temporary)
    return content


class HistoryOfRunsLost(Kind):
    """Earlier runs of a job that cannot be read any more."""

    name = "record-history-unreadable"
    artefact = "record"
    naive_caught = Caught("RUN-001")
    consistent_caught = Caught("RUN-001")

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Leave half of an earlier record."""
        place = pick(rng, result_records(tree))
        text = tree.text(place).replace("\n", "")
        history = place.replace(".json", ".history.jsonl")
        tree.write(history, text[: len(text) // 2] + "\n")
        return history

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Leave an earlier record without what it wrote."""
        place = pick(rng, result_records(tree))
        history = place.replace(".json", ".history.jsonl")
        tree.write(history, '{"schema": 2, "rule": "finetune"}\n')
        return history


class ObjectAltered(Kind):
    """What many records share is altered, or gone."""

    name = "record-object-altered"
    artefact = "record"
    naive_caught = Caught("RUN-001")
    consistent_caught = Caught("RUN-001")

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Alter the kept record of a job that made data."""
        path = self._object(tree, rng)
        text = tree.text(path)
        tree.write(path, text.replace('"threads": 1', '"threads": 2', 1))
        return path

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Keep an object that is no record in its place, under the right hash."""
        place = pick(rng, [p for p in training_records(tree) if tree.json(p)["upstream"]])
        record = tree.json(place)
        digest = keep_object(place, b'{"rule": "prepare"}\n')
        record["upstream"] = dict.fromkeys(record["upstream"], digest)
        tree.write_json(place, record)
        return place

    def _object(self, tree: Tree, rng: random.Random) -> str:
        place = pick(rng, [p for p in training_records(tree) if tree.json(p)["upstream"]])
        digest = pick(rng, sorted(tree.json(place)["upstream"].values()))
        return f"{FOLDER}/provenance/objects/{digest}.json"


KINDS: tuple[type[Kind], ...] = (
    RunForged,
    HistoryOfRunsLost,
    ObjectAltered,
)
