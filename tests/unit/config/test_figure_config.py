"""Figures: what config/ may say of an embedding map."""

import pytest


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("dec-conv, dcec]", "dec-con, dcec]", "'dec-con' — did you mean 'dec-conv'?"),
        ("[cae-kmeans, dec-conv", "[kmeans, dec-conv", "'kmeans' clusters the features themselves"),
        ("[mnist-full, mnist-test]", "[mnist-full, digits]", "'digits'"),
        ("samples: 1000", "samples: 0", "greater than 0"),
        ("slug: figure3", "slug: table1", "the slug 'table1' stands in other addresses"),
        ("slug: figure3", "slug: claims", "the slug 'claims' stands in other addresses"),
        ("slug: figure3", "slug: learning-curves", "stands in other addresses"),
        ("kind: embedding-map", "kind: embeding-map", "did you mean 'embedding-map'?"),
    ],
)
def test_faults_are_told_with_their_place(copy, old, new, sentence):
    place = copy.edit("papers/dcec.yaml", old, new)
    said = copy.said()
    assert sentence in said
    assert said.startswith(place)
