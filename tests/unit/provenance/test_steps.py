"""Jobs of several member runs as steps."""

from __future__ import annotations

from tests.results_tree import Tree

from clustrace.provenance.explain import explain
from clustrace.provenance.explanation import Explanation
from clustrace.provenance.hash_cache import HashCache
from clustrace.provenance.numbers import Ledgers
from clustrace.provenance.steps import parameters_of, steps_of


def explained(tree: Tree) -> Explanation:
    number = Ledgers.below(tree.root).find("paper.t.dec.c.acc")
    return explain(number, tree.root, HashCache(None))


def with_parameters(explanation: Explanation, **parameters: dict[str, object]) -> Explanation:
    """The explanation with other parameters of the jobs of some rules."""
    jobs = [
        job.model_copy(update={"parameters": parameters.get(job.rule, job.parameters)})
        for job in explanation.jobs
    ]
    return explanation.model_copy(update={"jobs": tuple(jobs)})


def test_steps_lead_from_the_number_to_the_data(seeded: Tree) -> None:
    steps = steps_of(explained(seeded))
    assert [step.name for step in steps] == ["evaluate dec", "cluster dec", "prepare one"]
    assert [step.shared for step in steps] == [False, False, True]
    assert [len(step.distinct) for step in steps] == [2, 2, 1]


def test_a_single_run_keeps_all_its_wildcards(finished: Tree) -> None:
    steps = steps_of(explained(finished))
    assert [step.name for step in steps] == ["evaluate dec", "cluster dec", "pretrain one"]
    assert not any(step.shared for step in steps)


def test_a_step_that_only_one_run_has_is_missing_in_the_other(seeded: Tree) -> None:
    found = explained(seeded)
    first, second = found.runs
    short = second.model_copy(update={"jobs": second.jobs[-1:]})
    steps = steps_of(found.model_copy(update={"runs": (first, short)}))
    assert [step.jobs[1] is None for step in steps] == [False, True, True]
    assert not any(step.shared for step in steps)


def test_parameters_are_flat_and_without_what_another_step_says(seeded: Tree) -> None:
    pretrained = {"estimator": "SAE", "arguments": {"rate": 0.1}}
    found = with_parameters(
        explained(seeded),
        cluster={
            "estimator": "DEC",
            "arguments": {"rate": 0.5, "epochs": 3},
            "pretrained": pretrained,
            "other": {"rate": 1.0},
            "nothing": None,
            "seeds": [0],
            "precision": "float32",
        },
        prepare={**pretrained, "scale": 2.0},
    )
    _, cluster, prepare = steps_of(found)
    assert parameters_of(cluster, [prepare]) == {
        "estimator": "DEC",
        "arguments.rate": 0.5,
        "epochs": 3,
        "other.rate": 1.0,
    }
    # What is not the same as there stays.
    other = with_parameters(found, prepare={"estimator": "CAE", "arguments": {"rate": 0.1}})
    _, cluster, prepare = steps_of(other)
    assert parameters_of(cluster, [prepare])["pretrained.estimator"] == "SAE"
