"""What an edit makes Snakemake run again: shown on dry runs of a finished workflow."""

import os
import time

import pytest

from .conftest import DEMONSTRATION

pytestmark = pytest.mark.slow

PACKAGE = "workflow/src/clustrace"
RESULTS = {"ledger", "parquet", "table", "figure", "summary", "all"}


def _planned(project, path, old, new):
    project.edit(f"{PACKAGE}/{path}", old, new)
    return project.planned(**DEMONSTRATION)


def test_an_edit_to_the_loss_of_idec_reruns_idec_and_nothing_else(finished_copy):
    plan = _planned(
        finished_copy,
        "cluster/idec.py",
        "self.clustering_weight * clustering",
        "2 * self.clustering_weight * clustering",
    )
    assert plan["finetune"] == ["dataset=digits, method=idec, block=0"]
    assert plan["evaluate"] == ["dataset=digits, method=idec, block=0"]
    assert set(plan) == {"finetune", "evaluate"} | RESULTS


def test_an_edit_to_the_engine_retrains_all_that_it_trains(finished_copy):
    plan = _planned(
        finished_copy, "train/engine.py", "_REPORT_SECONDS = 1.0", "_REPORT_SECONDS = 2.0"
    )
    assert len(plan["pretrain"]) == 3 and len(plan["finetune"]) == 5
    assert not {"fetch", "prepare"} & set(plan)


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("cluster/idec.py", "class IDEC(", "# A comment.\nclass IDEC("),
        ("cluster/idec.py", '"""Improved deep embedded', '"""Another docstring, improved deep'),
        ("train/engine.py", "import math\n", "import math\n\n\n"),
    ],
    ids=["comment", "docstring", "blank lines"],
)
def test_comments_docstrings_and_layout_rerun_nothing(finished_copy, path, old, new):
    assert _planned(finished_copy, path, old, new) == {}


def test_an_edit_to_a_figure_retrains_nothing(finished_copy):
    plan = _planned(finished_copy, "report/drawing.py", "_DPI = 100", "_DPI = 110")
    assert set(plan) == RESULTS


def test_an_edit_to_the_record_reruns_no_training(finished_copy):
    plan = _planned(
        finished_copy, "provenance/memory.py", "kibibytes = 1024 if", "kibibytes = 1000 if"
    )
    assert not {"fetch", "prepare", "pretrain", "initialise", "finetune", "cluster"} & set(plan)


def test_touched_scripts_rerun_nothing(finished_copy):
    for path in finished_copy.folder.glob("workflow/**/*.py"):
        os.utime(path, (time.time(), time.time()))
    assert finished_copy.planned(**DEMONSTRATION) == {}


def test_a_changed_parameter_reruns_what_depends_on_it(finished_copy):
    finished_copy.edit("config/methods/dec.yaml", "value: 0.01,", "value: 0.02,")
    plan = finished_copy.planned(**DEMONSTRATION)
    assert plan["finetune"] == ["dataset=digits, method=dec, block=0"]
    assert "pretrain" not in plan


def test_a_tampered_table_is_not_what_the_ledger_says(finished_copy):
    """Tables follow the ledger: a deleted table is rendered again without computing anything."""
    (finished_copy.folder / "results/smoke/tables/demonstration/table1.md").unlink()
    assert set(finished_copy.planned(**DEMONSTRATION)) == {"table", "all"}
