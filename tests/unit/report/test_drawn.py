"""Ledger rows of curves and panels."""

import math

import numpy as np
import pytest

from clustrace.data.artefact import read_artefact
from clustrace.data.fingerprint import arrays_sha256
from clustrace.report.drawn import array_rows


def rows(on_disk, **given):
    plan = on_disk.plan(**given)
    return {row.address: row for row in array_rows(plan, plan.experiment.papers["dcec"], ())}


def test_a_panel_is_named_by_the_hash_of_its_points_and_clusters(on_disk):
    arrays = read_artefact(on_disk.embedding("mnist-full", "dcec")).arrays
    row = rows(on_disk)["dcec.figure3.dcec.mnist-full.tsne"]
    assert row.content_sha256 == arrays_sha256(
        {"points": arrays["points"], "clusters": arrays["clusters"]}
    )
    assert (row.kind, row.n, row.seeds) == ("array", 40, "0")
    assert row.runs == "results/paper/runs/mnist-full/dcec/0"


def test_a_curve_is_named_by_the_hash_of_the_points_drawn(on_disk):
    on_disk.history("usps", "sae", losses=(0.5, math.nan, -0.25))
    row = rows(on_disk)["dcec.learning-curves.sae.usps.loss"]
    drawn = {"iterations": np.array([0.0, 20.0]), "values": np.array([0.5, -0.25])}
    assert row.content_sha256 == arrays_sha256(drawn)
    assert (row.n, row.seeds) == (2, "0")


def test_layers_and_changed_labels_are_curves_of_their_own(on_disk):
    path = on_disk.history("usps", "sae-layerwise")
    path.write_text("phase,seed,iteration,loss,label_change\n1,0,10,0.5,\n0,0,10,0.4,0.1\n")
    found = [address for address in rows(on_disk) if ".sae-layerwise.usps." in address]
    assert found == [
        f"dcec.learning-curves.sae-layerwise.usps.{array}"
        for array in ("loss-layer-1", "loss", "label-change")
    ]


def test_what_is_missing_has_a_row_with_the_reason(on_disk):
    on_disk.history("usps", "sae", losses=(math.nan, math.nan))
    found = rows(on_disk, datasets="usps,mnist-test", methods="dec")
    curve = found["dcec.learning-curves.sae.usps.loss"]
    assert (curve.content_sha256, curve.reason) == ("", "its loss has no finite value")
    assert found["dcec.learning-curves.dec.usps.loss"].reason == "not computed yet"
    panel = found["dcec.figure3.dcec.mnist-full.tsne"]
    assert (panel.content_sha256, panel.reason) == ("", "not run in this configuration")


def test_the_first_block_with_a_history_is_drawn(on_disk):
    on_disk.history("usps", "sae", "0", losses=())
    on_disk.history("usps", "sae", "7", losses=(0.1,))
    assert rows(on_disk)["dcec.learning-curves.sae.usps.loss"].seeds == "7"


@pytest.mark.parametrize(
    "content", [b"seed,iteration,loss\n0,ten,0.5\n", b"seed,loss\n0,0.5\n", b"\xff\xfe"]
)
def test_a_history_that_cannot_be_read_is_named_with_the_next_step(on_disk, content):
    on_disk.history("usps", "sae").write_bytes(content)
    reason = rows(on_disk)["dcec.learning-curves.sae.usps.loss"].reason
    assert "history.csv cannot be drawn" in reason
    assert reason.endswith("delete it and run again")


def test_an_embedding_without_points_is_named_with_the_next_step(on_disk):
    path = on_disk.embedding("mnist-full", "dcec")
    path.write_bytes(b"")
    reason = rows(on_disk)["dcec.figure3.dcec.mnist-full.tsne"].reason
    assert "embedding-1000.safetensors cannot be drawn" in reason
    assert reason.endswith("delete it and run again")
