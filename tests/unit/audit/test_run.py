import pytest
from tests.small_results import PROTOCOL, build

from clustrace.audit.model import Level, Severity, Status
from clustrace.audit.registry import CHECKS
from clustrace.audit.run import audit
from clustrace.errors import ClustraceError, ConfigError, StorageError, UnreachableError
from clustrace.provenance.evidence import Rung


def test_honest_results_pass_every_check(results):
    report = results.audit()
    assert report.ok and not list(report.failures())
    (section,) = report.sections
    looked_at = {o.check.id for o in section.outcomes if o.status is Status.PASSED}
    ids = {check.id for check in CHECKS if Level.PREDICTIONS.includes(check.level)}
    assert looked_at == ids - {"RUN-016", "LEAK-005"}, (
        "no job is attested here, and none classifies"
    )


def test_every_number_of_honest_results_is_confirmed(results):
    (section,) = results.audit().sections
    assert set(section.confirmed) == set(section.audited)
    assert {each.rung for each in section.confirmed.values()} == {Rung.PREDICTIONS}
    (section,) = results.audit(level=Level.HASHES).sections
    assert {each.rung for each in section.confirmed.values()} == {Rung.HASHES}


def test_ids_are_unique_and_every_check_says_why_it_matters():
    assert len({check.id for check in CHECKS}) == len(CHECKS)
    for check in CHECKS:
        assert check.title and check.why.endswith(".") and check.mend.endswith(".")


def test_chosen_cells_are_audited_with_all_they_rest_on(results):
    address = "mini.table1.kmeans.digits.acc"
    (section,) = results.audit(cells=[address]).sections
    assert section.audited == (address,)
    assert list(section.confirmed) == [address]
    subjects = {each.subject for o in section.outcomes for each in o.observations}
    assert any("cluster/digits/kmeans" in subject for subject in subjects)
    assert not any("pretrain/digits/sae" in subject for subject in subjects)
    assert any("objects/" in subject for subject in subjects), "the job that prepared the data"


def test_a_fault_elsewhere_does_not_touch_other_cells(results):
    results.path("runs/digits/idec/1/metrics.json").unlink()
    (section,) = results.audit().sections
    assert "mini.table1.kmeans.digits.acc" in section.confirmed
    assert "mini.table1.idec.digits.acc" not in section.confirmed
    assert "mini.table1.kendall-tau.digits.acc" not in section.confirmed
    assert results.audit(cells=["mini.table1.kmeans.digits.nmi"]).ok


def test_a_sample_is_drawn_by_its_seed(results):
    drawn = [results.audit(sample=2, seed=seed).sections[0].audited for seed in (0, 0, 1, 2, 3, 4)]
    assert drawn[0] == drawn[1] and len(drawn[0]) == 2
    assert len(set(drawn)) > 1


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"cells": ["mini.table1.kmens.digits.acc"]}, "mini.table1.kmeans.digits.acc"),
        ({"papers": ["mni"]}, "did you mean 'mini'"),
        ({"protocols": ["minni"]}, "did you mean 'mini'"),
    ],
)
def test_unknown_names_are_answered_with_the_nearest(results, options, sentence):
    with pytest.raises(ConfigError, match=sentence):
        results.audit(**options)


def test_a_folder_without_results_is_refused(tmp_path):
    with pytest.raises(StorageError, match="no results to audit"):
        audit(tmp_path)


@pytest.mark.parametrize(
    "path",
    [
        "ledger/mini.csv",
        "provenance/evaluate/digits/kmeans/0.json",
        "provenance/ledger/mini.json",
        "runs/digits/kmeans/0/metrics.json",
        "runs/digits/kmeans/0/predictions.safetensors.gz",
        "runs/digits/idec/0/history.csv",
        "models/digits/idec/0/model.safetensors",
        "models/digits/idec/0/trajectory.safetensors",
        "truth/digits.safetensors.gz",
        "tables/mini/table1.md",
        "data/raw/digits.safetensors",
        "data/processed/digits/all/features.safetensors",
    ],
)
@pytest.mark.parametrize("damage", ["cut", "braces"])
def test_damaged_files_are_findings_and_never_tracebacks(results, path, damage):
    file = results.path(path)
    content = file.read_bytes()
    results.write(
        file,
        {
            "cut": content[: len(content) // 2],
            "braces": b'{"seeds": [], "inputs": 3}',
        }[damage],
    )
    report = results.audit()
    assert not report.ok
    assert not any("stumbled" in each.found for each in report.failures())
    with_required = [
        o for s in report.sections for o in s.broken if o.check.severity is Severity.REQUIRED
    ]
    assert with_required


def test_an_unusable_configuration_is_an_error(results):
    path = results.root / "config/papers/mini.yaml"
    results.write(path, path.read_bytes().replace(b"slug: kmeans", b"slgu: kmeans"))
    with pytest.raises(ClustraceError, match="slgu"):
        audit(results.root)


def test_results_that_config_does_not_declare_are_audited_as_far_as_possible(results):
    report = results.audit(experiments={PROTOCOL: None})
    assert report.ok, list(report.failures())
    skipped = {
        outcome.check.id for outcome in report.sections[0].outcomes if outcome.of(Status.SKIPPED)
    }
    assert {"RUN-005", "CELL-005", "DATA-002"} <= skipped
    assert len(report.sections[0].confirmed) > 5


def test_data_that_could_not_be_had_are_an_outcome_and_no_fault(tmp_path, monkeypatch):
    """Nothing is missing: every file says why it is empty, and every cell does."""

    def refuse(*args, **kwargs):
        raise UnreachableError("No source of digits could be reached.")

    monkeypatch.setattr("clustrace.stages.fetch.fetch_raw", refuse)
    build(tmp_path)
    report = audit(tmp_path)
    assert report.ok, list(report.failures())
    assert not report.sections[0].audited
