"""Parameters, seeds, weights and histories: what each check must notice."""

import json

import numpy as np
import pytest

from clustrace.audit.history import read_history


def other_parameter(results):
    results.change(
        results.record("finetune", "digits/idec/0"),
        lambda record: record["parameters"]["arguments"].update(update_interval=4),
    )


def hidden_parameter(results):
    results.change(
        results.record("finetune", "digits/idec/0"),
        lambda record: record["parameters"]["arguments"].update(warm_start=True),
    )


def other_method(results):
    results.change(
        results.record("cluster", "digits/kmeans/0"),
        lambda record: record["wildcards"].update(method="dcec"),
    )


def other_drawing_of_samples(results):
    objects = results.path("provenance/objects")
    for path in objects.glob("*.json"):
        if json.loads(path.read_text()).get("rule") == "prepare":
            results.change(path, lambda record: record["parameters"].update(max_samples=300))
            # Its name no longer fits either; the data record tells the same.
    results.change(
        results.path("data/provenance/prepare/digits/all.json"),
        lambda record: record["parameters"].update(max_samples=300),
    )


def seeds_of_another_block(results):
    results.change_record("cluster", "digits/kmeans/0", seeds=[5])


def a_seed_without_labels(results):
    results.change_arrays(
        "runs/digits/kmeans/0/predictions.safetensors.gz",
        lambda arrays: arrays.update({"seed-4": arrays.pop("seed-0")}),
    )


def a_seed_computed_twice(results):
    """Block 0-1 beside the blocks 0 and 1, with other labels."""

    def edit(record):
        record["wildcards"]["block"] = "0-1"
        record["seeds"] = record["parameters"]["seeds"] = [0, 1]
        record["path"] = record["path"].replace("/0.json", "/0-1.json")
        for files in record["outputs"].values():
            for file in files:
                file["path"] = file["path"].replace("/kmeans/0/", "/kmeans/0-1/")

    source = results.record("cluster", "digits/kmeans/0")
    record = json.loads(source.read_text())
    edit(record)
    results.write(results.record("cluster", "digits/kmeans/0-1"), json.dumps(record).encode())
    for name in ("runs/digits/kmeans/{}/predictions.safetensors.gz",):
        content = results.path(name.format(0)).read_bytes()
        results.write(results.path(name.format("0-1")), content)
        results.change_arrays(
            name.format("0-1"),
            lambda arrays: arrays.update({s: np.roll(arrays["seed-0"], 1) for s in arrays}),
        )


def a_seed_missing(results):
    for rule in ("cluster", "evaluate"):
        results.record(rule, "digits/kmeans/1").unlink()


def copied_labels(results):
    source = results.path("runs/digits/kmeans/0/predictions.safetensors.gz")
    target = "runs/digits/kmeans/1/predictions.safetensors.gz"
    results.write(results.path(target), source.read_bytes())
    results.change_arrays(target, lambda arrays: arrays.update({"seed-1": arrays.pop("seed-0")}))


def copied_and_renumbered_labels(results):
    source = results.path("runs/digits/idec/0/predictions.safetensors.gz")
    target = "runs/digits/idec/1/predictions.safetensors.gz"
    results.write(results.path(target), source.read_bytes())
    results.change_arrays(
        target, lambda arrays: arrays.update({"seed-1": 9 - arrays.pop("seed-0")})
    )


def weights_that_are_not_finite(results):
    results.change_arrays(
        "models/digits/sae/0/model.safetensors",
        lambda arrays: arrays["seed-0/network/encoder.0.weight"].fill(np.nan),
    )


def a_narrower_network(results):
    name = "seed-0/network/encoder.0.weight"
    results.change_arrays(
        "models/digits/sae/0/model.safetensors",
        lambda arrays: arrays.update({name: arrays[name][:-1]}),
    )


def fewer_centroids(results):
    results.change_arrays(
        "models/digits/idec/0/model.safetensors",
        lambda arrays: arrays.update({"seed-0/centroids": arrays["seed-0/centroids"][:9]}),
    )


def a_history_cut_short(results):
    path = results.path("runs/digits/sae/0/history.csv")
    results.write(path, b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))


def a_loss_that_is_not_finite(results):
    path = results.path("runs/digits/sae/0/history.csv")
    head, *rows = path.read_text().splitlines()
    fields = rows[0].split(",")
    fields[-1] = "nan"
    results.write(path, "\n".join([head, ",".join(fields), *rows[1:], ""]).encode())


def a_smoother_history(results):
    results.change_arrays(
        "models/digits/idec/0/trajectory.safetensors",
        lambda arrays: arrays["seed-0"].__setitem__((1, 0), (arrays["seed-0"][1, 0] + 1) % 10),
    )


def too_many_steps(results):
    path = results.path("runs/digits/idec/0/history.csv")
    last = path.read_text().splitlines()[-1].split(",")
    last[1] = "99"
    results.write(path, path.read_bytes() + ",".join(last).encode() + b"\n")


@pytest.mark.parametrize(
    ("tamper", "check"),
    [
        (other_parameter, "RUN-005"),
        (hidden_parameter, "RUN-005"),
        (other_method, "RUN-005"),
        (other_drawing_of_samples, "RUN-005"),
        (seeds_of_another_block, "RUN-006"),
        (a_seed_without_labels, "RUN-006"),
        (a_seed_computed_twice, "RUN-006"),
        (a_seed_missing, "RUN-006"),
        (copied_labels, "RUN-007"),
        (copied_and_renumbered_labels, "RUN-007"),
        (weights_that_are_not_finite, "RUN-009"),
        (a_narrower_network, "RUN-009"),
        (fewer_centroids, "RUN-009"),
        (a_history_cut_short, "RUN-011"),
        (a_loss_that_is_not_finite, "RUN-011"),
        (a_smoother_history, "RUN-011"),
        (too_many_steps, "RUN-011"),
    ],
)
def test_what_must_be_noticed(results, tamper, check):
    tamper(results)
    assert check in results.failed()


@pytest.mark.parametrize(("more", "found"), [(0, False), (1, True)])
def test_a_training_may_end_by_its_steps_before_its_epochs(results, more, found):
    path = results.path("runs/digits/sae/0/history.csv")
    steps = int(float(path.read_text().splitlines()[-1].split(",")[1]))
    results.change(
        results.record("pretrain", "digits/sae/0"),
        lambda record: record["parameters"]["arguments"].update(
            epochs=500, max_iterations=steps + more
        ),
    )
    assert ("RUN-011" in results.failed()) is found


def test_all_samples_in_one_cluster_is_no_copy(results):
    for seed in (0, 1):
        path = f"runs/digits/idec/{seed}/predictions.safetensors.gz"
        results.change_arrays(path, lambda arrays: [array.fill(0) for array in arrays.values()])
    assert "RUN-007" not in results.failed()


@pytest.mark.parametrize(
    "text",
    ["seed,iteration\n0\n", "seed,iteration\n0,inf\n", "iteration\n1\n", "seed,iteration\na,1\n"],
)
def test_what_is_no_history_is_refused(text):
    with pytest.raises(ValueError):
        read_history(text)
