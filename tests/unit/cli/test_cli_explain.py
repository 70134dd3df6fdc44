"""Tests of clustrace explain and of what it prints."""

from __future__ import annotations

import json
import subprocess
import sys

import jsonschema
import pytest
from rich.console import Console
from tests.results_tree import Tree, ledger_row
from typer.testing import CliRunner, Result

from clustrace.cli import explain_facts
from clustrace.cli.explain_view import screen
from clustrace.cli.main import app
from clustrace.errors import ClustraceError
from clustrace.provenance.explain import explain
from clustrace.provenance.explanation import Explanation
from clustrace.provenance.hash_cache import HashCache
from clustrace.provenance.ledger import write_ledger
from clustrace.provenance.numbers import Ledgers
from clustrace.provenance.steps import steps_of

DEC = "paper.t.dec.c.acc"


@pytest.fixture
def here(seeded: Tree, monkeypatch: pytest.MonkeyPatch) -> Tree:
    """The tree of two seeds as the current folder; it has no configuration."""
    monkeypatch.chdir(seeded.root)
    return seeded


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["explain", *arguments])


def explanation_of(tree: Tree) -> Explanation:
    return explain(Ledgers.below(tree.root).find(DEC), tree.root, HashCache(None))


def shown(explanation: Explanation, width: int) -> list[str]:
    console = Console(width=width, highlight=False)
    with console.capture() as captured:
        console.print(screen(explanation, "paper", [], width))
    return captured.get().splitlines()


def test_screen_leads_from_the_number_to_its_data(here: Tree) -> None:
    output = call(DEC).output
    assert "50.00" in output and "from 0.5" in output
    lines = [line.split() for line in output.splitlines()]
    assert ["acc", "0.2500", "0.7500"] in lines
    steps = [line[0] for line in lines if line[1:2] in (["dec"], ["one"])]
    assert steps[:3] == ["evaluate", "cluster", "prepare"]
    assert "all files and jobs behind it are as recorded" in output
    assert f"clustrace audit --protocol paper --cell {DEC} --level predictions" in output


def test_every_node_has_its_hash_and_status(here: Tree) -> None:
    found = explanation_of(here)
    output = call(DEC).output
    for job in found.jobs:
        assert f"{job.record_sha256[:8]} ok" in output
        for file in job.outputs:
            assert f"{file.sha256[:8]} ok" in output


def test_what_is_not_in_order_is_said_in_words(here: Tree) -> None:
    here.write("results/paper/models/0", "tampered")
    (here.root / "results/paper/features").unlink()
    output = call(DEC).output
    before = explanation_of(here)
    model = next(job for job in before.jobs if job.rule == "cluster").outputs[0]
    assert f"{model.sha256[:8]} changed" in output
    assert "Not as recorded: results/paper/models/0." in output
    assert "Missing: results/paper/features." in output
    assert "are as recorded" not in output


def test_piped_output_is_plain_and_has_no_blank_ends(here: Tree) -> None:
    code = f"import sys; sys.argv = ['clustrace', 'explain', {DEC!r}]\n"
    code += "from clustrace.cli.main import main; main()"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "\x1b" not in found.stdout
    assert not [line for line in found.stdout.splitlines() if line != line.rstrip()]


def test_explain_imports_nothing_heavy(here: Tree) -> None:
    code = (
        f"import sys; sys.argv = ['clustrace', 'explain', {DEC!r}]\n"
        "from clustrace.cli.main import app\n"
        "app(standalone_mode=False)\n"
        "heavy = {'torch', 'scipy', 'sklearn', 'matplotlib', 'pandas', 'snakemake', 'numpy'}\n"
        "heavy |= {'grimp', 'psutil', 'threadpoolctl', 'requests'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.splitlines()[-1] == "[]"


def test_more_runs_than_fit_side_by_side_are_counted(here: Tree) -> None:
    found = explanation_of(here)
    narrow = "\n".join(shown(found, 60))
    assert "2 runs" in narrow and "2 ok" in narrow and "0.2500  0.7500" in narrow
    wide = "\n".join(shown(found, 100))
    assert "seed 0" in wide and "seed 1" in wide


def test_json_follows_its_schema(here: Tree) -> None:
    content = json.loads(call(DEC, "--format", "json").output)
    assert (content["schema"], content["address"]) == (1, DEC)
    schema = json.loads(call("--schema").output)
    jsonschema.validate(content, schema)
    assert schema["$defs"]["JobNode"]["properties"]["commit"]["description"]


@pytest.mark.parametrize(("form", "first"), [("mermaid", "flowchart"), ("dot", "digraph")])
def test_graphs(here: Tree, form: str, first: str) -> None:
    assert call(DEC, "--format", form).output.startswith(first)


def test_prefix_lists_numbers(here: Tree) -> None:
    rows = [ledger_row("paper", row, "") for row in ("dec", "dec-conv")]
    write_ledger(here.folder / "ledger/paper.csv", rows)
    assert "paper.t.dec-conv.c.acc" in call("paper.t").output
    listed = call("paper.t.dec.").output
    assert DEC in listed and "dec-conv" not in listed


def test_long_reasons_leave_room_for_the_numbers(here: Tree) -> None:
    missing = {"value": None, "printed": "", "reason": "not run " * 40}
    rows = [ledger_row("paper", "dec", ""), ledger_row("paper", "x" * 60, "", **missing)]
    write_ledger(here.folder / "ledger/paper.csv", rows)
    dec, other = call("paper.t").output.splitlines()[1:]
    assert dec.split() == [DEC, "50.00"]
    assert other.endswith("…") and len(other) <= 120


def test_runs_of_the_same_seeds_are_named_by_their_folders(here: Tree) -> None:
    found = explanation_of(here)
    first, second = found.runs
    twice = found.model_copy(
        update={"runs": (first, second.model_copy(update={"values": first.values}))}
    )
    head = next(line for line in shown(twice, 100) if line.startswith("From the number"))
    assert head.split()[-3:] == ["dec/0", "dec/1", "time"]


def test_unknown_address_offers_the_nearest(here: Tree) -> None:
    error = call("paper.t.dek.c.acc").exception
    assert isinstance(error, ClustraceError)
    assert DEC in str(error)


def test_no_address(here: Tree) -> None:
    assert isinstance(call().exception, ClustraceError)


def test_facts_that_differ_name_their_rules(here: Tree) -> None:
    found = explanation_of(here)
    jobs = [
        job.model_copy(update={"precision": "float32"}) if job.rule == "cluster" else job
        for job in found.jobs
    ]
    edited = found.model_copy(update={"jobs": tuple(jobs)})
    facts = dict(explain_facts.facts(edited, steps_of(edited)))
    assert "float64 (prepare evaluate), float32 (cluster)" in facts["machine"]
    assert facts["cluster dec"] == "epochs 3"
    assert facts["code"].startswith("no modules recorded")
