"""Files that a ledger shows beyond those that a configuration makes."""

from clustrace.files import sha256_file
from clustrace.report.disk import other_files


def others(on_disk, **given):
    plan = on_disk.plan(**given)
    return other_files(plan, plan.experiment.papers["dcec"])


def test_an_unrestricted_run_shows_nothing_else(on_disk):
    on_disk.metrics("usps", "dec")
    on_disk.history("usps", "dec")
    on_disk.embedding("mnist-full", "dcec")
    assert others(on_disk) == {}


def test_results_outside_a_restriction_are_named_with_their_hashes(on_disk):
    paths = [
        on_disk.metrics("usps", "dec", "3"),
        on_disk.history("usps", "sae", "3"),
        on_disk.embedding("mnist-full", "dcec"),
    ]
    on_disk.metrics("usps", "kmeans")
    found = others(on_disk, datasets="usps", methods="kmeans")
    assert found == {path.as_posix(): sha256_file(path) for path in paths}


def test_further_seeds_are_shown_and_those_under_way_are_not(on_disk):
    on_disk.metrics("usps", "dec", "1")
    later = on_disk.metrics("usps", "dec", "3")
    on_disk.history("usps", "dec", "1")
    assert list(others(on_disk, seeds=2)) == [later.as_posix()]


def test_an_embedding_of_a_data_set_that_is_run_but_not_drawn_is_shown(on_disk):
    path = on_disk.embedding("mnist-test", "dcec")
    assert list(others(on_disk)) == [path.as_posix()]


def test_results_of_methods_outside_the_paper_are_passed_over(on_disk):
    on_disk.metrics("digits", "dec")
    on_disk.metrics("usps", "dec", "0").parent.rename("results/paper/runs/usps/dec/backup")
    assert others(on_disk, methods="kmeans") == {}
