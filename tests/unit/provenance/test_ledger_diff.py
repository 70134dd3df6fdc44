"""Numbers that changed between two results, and the causes that changed with them."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.results_tree import Tree, ledger_row

from clustrace.errors import StorageError
from clustrace.provenance.code_identity import CodeIdentity
from clustrace.provenance.diff_sides import pairs_of, selection
from clustrace.provenance.job_diff import Cause
from clustrace.provenance.ledger import write_ledger
from clustrace.provenance.ledger_diff import LedgerDiff, NumberChange, diff_of

DEC = "paper.t.dec.c.acc"


def code(**modules: str) -> CodeIdentity:
    hashes = {name: digest * 64 for name, digest in modules.items()}
    return CodeIdentity(digest=next(iter(hashes.values())), roots=tuple(hashes), modules=hashes)


def make(
    root: Path,
    *,
    value: float = 0.5,
    seeds: tuple[int, ...] = (0,),
    features: str = "features",
    labels: str = "labels",
    loss: str = "a",
    rate: float = 0.1,
    published: float | None = None,
    threads: int = 1,
) -> Tree:
    """Results of one number, made by two jobs and the one that writes the ledger."""
    tree = Tree(root, root / "results/paper")
    tree.write("data/features", features)
    block = "-".join(str(seed) for seed in sorted({seeds[0], seeds[-1]}))
    run = f"results/paper/runs/dec/{block}"
    tree.job(
        "cluster",
        {"features": "data/features"},
        {"labels": f"{run}/labels"},
        wildcards={"method": "dec", "block": block},
        content=labels,
        code=code(**{"loss": loss, "files": "c"}),
        parameters={"arguments": {"rate": rate}, "seeds": list(seeds)},
        seeds=seeds,
        threads=threads,
    )
    tree.job(
        "evaluate",
        {"labels": f"{run}/labels"},
        {"metrics": f"{run}/metrics.json"},
        wildcards={"method": "dec", "block": block},
        content=str(value),
    )
    row = ledger_row(
        "paper",
        "dec",
        run,
        value=value,
        printed=f"{100 * value:.2f}",
        seeds=" ".join(map(str, seeds)),
        published=published,
    )
    tree.job(
        "ledger",
        {"metrics": [f"{run}/metrics.json"]},
        {"ledger": "results/paper/ledger/paper.csv"},
        parameters={"published": [{"value": published}]},
        work=lambda: write_ledger(tree.folder / "ledger/paper.csv", [row]),
    )
    return tree


@pytest.fixture
def compare(tmp_path: Path) -> Callable[..., LedgerDiff]:
    def run(a: str | Path, b: str | Path, root: Path = tmp_path) -> LedgerDiff:
        with contextlib.ExitStack() as stack:
            one, other = (selection(str(side), root, stack) for side in (a, b))
            return diff_of(pairs_of(one, other), str(a), str(b))

    return run


def changed(diff: LedgerDiff) -> NumberChange:
    (change,) = diff.changes
    return change


def causes(diff: LedgerDiff) -> set[tuple[str, str, str, str, str]]:
    return {(c.kind, c.job, c.name, c.before, c.after) for c in changed(diff).causes}


Compare = Callable[..., LedgerDiff]


def test_equal_results_have_no_change(tmp_path: Path, compare: Compare) -> None:
    a, b = make(tmp_path / "a"), make(tmp_path / "b")
    found = compare(a.folder, b.folder)
    assert (found.changes, found.unchanged) == ((), 1)


@pytest.mark.parametrize(
    ("given", "cause"),
    [
        ({"loss": "b"}, ("code", "cluster dec/0", "loss", "a" * 12, "b" * 12)),
        ({"rate": 0.2}, ("parameter", "cluster dec/0", "arguments.rate", "0.1", "0.2")),
        ({"threads": 2}, ("environment", "cluster dec/0", "threads", "1", "2")),
    ],
)
def test_the_cause_that_changed_is_named(
    tmp_path: Path, compare: Compare, given: dict[str, object], cause: tuple[str, ...]
) -> None:
    a = make(tmp_path / "a")
    b = make(tmp_path / "b", value=0.6, labels="others", **given)  # type: ignore[arg-type]
    found = compare(a.folder, b.folder)
    assert causes(found) == {cause}
    fields = {field.name: (field.before, field.after) for field in changed(found).fields}
    assert fields == {"printed": ("50.00", "60.00"), "value": ("0.5", "0.6")}


def test_other_data_are_a_cause_and_files_that_jobs_made_are_none(
    tmp_path: Path, compare: Compare
) -> None:
    a = make(tmp_path / "a")
    b = make(tmp_path / "b", value=0.6, labels="others", features="others")
    ((kind, job, name, before, after),) = causes(compare(a.folder, b.folder))
    assert (kind, job, name) == ("data", "cluster dec/0", "data/features")
    assert len({before, after}) == 2


def test_more_seeds_are_a_cause_and_their_block_is_the_same_job(
    tmp_path: Path, compare: Compare
) -> None:
    a = make(tmp_path / "a")
    b = make(tmp_path / "b", value=0.6, labels="others", seeds=(0, 1, 2))
    found = compare(a.folder, b.folder)
    assert ("seeds", "cluster dec/0", "", "0", "0 1 2") in causes(found)
    assert {cause[0] for cause in causes(found)} == {"seeds"}


def test_other_results_from_the_same_causes_are_unexplained(
    tmp_path: Path, compare: Compare
) -> None:
    a, b = make(tmp_path / "a"), make(tmp_path / "b", value=0.6, labels="others")
    ((kind, job, *_),) = causes(compare(a.folder, b.folder))
    assert (kind, job) == ("unexplained", "cluster dec/0")


def test_a_job_that_wrote_the_same_is_no_cause(tmp_path: Path, compare: Compare) -> None:
    a = make(tmp_path / "a")
    b = make(tmp_path / "b", loss="b", published=55.0)
    found = compare(a.folder, b.folder)
    assert {field.name for field in changed(found).fields} == {"published"}
    assert causes(found) == {("parameter", "ledger one", "published.0.value", "", "55.0")}


def test_a_job_of_one_side_alone_is_a_cause(tmp_path: Path, compare: Compare) -> None:
    a, b = make(tmp_path / "a"), make(tmp_path / "b", value=0.6, labels="others", rate=0.2)
    b.job("prepare", {}, {"features": "data/features"}, work=lambda: None)
    assert ("jobs", "prepare one", "", "", "results/paper/provenance/prepare/one.json") in causes(
        compare(a.folder, b.folder)
    )


def test_a_number_that_had_no_runs(tmp_path: Path, compare: Compare) -> None:
    a, b = make(tmp_path / "a"), make(tmp_path / "b")
    empty = ledger_row("paper", "dec", "", value=None, printed="", reason="not run")
    write_ledger(a.folder / "ledger/paper.csv", [empty])
    ((kind, _, name, before, after),) = causes(compare(a.folder, b.folder))
    assert (kind, name, before, after) == ("jobs", "runs", "", "results/paper/runs/dec/0")


def test_numbers_of_one_side_alone(tmp_path: Path, compare: Compare) -> None:
    a, b = make(tmp_path / "a"), make(tmp_path / "b")
    write_ledger(b.folder / "ledger/more.csv", [ledger_row("more", "dec", "")])
    assert changed(compare(a.folder, b.folder)).change == "added"
    assert changed(compare(b.folder, a.folder)).change == "removed"


def test_ledgers_without_records_are_compared_without_causes(
    tmp_path: Path, compare: Compare
) -> None:
    a, b = make(tmp_path / "a"), make(tmp_path / "b", value=0.6)
    shutil.copy(a.folder / "ledger/paper.csv", tmp_path / "old.csv")
    found = compare(tmp_path / "old.csv", b.folder / "ledger/paper.csv")
    assert changed(found).causes == ()


def test_a_ledger_of_another_version_is_compared_in_the_columns_of_both(
    tmp_path: Path, compare: Compare
) -> None:
    a, b = make(tmp_path / "a"), make(tmp_path / "b")
    path = a.folder / "ledger/paper.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0].replace("printed", "text", 1), *lines[1:]]) + "\n")
    assert compare(a.folder, b.folder).changes == ()


def test_a_record_that_cannot_be_read_is_told(tmp_path: Path, compare: Compare) -> None:
    a, b = make(tmp_path / "a"), make(tmp_path / "b", value=0.6)
    (b.folder / "provenance/cluster/dec/0.json").write_text("{")
    (told,) = compare(a.folder, b.folder).unreadable
    assert "provenance/cluster/dec/0.json" in told


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "address,runs\n"])
def test_what_is_no_ledger_is_refused(tmp_path: Path, compare: Compare, text: str) -> None:
    tree = make(tmp_path / "a")
    (tmp_path / "other.csv").write_text(text)
    with pytest.raises(StorageError, match=r"other\.csv"):
        compare(tmp_path / "other.csv", tree.folder)


def test_json_form_is_read_back_as_it_was(tmp_path: Path, compare: Compare) -> None:
    found = compare(make(tmp_path / "a").folder, make(tmp_path / "b", value=0.6).folder)
    text = found.model_dump_json(by_alias=True)
    assert json.loads(text)["schema"] == 1
    assert LedgerDiff.model_validate_json(text) == found
    assert isinstance(found.changes[0].causes[0], Cause)
