"""Figures and other forms of the ledger: what each check must notice."""

import csv

import pytest

from clustrace.audit.checks.pictures import EmbeddingsRepeated
from clustrace.audit.model import Status
from clustrace.audit.records import Job
from clustrace.audit.replaying import ReplayError, ReplayRefusedError
from clustrace.provenance.ledger import read_ledger
from clustrace.provenance.parquet import write_parquet
from clustrace.provenance.record import read_record

LEDGER = "ledger/mini.csv"


@pytest.mark.parametrize("metric", ["loss", "label-change", "tsne", "plane", "sizes", "ari", "nmi"])
def test_an_array_that_is_left_out_of_the_ledger(results, metric):
    path = results.path(LEDGER)
    rows = list(csv.reader(path.read_text().splitlines()))
    (column,) = (index for index, name in enumerate(rows[0]) if name == "metric")
    kind = rows[0].index("kind")
    left_out = next(row for row in rows if row[column] == metric and row[kind] == "array")
    lines = path.read_text().splitlines(keepends=True)
    del lines[rows.index(left_out)]
    results.write(path, "".join(lines).encode())
    results.restate(LEDGER)
    assert results.failed() == {"CELL-019", "CELL-017"}


def test_parquet_with_another_value(results):
    path = results.path(LEDGER)
    parquet = path.with_suffix(".parquet")
    rows = list(read_ledger(path))
    number = next(row for row in rows if row.kind == "cell" and row.value is not None)
    rows[rows.index(number)] = number.model_copy(update={"value": number.value + 1e-9})
    parquet.unlink()
    write_parquet(parquet, rows)
    results.restate("ledger/mini.parquet")
    assert results.failed() == {"CELL-017"}


class Replays:
    """Replays of one job that come to what they are told."""

    def __init__(self, answer):
        self.answer = answer

    def alone(self, job):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Case:
    def __init__(self, jobs, answer):
        self.jobs, self.replays = jobs, Replays(answer)


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ((True, []), Status.PASSED),
        ((True, ["embedding"]), Status.FAILED),
        ((False, ["embedding"]), Status.SKIPPED),
        (ReplayRefusedError("no weights"), Status.SKIPPED),
        (ReplayError("broken"), Status.FAILED),
    ],
)
def test_an_embedding_made_anew(results, answer, status):
    place = min(results.path("provenance/embed").rglob("*.json"))
    case = Case([Job("embed.json", read_record(place))], answer)
    (observation,) = EmbeddingsRepeated().examine(case)
    assert observation.status is status
