"""Small NORB through the whole workflow, from a mirror with few images in the real format."""

import csv
import gzip

import numpy as np
import pytest

from tests.norb_format import BYTES, INTEGERS, norb_bytes

pytestmark = pytest.mark.slow

TRAIN, TEST, VALIDATION = 200, 100, 40
#: Rows of Tables 2 and 4, and the method that each of them is.
METHODS = {
    ("table2", "raw-pixels"): "raw-pixels-logistic",
    ("table2", "k-sparse-150"): "k-sparse-150-logistic",
    ("table4", "dbn"): "dbn-finetuned",
    ("table4", "dbm"): "dbm-finetuned",
    ("table4", "third-order-rbm"): "third-order-rbm",
    ("table4", "deep-k-sparse"): "deep-k-sparse-150-finetuned",
}


@pytest.fixture
def norb(project, tmp_path):
    """A project that expects few images, and a mirror that has them."""
    random = np.random.RandomState(0)
    folder = tmp_path / "mirror/norb"
    folder.mkdir(parents=True)
    patterns = random.randint(0, 128, size=(5, 2, 96, 96))
    parts = (("46789", "training", TRAIN), ("01235", "testing", TEST))
    for objects, part, n in parts:
        labels = np.arange(n, dtype=np.int32) % 5
        images = patterns[labels] + random.randint(0, 128, size=(n, 2, 96, 96))
        stem = f"smallnorb-5x{objects}x9x18x6x2x96x96-{part}"
        for kind, array, magic in (
            ("dat", images.astype(np.uint8), BYTES),
            ("cat", labels, INTEGERS),
        ):
            packed = gzip.compress(norb_bytes(array, magic), 1)
            (folder / f"{stem}-{kind}.mat.gz").write_bytes(packed)
    for old, new in {
        "samples: 48600\n    train_samples: 24300": (
            f"samples: {TRAIN + TEST}\n    train_samples: {TRAIN}"
        ),
        "bytes: 99532800": f"bytes: {(TRAIN + TEST) * 2 * 32 * 32}",
        "samples: 48600\n    classes: 5\n    validation_samples: 4300": (
            f"samples: {TRAIN + TEST}\n    classes: 5\n    validation_samples: {VALIDATION}"
        ),
    }.items():
        project.edit("config/datasets.yaml", old, new)
    return project, {"CLUSTRACE_MIRROR": str(tmp_path / "mirror")}


def test_machines_and_autoencoders_learn_from_both_cameras(norb):
    project, mirror = norb
    done = project.snakemake(
        environment=mirror,
        protocol="smoke",
        papers="k-sparse",
        datasets="norb-small",
        methods=",".join(METHODS.values()),
    )
    assert done.returncode == 0, done.stdout[-4000:]
    with (project.folder / "results/smoke/ledger/k-sparse.csv").open(newline="") as handle:
        cells = {
            (row["table"], row["row"]): row
            for row in csv.DictReader(handle)
            if row["kind"] == "cell" and row["column"] == "norb"
        }
    for place in METHODS:
        assert cells[place]["value"], (place, cells[place]["reason"])
        assert 0 <= float(cells[place]["value"]) <= 1
    # Two epochs are too few for the others.
    assert float(cells["table2", "raw-pixels"]["value"]) < 0.4, "the labels belong to the images"
    assert (project.folder / "results/smoke/tables/k-sparse/table4.md").is_file()
