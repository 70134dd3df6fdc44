"""Claims: what config/ may say, and the comparisons that they stand for."""

import pytest

from clustrace.config.pairings import ITERATIONS, pairings


def claims(copy):
    paper = copy.load().papers["dcec"]
    return {claim.slug: pairings(claim, paper.table(claim.table)) for claim in paper.claims}


def test_comparisons_are_over_all_columns_and_the_metrics(copy):
    found = claims(copy)
    assert {slug: len(pairs) for slug, pairs in found.items()} == {
        "cae-beats-sae": 3 * 3 * 2,
        "reconstruction-helps": 2 * 3 * 2,
        "dcec-is-best": 8 * 3 * 2,
        "cae-converges-faster": 2 * 3,
    }
    assert {pair.metric_slug for pair in found["dcec-is-best"]} == {"acc", "nmi"}
    assert {pair.metric_slug for pair in found["cae-converges-faster"]} == {ITERATIONS}
    assert {pair.row_slug for pair in found["reconstruction-helps"]} == {
        "idec-over-dec",
        "dcec-over-dec-conv",
    }


def test_the_best_is_not_compared_with_itself(copy):
    pairs = claims(copy)["dcec-is-best"]
    assert {pair.ahead.slug for pair in pairs} == {"dcec"}
    assert "dcec" not in {pair.behind.slug for pair in pairs}


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("behind: idec}", "behind: idce}", "no table1 row 'idce' — did you mean 'idec'?"),
        ("row: dcec\n", "row: dcce\n", "no table1 row 'dcce' — did you mean 'dcec'?"),
        ("table: table1\n    kind", "table: table2\n    kind", "no table 'table2'"),
        ("metrics: [acc, nmi]", "metrics: [acc, ari]", "no table1 metric 'ari'"),
        ("behind: dec-conv}", "behind: dcec}", "'dcec' is compared with itself"),
        ("slug: dcec-is-best", "slug: cae-beats-sae", "'cae-beats-sae' stands twice"),
        ("kind: best\n", "kind: bets\n", "did you mean 'best'?"),
        ("- slug: table1", "- slug: claims", "kept for the paper's claims; choose another"),
    ],
)
def test_faults_are_told_with_their_place(copy, old, new, sentence):
    copy.edit("papers/dcec.yaml", old, new)
    said = copy.said()
    assert sentence in said
    assert "config/papers/dcec.yaml:" in said


def test_only_fine_tuned_methods_take_gradient_steps(copy):
    text = (copy.config / "papers/dcec.yaml").read_text()
    start = text.index("kind: fewer-iterations")
    copy.write(
        "papers/dcec.yaml",
        text[:start] + text[start:].replace("ahead: dec-conv", "ahead: sae-kmeans"),
    )
    assert "'sae-kmeans' is of stage 'initialise' and takes no gradient steps" in copy.said()
