"""Data and labels: what each check must notice."""

import json
import shutil

import numpy as np
import pytest

RAW = "data/raw/digits.safetensors"
FEATURES = "data/processed/digits/all/features.safetensors"
LABELS = "data/processed/digits/all/labels.safetensors"
TRUTH = "truth/digits.safetensors.gz"


def other_samples(results):
    results.change_arrays(RAW, lambda arrays: arrays["x"].__setitem__((0, 0, 0), 9))


def raw_without_labels(results):
    results.change_arrays(RAW, lambda arrays: arrays.pop("y"))


def another_fingerprint_on_record(results):
    shutil.rmtree(results.path("data/raw"))
    for path in results.path("provenance/objects").glob("*.json"):
        content = json.loads(path.read_text())
        if content.get("rule") == "fetch":
            content["parameters"]["fingerprint"] = "0" * 64
            results.write(path, json.dumps(content).encode())
    results.change(
        results.path("data/provenance/fetch/digits.json"),
        lambda record: record["parameters"].update(fingerprint="0" * 64),
    )


def swapped_truth(results):
    """Labels exchanged, with every hash forged again and no data to compare with."""
    results.change_arrays(
        TRUTH, lambda arrays: arrays["labels"].__setitem__(slice(0, 2), arrays["labels"][1::-1])
    )
    results.restate(TRUTH)
    shutil.rmtree(results.root / "data")


def permuted_truth_beside_data(results):
    results.change_arrays(TRUTH, lambda arrays: arrays["labels"].sort())


def fewer_true_labels(results):
    results.change_arrays(TRUTH, lambda arrays: arrays.update(labels=arrays["labels"][:-1]))


def merged_classes(results):
    results.change_arrays(
        TRUTH, lambda arrays: np.copyto(arrays["labels"], 3, where=arrays["labels"] == 4)
    )


def rescaled_features(results):
    results.change_arrays(
        FEATURES, lambda arrays: np.multiply(arrays["features"], 2, arrays["features"])
    )


def other_prepared_labels(results):
    results.change_arrays(LABELS, lambda arrays: arrays["labels"].sort())


def a_column_of_labels(results):
    def edit(arrays):
        column = np.zeros((len(arrays["features"]), 1), np.float32)
        arrays["features"] = np.hstack([arrays["features"], column])

    results.change_arrays(FEATURES, edit)


def labels_beside_features(results):
    results.change_arrays(FEATURES, lambda arrays: arrays.update(hint=np.zeros(3, np.int64)))


def labels_given_to_training(results):
    def edit(record):
        made = json.loads(results.record("truth", "digits").read_text())
        record["inputs"]["extra"] = made["outputs"]["truth"]

    results.change(results.record("finetune", "digits/idec/0"), edit)


def a_copy_of_labels_given_to_training(results):
    """Under another name, so that only the content tells."""

    def edit(record):
        made = json.loads(results.record("truth", "digits").read_text())
        record["inputs"]["extra"] = [{**made["outputs"]["truth"][0], "path": "data/weights.gz"}]

    results.change(results.record("pretrain", "digits/sae/0"), edit)


def scores_given_to_training(results):
    def edit(record):
        made = json.loads(results.record("evaluate", "digits/kmeans/0").read_text())
        record["inputs"]["hint"] = made["outputs"]["metrics"]

    results.change(results.record("cluster", "digits/kmeans/1"), edit)


def raw_data_given_to_training(results):
    def edit(record):
        made = json.loads(results.path("data/provenance/fetch/digits.json").read_text())
        record["inputs"]["samples"] = made["outputs"]["raw"]

    results.change(results.record("cluster", "digits/kmeans/1"), edit)


def evaluation_that_writes_weights(results):
    def edit(record):
        record["outputs"]["model"] = record["outputs"]["metrics"]

    results.change(results.record("evaluate", "digits/kmeans/0"), edit)


def training_under_the_name_of_evaluation(results):
    results.change_record("table", "mini/table1", rule="evaluate")
    labels_given_to_training(results)
    results.change_record("finetune", "digits/idec/0", rule="evaluate")


def labels_given_to(rule, *about):
    def tamper(results):
        def edit(record):
            made = json.loads(results.record("truth", "digits").read_text())
            record["inputs"]["extra"] = made["outputs"]["truth"]

        results.change(results.record(rule, *about), edit)

    tamper.__name__ = f"labels_given_to_{rule}_{about[-1]}"
    return tamper


def a_figure_of_labels_that_writes_an_embedding(results):
    def edit(record):
        record["outputs"]["embedding"] = record["outputs"]["png"]

    results.change(results.record("figure", "mini/sizes"), edit)


def a_figure_of_labels_given_to_training(results):
    def edit(record):
        made = json.loads(results.record("figure", "mini/sizes").read_text())
        record["inputs"]["hint"] = made["outputs"]["svg"]

    results.change(results.record("cluster", "digits/plane/1"), edit)


def raw_data_given_to_a_figure_of_labels(results):
    def edit(record):
        made = json.loads(results.path("data/provenance/fetch/digits.json").read_text())
        record["inputs"]["drawn"] = made["outputs"]["raw"]

    results.change(results.record("figure", "mini/sizes"), edit)


@pytest.mark.parametrize(
    ("tamper", "check"),
    [
        (other_samples, "DATA-002"),
        (raw_without_labels, "DATA-002"),
        (another_fingerprint_on_record, "DATA-002"),
        (swapped_truth, "DATA-003"),
        (permuted_truth_beside_data, "DATA-003"),
        (fewer_true_labels, "DATA-003"),
        (merged_classes, "DATA-003"),
        (rescaled_features, "DATA-004"),
        (other_prepared_labels, "DATA-004"),
        (a_column_of_labels, "LEAK-004"),
        (labels_beside_features, "LEAK-004"),
        (labels_given_to_training, "LEAK-001"),
        (a_copy_of_labels_given_to_training, "LEAK-001"),
        (scores_given_to_training, "LEAK-001"),
        (raw_data_given_to_training, "LEAK-001"),
        (labels_given_to_training, "LEAK-002"),
        (raw_data_given_to_training, "LEAK-002"),
        (evaluation_that_writes_weights, "LEAK-002"),
        (training_under_the_name_of_evaluation, "LEAK-001"),
        (training_under_the_name_of_evaluation, "LEAK-002"),
        (labels_given_to("embed", "digits/idec/0/50"), "LEAK-001"),
        (labels_given_to("embed", "digits/features/0/50"), "LEAK-002"),
        (labels_given_to("figure", "mini/map"), "LEAK-002"),
        (labels_given_to("figure", "mini/swept"), "LEAK-002"),
        (labels_given_to("table", "mini/table1"), "LEAK-002"),
        (a_figure_of_labels_that_writes_an_embedding, "LEAK-002"),
        (a_figure_of_labels_given_to_training, "LEAK-001"),
        (raw_data_given_to_a_figure_of_labels, "LEAK-002"),
    ],
)
def test_what_must_be_noticed(results, tamper, check):
    tamper(results)
    assert check in results.failed()


def test_a_leak_says_through_what_labels_came(results):
    scores_given_to_training(results)
    (found,) = [each.found for each in results.audit().failures("LEAK-001")]
    assert "metrics.json" in found and "evaluate made from" in found


def test_registered_labels_are_those_of_the_data(declared):
    import hashlib

    from sklearn.datasets import load_digits

    (experiment,) = declared["experiments"].values()
    labels = load_digits().target.astype("<i8").tobytes()
    assert experiment.dataset("digits").labels_sha256 == hashlib.sha256(labels).hexdigest()
