import hashlib
import json

import pytest

from clustrace.audit.formats import Format, rendered
from clustrace.audit.model import Severity
from clustrace.audit.registry import CHECKS

ADDRESS = "mini.table1.idec.digits.acc"


@pytest.fixture
def broken(results):
    """A number that does not follow, an absent file, and code that is not that of now."""
    results.change_row(ADDRESS, value="0.75")
    results.restate("ledger/mini.csv")
    results.path("models/digits/sae/0/model.safetensors").unlink()
    return results.audit()


def test_honest_results_end_with_one_sentence(results):
    text = rendered(results.audit(), Format.COLUMNS)
    last = text.splitlines()[-1]
    assert last.startswith("All required checks of level predictions hold. 43 of 43 numbers")
    assert "Why:" not in text


@pytest.mark.parametrize("form", [Format.COLUMNS, Format.MARKDOWN])
def test_texts_say_what_was_found_why_it_matters_and_how_to_mend(broken, form):
    text = rendered(broken, form)
    check = next(check for check in CHECKS if check.id == "CELL-003")
    for part in (ADDRESS, "value 0.75", check.title, check.why, check.mend, "NOT trustworthy"):
        assert part in text
    assert "its bytes are not here" in text


def test_json_has_every_observation_that_is_not_a_pass(broken):
    content = json.loads(rendered(broken, Format.JSON))
    assert not content["ok"]
    (section,) = content["protocols"]
    checks = {check["id"]: check for check in section["checks"]}
    assert [each["subject"] for each in checks["CELL-003"]["failed"]] == [ADDRESS]
    assert checks["RUN-009"]["skipped"] and checks["RUN-009"]["passed"]
    assert ADDRESS not in section["confirmed"]
    assert section["confirmed"]["mini.table1.kmeans.digits.acc"]["rung"] == "predictions"


def test_markdown_keeps_its_tables_whatever_was_found(results):
    results.change_row(ADDRESS, place="a | b\nc")
    lines = rendered(results.audit(), Format.MARKDOWN).splitlines()
    found = [line for line in lines if "a \\| b c" in line]
    assert any(line.startswith(f"| `{ADDRESS}`") for line in found)
    assert all(line.startswith("| `") for line in found)


def test_warnings_and_notes_do_not_break_an_audit(results):
    git = json.loads(results.record("truth", "digits").read_text())["git"]
    text = b"diff --git a/README.md b/README.md\n"
    digest = hashlib.sha256(text).hexdigest()
    results.write(results.path(f"provenance/objects/{digest}.diff"), text)
    results.change_record("truth", "digits", git={**git, "dirty": True, "diff_sha256": digest})
    report = results.audit()
    assert report.ok
    (outcome,) = [o for o in report.sections[0].outcomes if o.check.id == "ENV-005"]
    assert outcome.check.severity is Severity.WARNING
    assert "warning" in rendered(report, Format.COLUMNS)
