"""The corpus itself, and a sample of it."""

import pytest

from clustrace.audit.registry import CHECKS
from tests.mutants.base import prepared
from tests.mutants.corpus import KINDS, VARIATIONS, Mutant, deep_mutants, mutants, variations
from tests.mutants.kind import Form
from tests.mutants.trial import Laboratory

_SEED = 20


def test_every_kind_names_the_check_that_notices_each_form():
    checks = {check.id: check for check in CHECKS}
    assert len(KINDS) >= 40
    assert len({kind.name for kind in KINDS}) == len(KINDS)
    for kind in KINDS:
        assert kind.artefact
        for form in Form:
            caught = kind.caught(form)
            assert caught.level.includes(checks[caught.check].level), (kind.name, form)


def test_what_recomputation_cannot_notice_needs_a_replay():
    deep = list(deep_mutants(1, _SEED))
    assert deep and all(mutant.form is Form.CONSISTENT for mutant in deep)
    assert not any(mutant.is_deep for mutant in mutants(1000, _SEED))


def test_a_mutant_is_drawn_by_its_name_and_seed():
    mutant = next(iter(mutants(1, _SEED)))
    assert Mutant.named(mutant.name, _SEED) == mutant
    assert mutant.draw != Mutant.named(mutant.name, _SEED + 1).draw


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("coherence-lowered", "give kind/form/number"),
        ("coherence-lowered/forged/0", "with the form naive or consistent"),
        ("coherence-lowered/naive/first", "give kind/form/number"),
        ("coherence-lowerd/naive/0", "did you mean 'coherence-lowered'"),
    ],
)
def test_a_name_of_no_mutant_is_answered_with_what_to_give(name, says):
    with pytest.raises(ValueError, match=says):
        Mutant.named(name, _SEED)


def test_honest_variations_have_names_of_their_own():
    assert len({variation.name for variation in VARIATIONS}) == len(VARIATIONS)


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory):
    return Laboratory(prepared(tmp_path_factory.mktemp("corpus") / "project", cores=2))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_sample_is_noticed_and_honest_variations_are_not(laboratory, tmp_path):
    # Another part of the corpus than `make mutants` begins with.
    sample = list(mutants(1000, _SEED))[_SEED::7][:120]
    tried = [laboratory.try_mutant(mutant) for mutant in sample]
    assert [each.mutant.name for each in tried if not each.as_expected] == []
    varied = [
        laboratory.vary(variation, _SEED, number, tmp_path)
        for variation, number in variations(len(VARIATIONS))
    ]
    assert [(each.variation.name, each.findings) for each in varied if each.failed] == []
    assert laboratory.honest().ok
