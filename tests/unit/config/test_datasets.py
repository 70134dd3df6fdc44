"""Counts of parts; the consistency of the registry is tested in tests/unit/data."""

from clustrace.config.datasets import DataRegistry, UnitRange
from clustrace.config.yamlfile import load_model


def test_samples_of_parts(root):
    raw = load_model(root / "config/datasets.yaml", DataRegistry).raw
    assert [raw["mnist"].part_samples(part) for part in ("all", "train", "test")] == [
        70000,
        60000,
        10000,
    ]
    assert [raw["digits"].part_samples(part) for part in ("all", "train", "test")] == [1797, 0, 0]


def test_pixels_are_the_default_range():
    assert UnitRange() == UnitRange(offset=0, divisor=255)


def test_number_of_classes_must_agree(copy):
    part = "part: test\n    samples: 10000\n    classes: "
    copy.edit("datasets.yaml", f"{part}10", f"{part}9")
    assert "mnist-test and mnist differ in the number of classes" in copy.said()
