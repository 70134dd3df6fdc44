"""Results of commits, read without checking them out."""

from __future__ import annotations

import contextlib
import subprocess
from pathlib import Path

import pytest
from tests.results_tree import Tree, finish, ledger_row

from clustrace.errors import ConfigError
from clustrace.provenance.committed import commit_of, committed_results
from clustrace.provenance.diff_sides import pairs_of, selection
from clustrace.provenance.ledger import write_ledger
from clustrace.provenance.ledger_diff import LedgerDiff, diff_of


def git(root: Path, *arguments: str) -> None:
    name = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    subprocess.run(["git", "-C", str(root), *name, *arguments], check=True, capture_output=True)


@pytest.fixture
def repository(tree: Tree) -> Tree:
    """Two commits: results, then the same ledger with another printed text."""
    finish(tree)
    git(tree.root, "init", "-q", "-b", "main")
    git(tree.root, "add", "results")
    git(tree.root, "commit", "-qm", "results")
    path = tree.folder / "ledger/paper.csv"
    path.write_text(path.read_text().replace("50.00", "51.00", 1))
    git(tree.root, "commit", "-qam", "edited")
    return tree


def compare(root: Path, a: str, b: str) -> LedgerDiff:
    with contextlib.ExitStack() as stack:
        one, other = (selection(side, root, stack) for side in (a, b))
        return diff_of(pairs_of(one, other), a, b)


def test_a_commit_gives_its_ledgers_and_records_alone(repository: Tree) -> None:
    commit = commit_of("HEAD", repository.root)
    assert commit is not None and len(commit) == 40
    with committed_results(commit, repository.root) as folder:
        found = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
        ledger = "results/paper/ledger/paper.csv"
        assert (folder / ledger).read_bytes() == (repository.root / ledger).read_bytes()
        assert "results/paper/provenance/cluster/dec.json" in found
        assert not [path for path in found if "/runs/" in path or "/models/" in path]
    assert not folder.exists()


def test_a_folder_that_is_not_the_top_of_its_checkout(tmp_path: Path) -> None:
    tree = finish(Tree(tmp_path / "inside", tmp_path / "inside/results/paper"))
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "results")
    commit = commit_of("main", tree.root)
    assert commit is not None
    with committed_results(commit, tree.root) as folder:
        assert (folder / "results/paper/ledger/paper.csv").is_file()


def test_commits_and_files_on_disk_compare_in_any_pair(repository: Tree) -> None:
    ledger = str(repository.folder / "ledger/paper.csv")
    sides = ["HEAD", str(repository.root), str(repository.folder), ledger]
    for new in sides:
        (change,) = compare(repository.root, "HEAD~1", new).changes
        assert [(f.name, f.before, f.after) for f in change.fields] == [
            ("printed", "50.00", "51.00")
        ]
        assert compare(repository.root, new, "HEAD").changes == ()


def test_a_ledger_is_compared_with_the_same_ledger_of_a_commit(repository: Tree) -> None:
    write_ledger(repository.folder / "ledger/more.csv", [ledger_row("more", "dec", "")])
    ledger = str(repository.folder / "ledger/paper.csv")
    assert compare(repository.root, "HEAD", ledger).changes == ()
    (added,) = compare(repository.root, "HEAD", str(repository.folder)).changes
    assert (added.change, added.address) == ("added", "more.t.dec.c.acc")


def test_unknown_references_are_refused(repository: Tree) -> None:
    for text in ("nothing", "--all", "HEAD~9", ""):
        assert commit_of(text, repository.root) is None
    with pytest.raises(ConfigError, match="nothing is neither"):
        compare(repository.root, "nothing", "HEAD")


def test_a_commit_without_results_is_refused(repository: Tree) -> None:
    git(repository.root, "rm", "-rq", "--cached", "results")
    git(repository.root, "commit", "-qm", "without", "--allow-empty")
    with pytest.raises(ConfigError, match="has no ledger under results/"):
        compare(repository.root, "HEAD", "HEAD~1")


def test_a_protocol_that_the_other_side_lacks_is_refused(repository: Tree) -> None:
    other = repository.root / "results/quick/ledger/paper.csv"
    write_ledger(other, [ledger_row("paper", "dec", "")])
    with pytest.raises(ConfigError, match="no ledger of 'quick' to compare with, only of paper"):
        compare(repository.root, "HEAD", str(other.parent.parent))


def test_outside_git_there_are_no_commits(tmp_path: Path) -> None:
    assert commit_of("HEAD", tmp_path) is None
