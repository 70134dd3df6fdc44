"""Times of files in the order of the jobs that made them."""

import os

import pytest
from tests.results_tree import Tree

from clustrace.provenance.disk import DiskHashes
from clustrace.provenance.ordering import modification_times, set_times
from clustrace.provenance.standing import standing_jobs

NOW = 2_000_000_000.0
FEATURES, MODEL, SCORES = "data/features", "results/paper/model", "results/paper/scores"
OTHER = "results/paper/other"


@pytest.fixture
def chain(tmp_path):
    """Features → model → scores, and another result of the features."""
    tree = Tree(tmp_path, tmp_path / "results/paper")
    tree.write(FEATURES, "features")
    tree.job("train", {"features": FEATURES}, {"model": MODEL})
    tree.job("score", {"model": MODEL, "features": FEATURES}, {"scores": SCORES})
    tree.job("cluster", {"features": FEATURES}, {"other": OTHER})
    return tree


def order(tree):
    disk = DiskHashes(tree.root)
    jobs = standing_jobs([tree.folder / "provenance"], tree.root).jobs
    return modification_times(jobs, disk, NOW), disk


def test_no_input_is_newer_than_what_was_made_from_it(chain):
    times, disk = order(chain)
    assert times[FEATURES] < times[MODEL] < times[SCORES] < NOW
    assert times[FEATURES] < times[OTHER]
    assert times["results/paper/provenance/score/one.json"] == times[SCORES]
    set_times(times, disk)
    assert {path: os.stat(chain.root / path).st_mtime for path in times} == times


def test_results_of_another_input_are_older_than_all_else(chain):
    chain.write(FEATURES, "other features")
    os.utime(chain.root / FEATURES, (1_000_000_000, 1_000_000_000))
    times, _ = order(chain)
    assert FEATURES not in times, "its time is its own"
    assert times[MODEL] == times[OTHER] < 1_000_000_000
    # Scores were made from features and model, of which one is another now.
    assert times[SCORES] == times[MODEL]


def test_only_jobs_of_the_other_input_are_out_of_date(chain):
    chain.write(MODEL, "other weights")
    os.utime(chain.root / MODEL, (1_000_000_000, 1_000_000_000))
    times, _ = order(chain)
    assert MODEL not in times
    assert times[SCORES] < times[FEATURES] < times[OTHER] < 1_000_000_000


def test_absent_files_get_no_time_and_stop_nothing(chain):
    (chain.root / MODEL).unlink()
    times, disk = order(chain)
    assert MODEL not in times
    assert times[FEATURES] < times["results/paper/provenance/train/one.json"] < times[SCORES]
    set_times(times, disk)


def test_a_record_that_names_its_own_result_as_input_has_an_order(chain):
    chain.job("loop", {"model": MODEL}, {"model": MODEL}, content="again")
    times, _ = order(chain)
    assert set(times) >= {MODEL, OTHER}
