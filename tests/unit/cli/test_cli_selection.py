"""Which results publish and restore are about, and when restore waits."""

from pathlib import Path

import pytest
from tests.results_tree import Tree

from clustrace.cli.restore import restore
from clustrace.cli.selection import select
from clustrace.errors import ClustraceError, ConfigError, StorageError

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A repository with the project's configuration and the weights of some methods."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config").symlink_to(ROOT / "config")
    (tmp_path / "Snakefile").touch()
    for protocol in ("smoke", "paper", "paper-cpu"):
        tree = Tree(tmp_path, tmp_path / f"results/{protocol}")
        for dataset, method in (("usps", "kmeans"), ("usps", "sae"), ("fashion", "kmeans")):
            model = f"results/{protocol}/models/{dataset}/{method}/0/model.safetensors"
            about = {"dataset": dataset, "method": method}
            tree.job("cluster", {}, {"model": model}, wildcards=about)
    return tmp_path


def families(root, *config):
    return [family.path for family in select(root, list(config)).families]


def test_without_a_protocol_the_committed_results_are_meant(root):
    assert select(root, None).protocols == ("paper", "paper-cpu")
    assert families(root)[0] == "results/paper-cpu/models/fashion/kmeans"
    assert len(families(root)) == 6


def test_settings_restrict_the_families_and_take_along_what_methods_start_from(root):
    chosen = families(root, "protocol=smoke", "papers=dcec", "methods=sae-kmeans")
    assert chosen == ["results/smoke/models/usps/sae"]
    chosen = families(root, "protocol=smoke", "datasets=usps")
    assert chosen == [f"results/smoke/models/usps/{method}" for method in ("kmeans", "sae")]


def test_neighbours_go_with_what_works_on_them(root):
    tree = Tree(root, root / "results/smoke")
    graph = "data/neighbours/usps/300/neighbours-cosine"
    tree.job("neighbours", {}, {"neighbours": f"{graph}.safetensors"})
    model = "results/smoke/models/usps/gnmf/0/model.safetensors"
    about = {"dataset": "usps", "method": "gnmf"}
    tree.job("partition", {}, {"model": model}, wildcards=about)
    chosen = families(root, "protocol=smoke", "papers=emaec", "datasets=usps", "methods=gnmf")
    assert chosen == ["data/neighbours/usps/300", "results/smoke/models/usps/gnmf"]
    chosen = families(root, "protocol=smoke", "papers=emaec", "datasets=usps", "methods=lsc")
    assert chosen == []


def test_all_jobs_stand_whatever_is_restricted(root):
    chosen = select(root, ["protocol=smoke", "methods=kmeans"])
    assert len(chosen.standing.jobs) == 3


def test_results_that_are_not_there_are_a_sentence(root):
    with pytest.raises(StorageError, match="no results of the protocol quick here; compute some"):
        select(root, ["protocol=quick"])
    with pytest.raises(ConfigError, match="smok"):
        select(root, ["protocol=smok"])


def test_nothing_is_restored_under_a_run(root):
    (root / ".snakemake/locks").mkdir(parents=True)
    (root / ".snakemake/locks/0.input.lock").touch()
    with pytest.raises(ClustraceError, match=r"has left this folder locked.*--unlock"):
        restore(["protocol=smoke"])
