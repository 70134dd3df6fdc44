"""Results of runs from what lies on disk."""

import pytest

from clustrace.data.artefact import Outcome, Status
from clustrace.files import write_text
from clustrace.report.scores import paper_results


def results(on_disk, **given):
    plan = on_disk.plan(**given)
    return paper_results(plan, plan.experiment.papers["dcec"])


def members(result):
    return {member.seed: member.run.rpartition("/")[2] for member in result.seeds}


def test_a_restriction_does_not_hide_what_is_there(on_disk):
    for block in "01234":
        on_disk.metrics("usps", "dec", block)
    on_disk.metrics("usps", "kmeans")
    found = results(on_disk, datasets="usps", methods="kmeans", seeds=1)
    assert members(found["dec", "usps"]) == {seed: str(seed) for seed in range(5)}
    assert found["dec", "usps"].reason == ""
    assert found["dec", "mnist-full"].reason == "not run in this configuration"
    assert found["kmeans", "usps"].reason == "seeds 1, 2, 3, 4: not run in this configuration"


def test_seeds_that_are_to_be_computed_are_missing_and_further_ones_are_shown(on_disk):
    on_disk.metrics("usps", "dec", "0")
    on_disk.metrics("usps", "dec", "4")
    found = results(on_disk, seeds=2)["dec", "usps"]
    assert members(found) == {0: "0", 4: "4"}
    assert found.reason == ("seed 1: not computed yet; seeds 2, 3: not run in this configuration")
    assert results(on_disk, seeds=4)["dec", "usps"].reason == "seeds 1, 2, 3: not computed yet"
    assert results(on_disk, seeds=4)["idec", "usps"].reason == (
        "seeds 0, 1, 2, 3: not computed yet; seed 4: not run in this configuration"
    )


def test_a_seed_counts_once_and_from_this_configuration(on_disk):
    on_disk.metrics("usps", "dec", "0-2", acc=0.1)
    on_disk.metrics("usps", "dec", "1", acc=0.9)
    found = results(on_disk, seeds=2)["dec", "usps"]
    assert members(found) == {1: "1", 0: "0-2", 2: "0-2"}
    assert {m.seed: m.scores["acc"] for m in found.seeds} == {1: 0.9, 0: 0.1, 2: 0.1}
    # Seed 0 is not missing, another run has it.
    assert found.reason == "seeds 3, 4: not run in this configuration"


def test_a_failed_seed_says_why_unless_another_run_has_it(on_disk):
    failure = Outcome(Status.DIVERGED, "the loss is no longer finite", "finetune").to_dict()
    on_disk.metrics("usps", "dec", "0-1", failures={"1": failure})
    given = {"methods": "kmeans"}
    found = results(on_disk, **given)["dec", "usps"]
    assert members(found) == {0: "0-1"}
    assert found.reason == (
        "seed 1: diverged: the loss is no longer finite; "
        "seeds 2, 3, 4: not run in this configuration"
    )
    on_disk.metrics("usps", "dec", "1")
    found = results(on_disk, **given)["dec", "usps"]
    assert members(found) == {0: "0-1", 1: "1"}
    assert found.reason == "seeds 2, 3, 4: not run in this configuration"


def test_seeds_that_fail_for_different_reasons_are_all_named(on_disk):
    failure = Outcome(Status.DIVERGED, "the loss is no longer finite", "finetune").to_dict()
    on_disk.metrics("usps", "dec", "0", failures={"0": failure})
    found = results(on_disk, seeds=2)["dec", "usps"]
    assert found.seeds == ()
    assert found.reason == (
        "seed 0: diverged: the loss is no longer finite; seed 1: not computed yet; "
        "seeds 2, 3, 4: not run in this configuration"
    )


@pytest.mark.parametrize("capped", [True, False])
def test_capped_trainings_are_marked(on_disk, capped):
    on_disk.metrics("usps", "dec", iterations=20000, capped=capped)
    member = results(on_disk, seeds=1)["dec", "usps"].seeds[0]
    assert (member.scores["iterations"], member.capped) == (20000, capped)


def test_unreadable_metrics_are_named(on_disk):
    path = on_disk.metrics("usps", "dec")
    path.write_text("{")
    found = results(on_disk, seeds=1)["dec", "usps"]
    assert found.seeds == ()
    assert f"{path} cannot be read" in found.reason


def test_a_failed_job_says_why(on_disk):
    write_text("results/paper/logs/finetune/usps/dec/0.log", "Error: No space left.\n")
    found = results(on_disk, seeds=1)["dec", "usps"]
    assert found.reason == (
        "seed 0: the job failed: No space left (see results/paper/logs/finetune/usps/dec/0.log); "
        "seeds 1, 2, 3, 4: not run in this configuration"
    )
