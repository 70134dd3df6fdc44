"""The whole workflow, run for real in a temporary copy."""

import csv
import json
import os
from collections import Counter

import pytest

from clustrace.config.experiment import load_experiment
from clustrace.config.plan import Plan
from clustrace.estimate.jobs import PlannedJobs
from clustrace.provenance.records import iter_records

from .conftest import DEMONSTRATION

pytestmark = pytest.mark.slow


def _ledger(project, protocol, paper):
    with (project.folder / f"results/{protocol}/ledger/{paper}.csv").open(newline="") as handle:
        return list(csv.DictReader(handle))


def test_demonstration_fills_every_cell_of_implemented_methods(finished):
    cells = [r for r in _ledger(finished, "smoke", "demonstration") if r["kind"] == "cell"]
    assert len(cells) == 2 * 9
    assert all(0 <= float(cell["value"]) <= 1 for cell in cells)
    assert not any(cell["verdict"] for cell in cells), "smoke passes no verdicts"
    for form in ("csv", "md", "tex", "html"):
        text = (finished.folder / f"results/smoke/tables/demonstration/table1.{form}").read_text()
        assert "k-means" in text and "DEC" in text
        text = (finished.folder / f"results/smoke/tables/demonstration/claims.{form}").read_text()
        assert "fewer iterations" in text
        # The stylesheet of the HTML names all verdicts.
        assert "holds" not in text.partition("</head>")[2 if form == "html" else 0]


def test_second_run_has_nothing_to_do(finished):
    assert finished.planned(**DEMONSTRATION) == {}


def test_the_scheduler_looks_for_jobs_only_when_one_has_ended(finished):
    looks = finished.output.count("Ready jobs")
    assert 0 < looks <= finished.output.count("Finished jobid")


def test_what_jobs_ask_a_scheduler_for_makes_nothing_anew(finished):
    others = ("pretrain:mem_mb=99999", "finetune:runtime=999", "evaluate:mem_mb=4000")
    output = finished.run("-n", "--set-resources", *others, **DEMONSTRATION)
    assert "Nothing to be done" in output


def test_the_jobs_that_are_estimated_are_those_of_the_workflow(project):
    plan = Plan(load_experiment(project.folder, {"protocol": "smoke", "papers": "dcec"}))
    estimated = Counter(job.rule for job in PlannedJobs(plan).all)
    planned = project.planned(protocol="smoke", papers="dcec")
    counts = {rule: len(jobs) or 1 for rule, jobs in planned.items() if rule != "all"}
    assert estimated == counts


def test_every_job_left_a_record_and_labels_entered_evaluation_only(finished):
    folders = (finished.folder / "results/smoke/provenance", finished.folder / "data/provenance")
    stored = [found for folder in folders for found in iter_records(folder)]
    records = [found.record for found in stored]
    rules = {record.rule for record in records}
    assert rules == {
        "fetch", "prepare", "pretrain", "initialise", "finetune", "cluster", "evaluate", "embed",
        "truth", "ledger", "parquet", "table", "figure", "summary",
    }  # fmt: skip
    for record in records:
        assert all(len(f.sha256) == 64 for files in record.outputs.values() for f in files)
        read = [file.path for files in record.inputs.values() for file in files]
        reads_labels = any("labels" in path or path.startswith("data/raw") for path in read)
        assert reads_labels == (record.rule in {"truth", "prepare"}), record.rule
        assert any("/truth/" in path for path in read) == (record.rule == "evaluate")


def test_lineage_of_records_is_closed(finished):
    """Every input of every record is an output of another, with the same hash."""
    made, used = {}, {}
    for path in finished.folder.glob("**/*.json"):
        content = json.loads(path.read_text())
        if "rule" not in content or "outputs" not in content:
            continue
        for group, target in (("outputs", made), ("inputs", used)):
            for files in content[group].values():
                target.update({file["path"]: file["sha256"] for file in files})
    used = {path: h for path, h in used.items() if not path.startswith("workflow/")}
    assert used
    assert {path: made.get(path) for path in used} == used


def test_same_configuration_gives_the_same_bytes(finished, project):
    project.run(**DEMONSTRATION, methods="dec,kmeans")
    for path in (
        "models/digits/sae/0/model.safetensors",
        "models/digits/dec/0/model.safetensors",
        "runs/digits/dec/0/predictions.safetensors.gz",
        "runs/digits/dec/0/history.csv",
        "runs/digits/kmeans/0/predictions.safetensors.gz",
    ):
        file = f"results/smoke/{path}"
        first, second = ((p.folder / file).read_bytes() for p in (finished, project))
        assert first == second, path
    rest = {r["reason"] for r in _ledger(project, "smoke", "demonstration") if r["row"] == "idec"}
    assert rest == {"not run in this configuration"}


def test_dcec_table_on_real_data(project):
    """All cells of the paper's table have a number or say why not."""
    # As of whoever calls .venv/bin/snakemake: the environment is not on the path.
    bare = {"PATH": "/usr/bin:/bin"}
    methods = "kmeans,sae-kmeans,dec,idec"
    project.run(environment=bare, protocol="smoke", papers="dcec", methods=methods)
    cells = [r for r in _ledger(project, "smoke", "dcec") if r["kind"] == "cell"]
    assert len(cells) == 9 * 3 * 2
    assert sum(bool(cell["published"]) for cell in cells) == 54 - 5
    for cell in cells:
        implemented = cell["row"] in {"kmeans", "sae-kmeans", "dec", "idec"}
        unreachable = cell["reason"].startswith("unreachable")
        assert bool(cell["value"]) == (implemented and not unreachable), cell["address"]
        assert cell["value"] or cell["reason"]
    if os.environ.get("CLUSTRACE_MIRROR"):
        assert not any(cell["reason"].startswith("unreachable") for cell in cells)


def test_restriction_and_seeds_shape_the_plan(project):
    plan = project.planned(protocol="paper", papers="dcec", datasets="usps", methods="dec", seeds=3)
    assert sorted(plan["pretrain"]) == [
        f"dataset=usps, method=sae, block={seed}" for seed in (0, 1, 2)
    ]
    assert {rule: len(jobs) for rule, jobs in plan.items()} == {
        "fetch": 1, "prepare": 1, "pretrain": 3, "initialise": 3, "finetune": 3, "evaluate": 3,
        "truth": 1, "ledger": 1, "parquet": 1, "table": 2, "figure": 2, "summary": 0, "all": 0,
    }  # fmt: skip


def test_a_block_of_seeds_is_one_job(project):
    plan = project.planned(**DEMONSTRATION, methods="dec", seeds=4)
    assert plan["finetune"] == ["dataset=digits, method=dec, block=0-3"]


def test_lint():
    import subprocess
    import sys

    from .conftest import ROOT

    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--lint"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({"methods": "kmean"}, "there is no method 'kmean' — did you mean 'kmeans'?"),
        ({"datasets": "usp"}, "there is no data set 'usp' — did you mean 'usps'?"),
        ({"protocol": "papre"}, "did you mean 'paper'?"),
        ({"seeds": 0}, "seeds"),
        ({"datset": "usps"}, "did you mean 'datasets'?"),
    ],
)
def test_a_bad_value_starts_no_job(project, config, sentence):
    done = project.snakemake(**config)
    assert done.returncode == 1
    assert sentence in done.stdout
    assert "Traceback" not in done.stdout
    assert not (project.folder / "results").exists() and not (project.folder / "data").exists()


def test_deep_systems_of_emaec_on_real_images(project):
    methods = "n2d,deepcluster,dcec,dec,idec,vade,dsc-dan,aspc-da,emaec"
    project.run(protocol="smoke", papers="emaec", datasets="semeion", methods=methods)
    cells = [r for r in _ledger(project, "smoke", "emaec") if r["kind"] == "cell"]
    asked, scores = {*methods.split(",")}, ("acc", "nmi")
    found = {
        (cell["row"], cell["metric"]): cell["value"] or cell["reason"]
        for cell in cells
        if cell["row"] in asked and cell["column"] == "semeion" and cell["metric"] in scores
    }
    assert set(found) == {(method, metric) for method in asked for metric in scores}
    if os.environ.get("CLUSTRACE_MIRROR"):
        assert all(0 < float(value) <= 1 for value in found.values())
    else:
        numbers = [not value.startswith("unreachable") for value in found.values()]
        assert all(numbers) or not any(numbers)
