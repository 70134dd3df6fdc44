"""The report of a run of the corpus: shares by form and kind, what was missed, and limits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from clustrace.audit.model import Level
from tests.mutants.kind import Form
from tests.mutants.trial import Tried, Varied

_ASSUMED = """\
Trusted are `config/` (papers, published numbers, protocols, data sets with their fingerprints, \
methods) and the code of the checkout with its commits. Everything below `results/` and `data/` \
may be forged: tables, ledgers, evidence, scores, label vectors, histories, embeddings, weights, \
data, records and the objects that they share. The forger knows the product and uses its own code \
to make everything fit that follows from what he altered.

Each kind has a naive form, one altered file or field, and a consistent one, in which everything \
that follows was derived anew and every hash was forged. The check that must fail, and the level \
of the audit at which it must, stand in the corpus for each form of each kind."""

_LIMITS = """\
- A forgery that is consistent down to the label vectors passes an audit at the level \
`predictions`, by design: label vectors are what this level starts from. Weights show it, if these \
were left, or else training anew. A fresh clone has neither weights nor data, so its numbers stay \
at the rung `predictions`, and the tables print that.
- Training anew shows a forgery to the bit only on the same class of machine. Elsewhere it is held \
against the spread over the seeds, within which a small forgery hides.
- What a record says of its machine (processor, memory, times) is compared with itself and with \
other records only; nobody can tell afterwards whether it is true. Versions of libraries are held \
against the lock, which is a warning.
- Who deletes the history of earlier runs, or runs until a result pleases and keeps no record of \
the other runs, leaves nothing to find in the files. Seeds are fixed in `config/`, which leaves \
little to choose from; git's history tells the rest.
- Evidence says that an audit was made. Nobody can tell from a file whether that is so; whoever \
doubts it makes the audit."""


@dataclass(frozen=True)
class Facts:
    """How the corpus was run."""

    day: date
    machine: str
    seed: int
    seconds: float
    kinds: int
    alone: str
    """Command that makes one mutant again, with the place for its name."""


def render(
    facts: Facts, tried: Sequence[Tried], replayed: Sequence[Tried], varied: Sequence[Varied]
) -> str:
    """The report as Markdown.

    Args:
        facts: how the corpus was run.
        tried: mutants that an audit at the level `predictions` must notice.
        replayed: forgeries that only a replay shows, each audited at `predictions` first and then
            at its own level.
        varied: honest variations.
    """
    return "\n".join(_lines(facts, tried, replayed, varied)) + "\n"


def _lines(
    facts: Facts, tried: Sequence[Tried], replayed: Sequence[Tried], varied: Sequence[Varied]
) -> Iterator[str]:
    caught, alarms = sum(t.caught for t in tried), sum(bool(v.failed) for v in varied)
    yield "# Does the audit notice frauds and accidents?"
    yield ""
    yield (
        f"Written by `make mutants` on {facts.day.isoformat()}, {facts.machine}, in "
        f"{facts.seconds / 60:.0f} minutes; seed {facts.seed}. `{facts.alone}` makes one again."
    )
    yield ""
    yield (
        f"**{caught} of {len(tried)} mutants of {facts.kinds} kinds noticed "
        f"({_percent(caught, len(tried))}), {alarms} false alarms over {len(varied)} honest "
        "variations.**"
    )
    yield from ("", "## What is assumed", "", _ASSUMED, "", "## By form and level", "")
    yield from _by_form(tried)
    yield from ("", "## By artefact", "")
    yield from _by_artefact(tried)
    yield from ("", "## Missed", "")
    yield from _named(tried, lambda each: not each.caught, "None.")
    yield from ("", "## Noticed by other checks than the one named beforehand", "")
    yield from _named(tried, lambda each: each.caught and not each.as_expected, "None.")
    yield from ("", "## Only warned of", "")
    yield from _named(tried, lambda each: each.caught and not each.failed, "None.")
    if replayed:
        yield from ("", "## Consistent down to the label vectors", "")
        yield from _deep(replayed)
    yield from ("", "## Honest variations", "")
    yield from _honest(varied)
    yield from ("", "## What no audit of files can see", "", _LIMITS, "", "## By kind", "")
    yield from _by_kind(tried)


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "–"


def _within(tried: Iterable[Tried], level: Level) -> int:
    """Mutants that an audit of this level notices."""
    order = list(Level)
    return sum(
        each.caught and (each.found_at is None or order.index(each.found_at) <= order.index(level))
        for each in tried
    )


def _by_form(tried: Sequence[Tried]) -> Iterator[str]:
    yield "| Form | Mutants | Noticed at `hashes` | Noticed at `predictions` | By the named check |"
    yield "|---|---|---|---|---|"
    for form in Form:
        mine = [each for each in tried if each.mutant.form is form]
        hashes, predictions = (_within(mine, level) for level in (Level.HASHES, Level.PREDICTIONS))
        named = sum(each.as_expected for each in mine)
        shares = (_percent(count, len(mine)) for count in (hashes, predictions, named))
        yield f"| {form} | {len(mine)} | {' | '.join(shares)} |"


def _by_artefact(tried: Sequence[Tried]) -> Iterator[str]:
    yield "| Artefact | Kinds | Naive | Noticed | Consistent | Noticed |"
    yield "|---|---|---|---|---|---|"
    for artefact in dict.fromkeys(each.mutant.kind.artefact for each in tried):
        mine = [each for each in tried if each.mutant.kind.artefact == artefact]
        kinds = len({each.mutant.kind.name for each in mine})
        yield f"| {artefact} | {kinds} | {' | '.join(_counts(mine))} |"


def _counts(mine: Sequence[Tried]) -> Iterator[str]:
    for form in Form:
        of_form = [each for each in mine if each.mutant.form is form]
        yield str(len(of_form))
        yield _percent(sum(each.caught for each in of_form), len(of_form))


def _by_kind(tried: Sequence[Tried]) -> Iterator[str]:
    yield "| Kind | Artefact | Form | Check | Mutants | Noticed | By this check | At |"
    yield "|---|---|---|---|---|---|---|---|"
    groups: dict[tuple[str, Form], list[Tried]] = {}
    for each in tried:
        groups.setdefault((each.mutant.kind.name, each.mutant.form), []).append(each)
    for (name, form), mine in sorted(groups.items()):
        levels = sorted({str(each.found_at or "–") for each in mine})
        artefact, check = mine[0].mutant.kind.artefact, mine[0].expected.check
        caught, named = sum(e.caught for e in mine), sum(e.as_expected for e in mine)
        counts = f"{len(mine)} | {caught} | {named}"
        yield f"| {name} | {artefact} | {form} | {check} | {counts} | {', '.join(levels)} |"


def _named(tried: Sequence[Tried], asked: Callable[[Tried], bool], none: str) -> Iterator[str]:
    found = [each for each in tried if asked(each)]
    for each in found:
        checks = ", ".join((*each.failed, *each.warned)) or "no check"
        wanted = "" if each.as_expected else f" instead of {each.expected.check}"
        yield f"- `{each.mutant.name}`: {checks}{wanted}; {each.place}"
    if not found:
        yield none


def _deep(replayed: Sequence[Tried]) -> Iterator[str]:
    yield (
        "The forger made everything fit that can be computed from what he forged. An audit at the "
        "level `predictions` cannot tell; the replay that the record names does."
    )
    yield ""
    yield "| Forgery | At `predictions` | Needs | Check | Noticed | Seconds |"
    yield "|---|---|---|---|---|---|"
    pairs = zip(replayed[::2], replayed[1::2], strict=True)
    for above, deep in pairs:
        before = ", ".join(above.failed) or "passes"
        after = f"by {', '.join(deep.failed)}" if deep.caught else "**missed**"
        level, check = deep.expected.level, deep.expected.check
        name = f"{deep.mutant.kind.name}/{deep.mutant.number}"
        yield f"| {name} | {before} | `{level}` | {check} | {after} | {deep.seconds:.0f} |"


def _honest(varied: Sequence[Varied]) -> Iterator[str]:
    yield "| Variation | Tried | False alarms |"
    yield "|---|---|---|"
    for name in dict.fromkeys(each.variation.name for each in varied):
        mine = [each for each in varied if each.variation.name == name]
        yield f"| {name} | {len(mine)} | {sum(bool(each.failed) for each in mine)} |"
    for each in (each for each in varied if each.failed):
        yield ""
        yield f"- {each.variation.name}, {each.place}: {'; '.join(each.findings)}"
