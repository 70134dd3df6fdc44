"""Results of other honest runs: later, elsewhere, repeated, with edits or seeds that failed."""

from __future__ import annotations

import os
import random
import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np

from clustrace.files import sha256_json
from clustrace.provenance.history import keep_earlier
from clustrace.report.figures import write_paper_figure
from tests.mutants.faking import failures
from tests.mutants.forge import (
    keep_object,
    print_tables,
    rederive,
    remake_ledger,
    reprint,
    reseal,
)
from tests.mutants.honest import Honest
from tests.mutants.kinds_code import keep_code, keep_json, shared
from tests.mutants.places import FOLDER, Run
from tests.mutants.recorded import result_records, training_records
from tests.mutants.tree import Json, Tree, pick

_HOURS = 12
#: Methods that no other one starts from.
_LEAVES = ("kmeans", "dec", "dcec")


class RunAgain(Honest):
    """All jobs were run again, with the same results; the records of before are kept."""

    name = "everything run again"

    def vary(self, tree: Tree, rng: random.Random) -> str:
        """Let all records be of later jobs."""
        later = timedelta(minutes=rng.uniform(1, 60 * _HOURS))
        for place in result_records(tree):
            _again(tree, place, later)
        reseal(tree)
        return f"all records, {later}"


class JobAgain(Honest):
    """One job was run again, with the same results, and nothing after it."""

    name = "one job run again"

    def vary(self, tree: Tree, rng: random.Random) -> str:
        """Let its record be of a later job."""
        place = pick(rng, result_records(tree))
        _again(tree, place, timedelta(minutes=rng.uniform(1, 60 * _HOURS)))
        reseal(tree)
        return place


def _again(tree: Tree, place: str, later: timedelta) -> None:
    keep_earlier(Path(place))
    record = tree.json(place)
    for name in ("start", "end"):
        record[name] = (datetime.fromisoformat(record[name]) + later).isoformat()
    tree.write_json(place, record)


def _tell(tree: Tree) -> None:
    """Let the ledger name machines and threads of what was timed, as the records do now."""
    remake_ledger(tree)
    reprint(tree)
    reseal(tree)


class OtherThreads(Honest):
    """A job with more threads."""

    name = "thread count"

    def vary(self, tree: Tree, rng: random.Random) -> str:
        """Let record and environment say so."""
        place, threads = pick(rng, training_records(tree)), rng.randrange(2, 65)
        record = tree.json(place)
        environment = tree.json(shared(record, "environment"))
        record["threads"] = environment["threads"] = threads
        environment["torch"]["threads"] = threads
        record["environment"]["object"] = keep_json(tree, place, environment)
        tree.write_json(place, record)
        _tell(tree)
        return f"{place}: {threads}"


class OtherMachine(Honest):
    """A job on another machine, inside SLURM."""

    name = "other machine"

    def vary(self, tree: Tree, rng: random.Random) -> str:
        """Let record and environment say so."""
        place = pick(rng, result_records(tree))
        record = tree.json(place)
        environment = tree.json(shared(record, "environment"))
        host = f"{rng.getrandbits(48):012x}"
        environment["host"] = record["environment"]["host"] = host
        environment["processor"]["model"] = record["environment"]["processor"] = "AMD EPYC 9654"
        environment["processor"]["cores"] = environment["processor"]["usable_cores"] = 96
        record["environment"]["object"] = keep_json(tree, place, environment)
        record["slurm"] = {"job_id": str(rng.randrange(1, 10**6)), "node": host}
        tree.write_json(place, record)
        _tell(tree)
        return place


class OtherZone(Honest):
    """Times of another zone, of the same moments."""

    name = "time zone"

    def vary(self, tree: Tree, rng: random.Random) -> str:
        """Write them with another offset."""
        zone = timezone(timedelta(hours=rng.randrange(-11, 13)))
        for place in result_records(tree):
            record = tree.json(place)
            for name in ("start", "end"):
                record[name] = datetime.fromisoformat(record[name]).astimezone(zone).isoformat()
            tree.write_json(place, record)
        reseal(tree)
        return str(zone)


class CommentsEdited(Honest):
    """A commit that edits a comment of code that ran, and jobs of that commit."""

    name = "comment edits in code"

    def vary(self, tree: Tree, rng: random.Random) -> str:
        """Let jobs be of the new commit."""
        place = pick(rng, result_records(tree))
        module = pick(rng, sorted(tree.json(shared(tree.json(place), "code"))["modules"]))
        commit = _commented(_source(module))
        record = tree.json(place)
        record["git"]["commit"] = commit
        tree.write_json(place, record)
        reseal(tree)
        return f"{place}: {module}"


def _source(module: str) -> str:
    stem = f"workflow/src/{module.replace('.', '/')}"
    return f"{stem}.py" if Path(f"{stem}.py").exists() else f"{stem}/__init__.py"


def _commented(path: str) -> str:
    """A commit beside HEAD in which a file has one more comment; returns its name."""
    index = {"GIT_INDEX_FILE": str(Path(".git", "index-of-comment").absolute())}
    _git("read-tree", "HEAD", **index)
    text = f"# A comment.\n{Path(path).read_text(encoding='utf-8')}# And another one.\n"
    blob = _git("hash-object", "-w", "--stdin", given=text)
    _git("update-index", "--cacheinfo", f"100644,{blob},{path}", **index)
    who = {f"GIT_{w}_{p}": "corpus" for w in ("AUTHOR", "COMMITTER") for p in ("NAME", "EMAIL")}
    return _git("commit-tree", "-p", "HEAD", "-m", "A comment", _git("write-tree", **index), **who)


def _git(*arguments: str, given: str = "", **variables: str) -> str:
    done = subprocess.run(
        ["git", *arguments],
        env={**os.environ, **variables},
        input=given,
        capture_output=True,
        check=True,
        text=True,
    )
    return done.stdout.strip()


class EditsDeclared(Honest):
    """A job of edited code, with the difference kept."""

    name = "uncommitted edits that are kept"

    def vary(self, tree: Tree, rng: random.Random) -> str:
        """Let record, code and difference say so."""
        place = pick(rng, result_records(tree))
        record = tree.json(place)
        code = tree.json(shared(record, "code"))
        module = pick(rng, sorted(code["modules"]))
        path = _source(module)
        edit = f"--- a/{path}\n+++ b/{path}\n@@ -1 +1 @@\n-a = 1\n+a = 2\n"
        difference = f"diff --git a/{path} b/{path}\n{edit}".encode()
        kept = keep_object(place, difference, ".diff")
        record["git"] |= {"dirty": True, "diff_sha256": kept}
        code["modules"][module] = sha256_json("a = 2")
        keep_code(tree, place, record, code)
        reseal(tree)
        return f"{place}: {module}"


class SeedFailed(Honest):
    """A seed that diverged, as all its files say."""

    name = "a seed that failed"

    def vary(self, tree: Tree, rng: random.Random) -> str:
        """Let it be missing everywhere, with the reason, and build everything without it."""
        leaves = [run for run in tree.runs if run.method in _LEAVES and "-" in run.block]
        run = pick(rng, leaves)
        # Figures draw the first seed.
        seed = max(tree.labels(run))
        for path in (run.predictions, run.model, run.trajectory):
            if tree.exists(path):
                _without(tree, path, seed)
        if tree.stage(run) == "finetune":
            rows = [row for row in tree.rows(run.history) if row["seed"] != str(seed)]
            tree.write_rows(rows, run.history)
        rederive(tree)
        return f"{run.predictions}, seed {seed}"


def _without(tree: Tree, path: str, seed: int) -> None:
    arrays = tree.artefact(path).arrays
    named = f"seed-{seed}"
    left: dict[str, np.ndarray] = {
        name: array for name, array in arrays.items() if name.partition("/")[0] != named
    }
    tree.write_arrays(path, left, failures=failures(seed))


class RunMissing(Honest):
    """A block of seeds that was not run, and the cells say so."""

    name = "a block of seeds not run"

    def vary(self, tree: Tree, rng: random.Random) -> str:
        """Let nothing be there of it, and build everything without it."""
        run = pick(rng, [r for r in tree.runs if r.method in _LEAVES and "-" not in r.block])
        for rule in (tree.stage(run), "evaluate"):
            place = run.record(rule)
            for path in tree.outputs(place):
                tree.delete(path)
            tree.delete(place)
        slug, records = tree.paper.slug, f"{FOLDER}/provenance"
        _forget(tree, f"{records}/ledger/{slug}.json", run)
        remake_ledger(tree)
        for figure in tree.paper.figures:
            if _forget(tree, f"{records}/figure/{slug}/{figure.slug}.json", run):
                write_paper_figure(tree.plan, tree.paper, figure)
        print_tables(tree)
        reseal(tree)
        return run.file("")


def _forget(tree: Tree, place: str, run: Run) -> bool:
    """Take the scores of a run out of the inputs of a job; whether they were among them."""
    record: Json = tree.json(place)
    gone = {run.metrics, run.record("evaluate")}
    inputs = {
        name: [file for file in listed if file["path"] not in gone]
        for name, listed in record["inputs"].items()
    }
    if inputs == record["inputs"]:
        return False
    tree.write_json(place, {**record, "inputs": inputs})
    return True


VARIATIONS: tuple[type[Honest], ...] = (
    RunAgain,
    JobAgain,
    OtherThreads,
    OtherMachine,
    OtherZone,
    CommentsEdited,
    EditsDeclared,
    SeedFailed,
    RunMissing,
)
