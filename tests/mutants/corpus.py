"""The corpus: all kinds of mutants and of honest variations, and the draw of a sample."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from clustrace.audit.model import Level
from clustrace.config.sentences import nearest
from tests.mutants import (
    honest_files,
    honest_forms,
    honest_runs,
    kinds_attested,
    kinds_cells,
    kinds_chain,
    kinds_claims,
    kinds_classifiers,
    kinds_code,
    kinds_data,
    kinds_environment,
    kinds_figures,
    kinds_forged_runs,
    kinds_histories,
    kinds_labels,
    kinds_leaks,
    kinds_ledgers,
    kinds_parameters,
    kinds_replayed,
    kinds_retouched,
    kinds_scores,
    kinds_tables,
    kinds_truth,
    kinds_verdicts,
    kinds_weights,
)
from tests.mutants.honest import Honest
from tests.mutants.kind import Form, Kind

KINDS: tuple[Kind, ...] = tuple(
    kind()
    for module in (
        kinds_tables,
        kinds_cells,
        kinds_verdicts,
        kinds_ledgers,
        kinds_claims,
        kinds_scores,
        kinds_labels,
        kinds_truth,
        kinds_weights,
        kinds_histories,
        kinds_figures,
        kinds_data,
        kinds_leaks,
        kinds_parameters,
        kinds_chain,
        kinds_forged_runs,
        kinds_code,
        kinds_attested,
        kinds_environment,
        kinds_replayed,
        kinds_retouched,
        kinds_classifiers,
    )
    for kind in module.KINDS
)
VARIATIONS: tuple[Honest, ...] = tuple(
    variation()
    for module in (honest_files, honest_forms, honest_runs)
    for variation in module.VARIATIONS
)


@dataclass(frozen=True)
class Mutant:
    """One mutant: a form of a kind, at the place that its seed draws."""

    kind: Kind
    form: Form
    number: int
    seed: int

    @classmethod
    def named(cls, name: str, seed: int) -> Mutant:
        """The mutant of a name.

        Raises:
            ValueError: there is no such kind or form, or it is no name; says what to give.
        """
        kinds = {each.name: each for each in KINDS}
        try:
            kind, form, number = name.split("/")
            place = Form(form), int(number)
        except ValueError as error:
            raise ValueError(
                f"{name!r} names no mutant; give kind/form/number, as coherence-lowered/naive/0, "
                f"with the form {' or '.join(Form)}."
            ) from error
        if kind not in kinds:
            raise ValueError(f"There is no kind of mutant {kind!r}{nearest(kind, kinds) or '.'}")
        return cls(kinds[kind], *place, seed)

    @property
    def name(self) -> str:
        """Name under which it can be asked for again."""
        return f"{self.kind.name}/{self.form}/{self.number}"

    @property
    def draw(self) -> str:
        """What its random generator starts from, whatever other mutants there are."""
        return f"{self.seed}/{self.name}"

    @property
    def is_deep(self) -> bool:
        """True if only a replay shows it."""
        return self.kind.caught(self.form).level in (Level.WEIGHTS, Level.RETRAIN)


def mutants(count: int, seed: int) -> Iterator[Mutant]:
    """``count`` mutants that need no replay: all forms of all kinds in turn, and again."""
    forms = [(kind, form) for kind in KINDS for form in Form]
    shallow = [pair for pair in forms if not Mutant(*pair, 0, seed).is_deep]
    for number in range(count):
        kind, form = shallow[number % len(shallow)]
        yield Mutant(kind, form, number // len(shallow), seed)


def deep_mutants(each: int, seed: int) -> Iterator[Mutant]:
    """``each`` mutants of every form that needs a replay."""
    for kind in KINDS:
        for form in Form:
            for number in range(each):
                mutant = Mutant(kind, form, number, seed)
                if mutant.is_deep:
                    yield mutant


def variations(count: int) -> Iterator[tuple[Honest, int]]:
    """``count`` honest variations with their numbers: all of them in turn, and again."""
    for number in range(count):
        yield VARIATIONS[number % len(VARIATIONS)], number // len(VARIATIONS)
