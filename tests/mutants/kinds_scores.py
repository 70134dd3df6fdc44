"""Frauds and accidents in the scores of runs. The label vectors stay honest."""

from __future__ import annotations

import json
import random
from abc import abstractmethod

from tests.mutants.forge import rederive
from tests.mutants.kind import Caught, Edit, Kind
from tests.mutants.places import Run
from tests.mutants.tree import Json, Tree, pick

_DIVERGED = {"status": "diverged", "reason": "the loss is not finite", "origin": "finetune"}


class ScoresKind(Edit):
    """Scores that are not those of the label vectors; the ledger is made from them."""

    artefact = "metrics"
    consistent_caught = Caught("CELL-002")

    def edit(self, tree: Tree, rng: random.Random) -> str:
        """Alter the scores of a run."""
        run = pick(rng, self.runs(tree))
        content = tree.json(run.metrics)
        place = self.change(content, rng)
        tree.write_json(run.metrics, content)
        return f"{run.metrics}: {place}"

    def runs(self, tree: Tree) -> list[Run]:
        """Runs whose scores can be altered so."""
        return tree.runs

    @abstractmethod
    def change(self, content: Json, rng: random.Random) -> str:
        """Alter the scores; returns the place."""


class ScoreRaised(ScoresKind):
    name = "metric-raised"

    def change(self, content: Json, rng: random.Random) -> str:
        seed = pick(rng, list(content["seeds"]))
        metric = pick(rng, ("acc", "nmi"))
        content["seeds"][seed][metric] += rng.uniform(0.0001, 0.03)
        return f"seed {seed}, {metric}"


class ScoreNaN(ScoresKind):
    name = "metric-nan"

    def change(self, content: Json, rng: random.Random) -> str:
        seed = pick(rng, list(content["seeds"]))
        metric = pick(rng, ("acc", "nmi", "ari"))
        content["seeds"][seed][metric] = float("nan")
        return f"seed {seed}, {metric}"


class SeedsScoresTwice(ScoresKind):
    """The scores of the best seed stand under the number of another one, too."""

    name = "metric-seed-copied"

    def runs(self, tree: Tree) -> list[Run]:
        """Runs of several seeds that differ."""
        return [run for run in tree.runs if _differ(tree.json(run.metrics)["seeds"])]

    def change(self, content: Json, rng: random.Random) -> str:
        seeds = content["seeds"]
        best = max(seeds, key=lambda seed: seeds[seed]["acc"])
        other = pick(rng, [s for s in seeds if seeds[s]["acc"] != seeds[best]["acc"]])
        seeds[other] = dict(seeds[best])
        return f"seed {best} as seed {other}"


def _differ(seeds: Json) -> bool:
    return len({scores["acc"] for scores in seeds.values()}) > 1


class WorstSeedRemoved(ScoresKind):
    """The worst seed has no scores."""

    name = "metric-worst-seed-removed"

    def runs(self, tree: Tree) -> list[Run]:
        """Runs of several seeds."""
        return [run for run in tree.runs if len(tree.json(run.metrics)["seeds"]) > 1]

    def change(self, content: Json, rng: random.Random) -> str:
        seeds = content["seeds"]
        worst = min(seeds, key=lambda seed: seeds[seed]["nmi"])
        del seeds[worst]
        return f"seed {worst}"


class SeedDeclaredFailed(ScoresKind):
    """A seed is said to have diverged, and its label vector is there."""

    name = "metric-seed-declared-failed"

    def change(self, content: Json, rng: random.Random) -> str:
        seed = pick(rng, list(content["seeds"]))
        del content["seeds"][seed]
        content["failures"][seed] = dict(_DIVERGED)
        return f"seed {seed}"


class StepsAltered(ScoresKind):
    """Fewer gradient steps than the history has, and no mention of the limit."""

    name = "metric-steps-lowered"

    def runs(self, tree: Tree) -> list[Run]:
        """Fine-tunings."""
        return tree.finetunings

    def change(self, content: Json, rng: random.Random) -> str:
        seed = pick(rng, list(content["seeds"]))
        scores = content["seeds"][seed]
        scores["iterations"] = rng.randrange(1, scores["iterations"])
        scores["capped"] = False
        return f"seed {seed}"


class ScoresOverTimeAltered(ScoresKind):
    """Scores at an update of the target distribution."""

    name = "metric-over-time-altered"

    def runs(self, tree: Tree) -> list[Run]:
        """Fine-tunings."""
        return tree.finetunings

    def change(self, content: Json, rng: random.Random) -> str:
        seed = pick(rng, list(content["seeds"]))
        row = pick(rng, content["seeds"][seed]["trajectory"])
        row[pick(rng, ("acc", "nmi", "ari"))] += rng.uniform(0.001, 0.1)
        return f"seed {seed}, iteration {row['iteration']}"


class CollapseHidden(ScoresKind):
    """Clusters that were found, as many as there are classes although some are empty."""

    name = "metric-clusters-altered"

    def change(self, content: Json, rng: random.Random) -> str:
        seed = pick(rng, list(content["seeds"]))
        scores = content["seeds"][seed]
        name = pick(rng, ("n_clusters_found", "smallest_cluster", "largest_cluster", "n_samples"))
        scores[name] += rng.randrange(1, 40)
        return f"seed {seed}, {name}"


class ScoresExchanged(Kind):
    """The scores of two methods on a data set, exchanged as files."""

    name = "metric-files-exchanged"
    artefact = "metrics"
    naive_caught = Caught("RUN-002")
    consistent_caught = Caught("CELL-002")

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Exchange them."""
        run = pick(rng, tree.runs)
        beside = [o for o in tree.runs if (o.dataset, o.block) == (run.dataset, run.block)]
        other = pick(rng, [other for other in beside if other != run])
        first, second = tree.bytes(run.metrics), tree.bytes(other.metrics)
        tree.write(run.metrics, second)
        tree.write(other.metrics, first)
        return f"{run.metrics} and {other.metrics}"

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Exchange them, and build the ledger from them."""
        place = self.naive(tree, rng)
        rederive(tree)
        return place


class ScoresTruncated(Kind):
    """Scores that were written half."""

    name = "metric-half-written"
    artefact = "metrics"
    naive_caught = Caught("RUN-002")
    consistent_caught = Caught("CELL-002")

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Cut a file off."""
        run = pick(rng, tree.runs)
        content = tree.bytes(run.metrics)
        tree.write(run.metrics, content[: rng.randrange(0, len(content) - 2)])
        return run.metrics

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Cut it off, let the ledger do without, and forge the hashes."""
        place = self.naive(tree, rng)
        rederive(tree)
        return place


class ScoresEmptied(Kind):
    """All scores of a run are gone, as if it had given no result."""

    name = "metric-run-declared-failed"
    artefact = "metrics"
    naive_caught = Caught("RUN-002")
    consistent_caught = Caught("CELL-002")

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Write what a run without a result writes."""
        run = pick(rng, tree.runs)
        content = {"outcome": dict(_DIVERGED), "seeds": {}}
        tree.write(run.metrics, json.dumps(content, indent=2, sort_keys=True) + "\n")
        return run.metrics

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Write it, and build the ledger from the others."""
        place = self.naive(tree, rng)
        rederive(tree)
        return place


KINDS: tuple[type[Kind], ...] = (
    ScoreRaised,
    ScoreNaN,
    SeedsScoresTwice,
    WorstSeedRemoved,
    SeedDeclaredFailed,
    StepsAltered,
    ScoresOverTimeAltered,
    CollapseHidden,
    ScoresExchanged,
    ScoresTruncated,
    ScoresEmptied,
)
