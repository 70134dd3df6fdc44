"""Which results a command is about: protocols, and families of files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from clustrace.cli.options import parse_config
from clustrace.config.experiment import load_experiment
from clustrace.config.layout import Layout
from clustrace.config.plan import Plan
from clustrace.errors import StorageError
from clustrace.provenance.families import Family, families_of
from clustrace.provenance.standing import Standing, standing_jobs

#: Protocols whose small results are in git.
COMMITTED = ("paper", "paper-cpu")


@dataclass(frozen=True)
class Selected:
    """The results that the settings of a command choose.

    Attributes:
        protocols: their protocols.
        standing: all jobs of these protocols.
        families: chosen families of files that DVC keeps.
    """

    protocols: tuple[str, ...]
    standing: Standing
    families: tuple[Family, ...]


def select(root: Path, config: list[str] | None) -> Selected:
    """Results of the protocol that is named, or of those whose results are in git.

    The settings ``papers``, ``datasets`` and ``methods`` restrict the families.

    Raises:
        ConfigError: a setting is not usable.
        StorageError: there are no such results.
    """
    given = parse_config(config)
    named = [str(given["protocol"])] if "protocol" in given else list(COMMITTED)
    plans = [Plan(load_experiment(root, {**given, "protocol": slug})) for slug in named]
    layout = Layout(root)
    protocols = tuple(slug for slug in named if (layout.protocol(slug) / "provenance").is_dir())
    if not protocols:
        raise StorageError(
            f"There are no results of the protocol {' or '.join(named)} here; compute some, get "
            "them with git, or name another protocol, as in --config protocol=paper-cpu."
        )
    standing = standing_jobs((layout.protocol(slug) / "provenance" for slug in protocols), root)
    families = families_of(standing.written.values())
    if {"papers", "datasets", "methods"} & set(given):
        wanted = {path.as_posix() for plan in plans for path in _tracked(plan)}
        families = tuple(family for family in families if family.path in wanted)
    return Selected(protocols, standing, families)


def _tracked(plan: Plan) -> Iterator[Path]:
    """What DVC tracks of the data and models of a plan, relative to the root."""
    experiment, layout = plan.experiment, Layout()
    for run in plan.runs:
        subset = experiment.subset(run.dataset)
        yield layout.raw(experiment.dataset(run.dataset).raw)
        yield layout.prepared(run.dataset, subset)
        for method in experiment.chain(run.method):
            if experiment.methods[method].stage == "neighbours":
                yield layout.neighbours(run.dataset, subset, method).parent
                continue
            model = layout.model(experiment.protocol.slug, run.dataset, method, "0")
            yield model.parent.parent
