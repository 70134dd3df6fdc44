"""Embeddings of the same samples, from weights."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from clustrace.data.artefact import Outcome, Status, read_artefact, write_artefact
from clustrace.errors import NotApplicableError
from clustrace.evaluate.projection import tsne
from clustrace.stages.embed import chosen_samples, embed
from clustrace.stages.job import NoResultError
from clustrace.stages.training import network_arrays
from clustrace.train.autoencoder import Autoencoder

ARGUMENTS = {"hidden_units": [6], "embedding_size": 3, "epochs": 1}
FEATURES = np.random.default_rng(0).random((50, 5)).astype(np.float32)
CLUSTERS = (np.arange(50) % 4).astype(np.int32)


@pytest.mark.parametrize(("n", "samples", "count"), [(50, 10, 10), (10, 10, 10), (5, 10, 5)])
def test_samples_are_distinct_rows_in_order(n, samples, count):
    index = chosen_samples(n, samples)
    assert len(index) == count and index.dtype == np.int64
    assert (np.diff(index) > 0).all() and index[0] >= 0 and index[-1] < n


def test_every_method_gets_the_same_samples():
    assert (chosen_samples(500, 40) == chosen_samples(500, 40)).all()


@pytest.fixture(scope="module")
def autoencoder():
    return Autoencoder(**ARGUMENTS, random_state=0).fit(FEATURES)


@pytest.fixture
def job(tmp_path, autoencoder):
    def build(failures=None, samples=40):
        paths = {name: tmp_path / name for name in ("features", "weights", "predictions")}
        write_artefact(paths["features"], {"features": FEATURES / 2})
        write_artefact(
            paths["weights"],
            network_arrays(autoencoder.network_, 0),
            about={"n_features": 5, "failures": {}},
        )
        write_artefact(
            paths["predictions"], {"seed-0": CLUSTERS}, about={"failures": failures or {}}
        )
        notes = {}
        return SimpleNamespace(
            settings={
                "pretrained": {
                    "estimator": "clustrace.train.autoencoder:Autoencoder",
                    "arguments": ARGUMENTS,
                },
                "input_scale": 2.0,
                "samples": samples,
            },
            input=dict(paths),
            seeds=[0],
            threads=1,
            device="cpu",
            read=lambda name: read_artefact(paths[name]),
            write=lambda name, arrays, **about: write_artefact(
                tmp_path / name, arrays, about=about
            ),
            recorder=SimpleNamespace(note=lambda **fields: notes.update(fields)),
            folder=Path(tmp_path),
            notes=notes,
        )

    return build


def test_the_embedding_is_that_of_the_network_on_scaled_features(job, autoencoder):
    made = job()
    embed(made)
    found = read_artefact(made.folder / "embedding").arrays
    index = found["index"]
    assert len(index) == 40
    np.testing.assert_allclose(
        found["embedding"], autoencoder.transform(FEATURES[index]), rtol=1e-5, atol=1e-6
    )
    assert (found["clusters"] == CLUSTERS[index]).all()
    np.testing.assert_array_equal(found["points"], tsne(found["embedding"]))
    assert made.notes["determinism"] == "bit-equal"


def test_a_seed_without_clusters_has_no_embedding(job):
    failure = Outcome(Status.DIVERGED, "the loss is no longer finite", "finetune").to_dict()
    with pytest.raises(NoResultError, match="no longer finite"):
        embed(job({"0": failure}))


def test_too_few_samples_to_project_are_refused(job):
    with pytest.raises(NotApplicableError, match="needs more than 30 samples"):
        embed(job(samples=8))


def stored(tmp_path, model, predictions=None, samples=40, **settings):
    """A job of a method that stored its embedding, or of features themselves."""
    files = {"model": model, "predictions": predictions}
    paths = {}
    for name, (arrays, about) in files.items():
        paths[name] = tmp_path / name
        write_artefact(paths[name], arrays, about={"failures": {}, **about})
    return embedding_job(tmp_path, paths, samples, **settings)


def embedding_job(tmp_path, paths, samples=40, **settings):
    return SimpleNamespace(
        settings={"estimator": "some.module:Method", "samples": samples, **settings},
        input=paths,
        seeds=[0],
        threads=1,
        device="cpu",
        read=lambda name: read_artefact(paths[name]),
        write=lambda name, arrays, **about: write_artefact(tmp_path / name, arrays, about=about),
        recorder=SimpleNamespace(note=lambda **fields: None),
    )


PLANE = np.random.default_rng(1).normal(size=(50, 2))


def test_a_stored_embedding_of_two_dimensions_is_drawn_as_it_is(tmp_path):
    made = stored(tmp_path, ({"seed-0/embedding": PLANE}, {}), ({"seed-0": CLUSTERS}, {}), 45)
    embed(made)
    found = read_artefact(tmp_path / "embedding")
    index = chosen_samples(50, 45)
    np.testing.assert_array_equal(found.arrays["points"], PLANE[index])
    np.testing.assert_array_equal(found.arrays["clusters"], CLUSTERS[index])
    assert found.arrays["embedding"].dtype == np.float32


def test_few_samples_of_a_plane_are_drawn_too(tmp_path):
    embed(stored(tmp_path, ({"seed-0/embedding": PLANE}, {}), ({"seed-0": CLUSTERS}, {}), 8))
    assert len(read_artefact(tmp_path / "embedding").arrays["points"]) == 8


@pytest.mark.parametrize("value", [0.0, np.nan])
def test_a_plane_without_extent_is_refused(tmp_path, value):
    model = {"seed-0/embedding": np.full((50, 2), value)}
    with pytest.raises(NotApplicableError, match="nothing to draw"):
        embed(stored(tmp_path, (model, {}), ({"seed-0": CLUSTERS}, {})))


def test_a_method_that_stores_no_embedding_is_named(tmp_path):
    model = {"seed-0/centroids": PLANE[:4]}
    with pytest.raises(NotApplicableError, match="Method clusters the features themselves"):
        embed(stored(tmp_path, (model, {}), ({"seed-0": CLUSTERS}, {})))


def test_a_seed_without_a_model_has_no_embedding(tmp_path):
    failure = Outcome(Status.NOT_APPLICABLE, "no graph", "cluster").to_dict()
    about = {"failures": {"0": failure}}
    with pytest.raises(NoResultError, match="no graph"):
        embed(stored(tmp_path, ({}, about), ({"seed-0": CLUSTERS}, {})))


@pytest.mark.parametrize("width", [2, 5])
def test_features_are_drawn_themselves(tmp_path, width):
    path = tmp_path / "features"
    write_artefact(path, {"features": FEATURES[:, :width]})
    embed(embedding_job(tmp_path, {"features": path}, input_scale=1.0))
    found = read_artefact(tmp_path / "embedding").arrays
    drawn = FEATURES[chosen_samples(50, 40), :width]
    np.testing.assert_array_equal(found["points"], drawn if width == 2 else tsne(drawn))
    # Features of many dimensions lie in their own artefact, and are too large to lie here too.
    assert found.keys() == {"points", "index"} | ({"embedding"} if width == 2 else set())


def test_sparse_features_are_drawn_from_the_chosen_rows(tmp_path, monkeypatch):
    sparse = csr_matrix(np.where(FEATURES > 0.7, FEATURES, 0))
    monkeypatch.setattr("clustrace.stages.embed.scaled_features", lambda job: sparse)
    embed(embedding_job(tmp_path, {"features": tmp_path / "features"}, input_scale=1.0))
    found = read_artefact(tmp_path / "embedding").arrays
    np.testing.assert_array_equal(found["points"], tsne(sparse.toarray()[found["index"]]))
