"""``clustrace attest``: what it chooses, keeps and says; the repetitions are stood in for."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from tests.results_tree import CODE, Tree
from typer.testing import CliRunner, Result

from clustrace.cli.main import app
from clustrace.errors import ClustraceError
from clustrace.provenance.attestation import Agreement, Attestation, LaterCode
from clustrace.provenance.code_identity import CodeIdentity, code_index
from clustrace.stages.attesting import Attesting, NotAttestedError
from clustrace.stages.older import OlderJob

ROOTS = ("clustrace.config.sentences",)
OLDER = CodeIdentity(digest=CODE, roots=ROOTS, modules={ROOTS[0]: "0" * 64})


class Repetitions:
    """Stands in for repetitions: what comes of each job, by name, and which were asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.ends: dict[str, BaseException | Agreement] = {}

    def attest(self, how: Attesting, older: OlderJob) -> Attestation:
        self.asked.append(older.name)
        end = self.ends.get(older.name, Agreement.EQUAL)
        if isinstance(end, BaseException):
            raise end
        assert older.now is not None
        return Attestation(
            record=older.job.path,
            record_sha256=older.sha256,
            rule=older.record.rule,
            code=older.recorded.digest,
            later=LaterCode(
                digest=older.now.digest,
                object=how.store.keep_json(older.now.model_dump(mode="json")),
                commit=None,
                dirty=False,
                changed={ROOTS[0]: "edited"},
            ),
            outcome=end,
            extent=None,
            determinism="bit-equal",
            same_machine=True,
            environment=CODE,
            date=date(2026, 11, 22),
        )


@pytest.fixture
def repetitions(monkeypatch: pytest.MonkeyPatch) -> Repetitions:
    repetitions = Repetitions()
    monkeypatch.setattr(Attesting, "attest", lambda how, older: repetitions.attest(how, older))
    return repetitions


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tree:
    """Two runs of older code and one of the code of now."""
    (tmp_path / "config").mkdir()
    (tmp_path / "Snakefile").touch()
    (tmp_path / "config/config.yaml").touch()
    monkeypatch.chdir(tmp_path)
    tree = Tree(tmp_path, tmp_path / "results/paper")
    tree.write("data/features", "features")
    for name, code in (("a", OLDER), ("b", OLDER), ("c", code_index().identity(*ROOTS))):
        outputs = {"predictions": f"results/paper/runs/{name}/predictions"}
        given = {"wildcards": {"name": name}, "code": code}
        tree.job("cluster", {"features": "data/features"}, outputs, **given)
    tree.ledger({name: [f"results/paper/runs/{name}"] for name in "abc"})
    return tree


def attest(*options: str) -> Result:
    return CliRunner().invoke(app, ["attest", "--protocol", "paper", *options])


def kept(tree: Tree) -> list[str]:
    return [
        each["record"] for each in json.loads((tree.folder / "evidence/attested.json").read_text())
    ]


def test_jobs_of_older_code_are_repeated_once(tree: Tree, repetitions: Repetitions) -> None:
    first = attest()
    assert first.exit_code == 0, first.output
    assert "2 of 2 jobs of older code are attested" in first.output
    assert repetitions.asked == ["cluster a", "cluster b"]
    second = attest()
    assert second.exit_code == 0 and repetitions.asked == ["cluster a", "cluster b"]
    assert "cluster a" in second.output and "whole job equal" in second.output
    attest("--again")
    assert len(repetitions.asked) == 4


def test_what_was_done_before_a_stop_is_kept(tree: Tree, repetitions: Repetitions) -> None:
    repetitions.ends["cluster b"] = KeyboardInterrupt()
    stopped = attest()
    assert stopped.exit_code == 130 and "goes on from there" in stopped.output
    assert kept(tree) == ["results/paper/provenance/cluster/a.json"]
    repetitions.ends.clear()
    assert attest().exit_code == 0
    assert repetitions.asked == ["cluster a", "cluster b", "cluster b"]
    assert len(kept(tree)) == 2


def test_what_was_said_of_runs_that_were_replaced_goes(
    tree: Tree, repetitions: Repetitions
) -> None:
    attest()
    outputs = {"predictions": "results/paper/runs/a/predictions"}
    tree.job("cluster", {"features": "data/features"}, outputs, wildcards={"name": "a"}, code=OLDER)
    attest()
    assert repetitions.asked == ["cluster a", "cluster b", "cluster a"]
    assert len(kept(tree)) == 2


def test_what_cannot_be_told_is_said_and_tried_again(tree: Tree, repetitions: Repetitions) -> None:
    repetitions.ends = {
        "cluster a": NotAttestedError("data/features is not here"),
        "cluster b": Agreement.DIFFERENT,
    }
    done = attest()
    assert done.exit_code == 1
    assert "cannot say: data/features is not here" in done.output
    assert "whole job different under today's code" in done.output
    assert "0 of 2 jobs" in done.output
    assert kept(tree) == ["results/paper/provenance/cluster/b.json"]
    attest()
    assert repetitions.asked == ["cluster a", "cluster b", "cluster a"]


def test_a_number_or_a_record_chooses_its_jobs(tree: Tree, repetitions: Repetitions) -> None:
    assert attest("--cell", "paper.t.a.c.acc").exit_code == 0
    assert repetitions.asked == ["cluster a"]
    assert attest("--record", "results/paper/provenance/cluster/b.json").exit_code == 0
    assert repetitions.asked == ["cluster a", "cluster b"]
    none = attest("--cell", "paper.t.c.c.acc")
    assert (
        none.exit_code == 0 and "no job that can be repeated was done by older code" in none.output
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--cell", "paper.t.a.c.ac"], r"'paper.t.a.c.ac'.*did you mean 'paper.t.a.c.acc'"),
        (["--record", "nothing.json"], "nothing.json could not be read"),
        (["--protocol", "quick"], "no results of the protocol quick"),
    ],
)
def test_bad_input_is_one_sentence(
    tree: Tree, repetitions: Repetitions, options: list[str], said: str
) -> None:
    done = attest(*options)
    assert isinstance(done.exception, ClustraceError)
    with pytest.raises(ClustraceError, match=said):
        raise done.exception
    assert repetitions.asked == []
