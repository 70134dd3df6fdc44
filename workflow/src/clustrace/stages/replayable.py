"""Which stage does the work of which rule, for replays: the rules that need no network.

Stages stand here by name, since most of them need torch and the readers of this table do not.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass

from clustrace.errors import ConfigError
from clustrace.provenance.record import Replay
from clustrace.stages.job import Job

_COMMAND = ("clustrace", "replay", "{record}", "--into", "{folder}", "--from")


@dataclass(frozen=True)
class Replayable:
    """How a rule is replayed."""

    stage: str
    """``module:function`` of its stage."""
    from_weights: tuple[str, ...] = ()
    """Inputs that its label vectors follow from, as far as it has them, together with the model
    that it stored; empty if it leaves no label vectors."""


REPLAYABLE = {
    "prepare": Replayable("clustrace.stages.prepare:prepare"),
    "neighbours": Replayable("clustrace.stages.neighbours:neighbours"),
    "truth": Replayable("clustrace.stages.truth:truth"),
    "reveal": Replayable("clustrace.stages.reveal:reveal"),
    "pretrain": Replayable("clustrace.stages.pretrain:pretrain"),
    "initialise": Replayable("clustrace.stages.initialise:initialise", ("features", "weights")),
    "finetune": Replayable("clustrace.stages.finetune:finetune", ("features",)),
    "cluster": Replayable("clustrace.stages.cluster:cluster", ("features",)),
    "partition": Replayable("clustrace.stages.partition:partition", ("features",)),
    "classify": Replayable("clustrace.stages.classify:classify", ("features", "weights")),
    "embed": Replayable("clustrace.stages.embed:embed"),
    "filters": Replayable("clustrace.stages.filters:filters"),
    "activations": Replayable("clustrace.stages.activations:activations"),
    "evaluate": Replayable("clustrace.stages.evaluate:evaluate"),
}


def replay_of(rule: str) -> Replay:
    """Commands that repeat a job of a rule; none for a rule that cannot be repeated alone."""
    found = REPLAYABLE.get(rule)
    if found is None:
        return Replay()
    return Replay(
        weights=(*_COMMAND, "weights") if found.from_weights else None, retrain=(*_COMMAND, "start")
    )


def stage_of(rule: str) -> Callable[[Job], None]:
    """The stage of a rule.

    Raises:
        ConfigError: jobs of this rule are not replayed.
    """
    found = REPLAYABLE.get(rule)
    if found is None:
        raise ConfigError(
            f"A job of the rule {rule!r} is not replayed; give a record of one of the rules "
            f"{', '.join(REPLAYABLE)}."
        )
    module, _, function = found.stage.partition(":")
    stage: Callable[[Job], None] = getattr(importlib.import_module(module), function)
    return stage
