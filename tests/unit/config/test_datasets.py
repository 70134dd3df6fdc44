"""Counts of parts; the consistency of the registry is tested in tests/unit/data."""

import math

import pytest
from pydantic import ValidationError

from clustrace.config.datasets import DataRegistry, DataSet, UnitRange
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


STEP = {"estimator": "a.b:C", "source": "test"}
WEIGHTS = {
    "kind": "term-weights",
    "shape": [7],
    "dtype": "float32",
    "nonzeros": 5,
    "classes": 4,
    "bytes": 8 * 5 + 8 * 11,
    "fingerprint": "unverified",
}
TEXTS = {"kind": "documents", "dtype": "uint8", "classes": 2, "bytes": 99}
IMAGES = {"shape": [2, 2], "dtype": "uint8", "classes": 2, "bytes": 40}


def registry(raw, **dataset):
    common = {
        "title": "small",
        "publisher": "test",
        "licence": "none",
        "samples": 10,
        "fingerprint": "0" * 64,
        "sources": [{"kind": "scikit-learn", "loader": "load_digits"}],
    }
    entry = {"title": "Small", "raw": "small", "samples": 10, "classes": 2, **dataset}
    return DataRegistry.model_validate(
        {"raw": {"small": {**common, **raw}}, "datasets": {"set": entry}}
    )


SIZE = {"width": 3}
CHOICE = {"among": ["A", "B", "C"], "source": "test"}


@pytest.mark.parametrize(
    ("raw", "dataset", "shape"),
    [
        (IMAGES, {}, (2, 2)),
        (IMAGES, {"image_shape": [4, 1]}, (4, 1)),
        (IMAGES, {"transforms": [STEP], "features": SIZE}, (3,)),
        (TEXTS, {"transforms": [STEP], "features": SIZE}, (3,)),
        (WEIGHTS, {"topics": CHOICE, "samples": 3, "estimated": True}, (7,)),
    ],
)
def test_shape_of_the_features_of_every_kind(raw, dataset, shape):
    made = registry(raw, **dataset)
    assert made.shape("set") == shape
    assert made.width("set") == math.prod(shape)


@pytest.mark.parametrize(
    ("raw", "dataset", "message"),
    [
        (TEXTS, {}, "set needs transforms"),
        (TEXTS, {"transforms": [STEP]}, "must state the size of its features"),
        (IMAGES, {"features": SIZE}, "must state the size of its features"),
        (IMAGES, {"transforms": [STEP], "features": SIZE, "image_shape": [2, 2]}, "other features"),
        (IMAGES, {"image_shape": [2, 3]}, "image_shape that does not fit"),
        (
            IMAGES,
            {"transforms": [{"estimator": "a:B"}], "features": SIZE},
            "must give the source",
        ),
        (TEXTS, {"transforms": [STEP], "features": SIZE, "unit_range": {}}, "no array of values"),
        (IMAGES, {"topics": CHOICE}, "must choose its classes by topics if"),
        (WEIGHTS, {}, "must choose its classes by topics if"),
        (WEIGHTS, {"topics": {**CHOICE, "skip_largest": 2}}, "takes 2 of 1 topics"),
        (WEIGHTS, {"topics": {"among": ["A", "B"]}}, "must give the source"),
        (IMAGES, {"estimated": True}, "small has been fetched: count them"),
        ({**WEIGHTS, "bytes": 7}, {"topics": CHOICE}, "make 128 bytes, not 7"),
        ({**WEIGHTS, "nonzeros": None}, {"topics": CHOICE}, "nonzeros belongs to term-weights"),
        ({**TEXTS, "shape": [3]}, {}, "only documents have none"),
        ({**TEXTS, "dtype": "float32"}, {}, "dtype must be uint8"),
    ],
)
def test_data_sets_that_do_not_fit_their_raw_data(raw, dataset, message):
    with pytest.raises(ValidationError, match=message):
        registry(raw, **dataset)


def test_words_for_readers_do_not_decide_how_a_set_is_prepared():
    first, second = (
        registry(
            TEXTS,
            transforms=[{**STEP, "source": source}],
            features={"width": width},
            note=source,
        ).datasets["set"]
        for source, width in (("one", 3), ("two", 4))
    )
    assert first.preparation() == second.preparation()
    assert DataSet.model_validate(first.preparation()).transforms[0].estimator == "a.b:C"


def test_sets_without_transforms_are_prepared_by_the_keys_that_they_had_before():
    assert set(registry(IMAGES).datasets["set"].preparation()) == {
        *("title", "raw", "part", "samples", "classes", "image_shape", "unit_range")
    }


def test_modules_of_transforms_are_those_of_this_project():
    steps = [
        {"estimator": name, "source": "test"}
        for name in ("clustrace.data.text:A", "sklearn.decomposition:PCA", "clustrace.cluster.b:B")
    ]
    dataset = registry(TEXTS, transforms=steps, features=SIZE).datasets["set"]
    assert dataset.transform_modules() == ["clustrace.cluster.b", "clustrace.data.text"]
