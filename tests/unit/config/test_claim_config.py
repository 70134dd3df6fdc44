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


READING = """\
  - slug: reversed
    text: The pairs are the other way round.
    place: Table 4
    table: table4-reversed
    kind: nearer
    rows: [network-0-smooth-0]
    than: OTHER
    metrics: [nmi]
"""


def test_a_reading_is_compared_with_another_one(copy):
    copy.edit("papers/emaec.yaml", "claims:\n", "claims:\n" + READING.replace("OTHER", "table4"))
    paper = copy.load().papers["emaec"]
    first, *others = pairings(paper.claims[0], paper.table("table4-reversed"))
    assert len(others) == 4
    assert first.row_slug == "network-0-smooth-0-nearer-than-table4"
    assert first.title == "Network 0, smooth 0 nearer than table4"
    assert first.places() == tuple(
        (table, "network-0-smooth-0", "mnist-full", "nmi")
        for table in ("table4-reversed", "table4")
    )


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        ("tabel4", "no table 'tabel4' — did you mean 'table4'?"),
        ("table5", "'table5' is no other reading of 'table4-reversed'"),
        ("table4-reversed", "'table4-reversed' is no other reading of 'table4-reversed'"),
    ],
)
def test_another_reading_has_the_same_cells(copy, other, sentence):
    copy.edit("papers/emaec.yaml", "claims:\n", "claims:\n" + READING.replace("OTHER", other))
    assert sentence in copy.said()


def test_only_fine_tuned_methods_take_gradient_steps(copy):
    text = (copy.config / "papers/dcec.yaml").read_text()
    start = text.index("kind: fewer-iterations")
    copy.write(
        "papers/dcec.yaml",
        text[:start] + text[start:].replace("ahead: dec-conv", "ahead: sae-kmeans"),
    )
    assert "'sae-kmeans' is of stage 'initialise' and takes no gradient steps" in copy.said()


OTHERS = """\
  - slug: on-par
    text: IDEC is as good as DEC.
    place: nowhere
    table: table1
    kind: within
    comparisons: [{ahead: idec, behind: dec}]
    margin: 0.03
    metrics: [acc]
  - slug: training-helps
    text: DCEC gets better while it is trained.
    place: nowhere
    table: table1
    kind: improves
    rows: [dcec]
    metrics: [nmi, acc]
  - slug: sorted
    text: DCEC succeeds where DEC fails.
    place: nowhere
    table: table1
    kind: bounds
    bounds: [{row: dcec, at_least: 0.9}, {row: dec, at_most: 0.25}]
    metrics: [acc]
"""


def with_others(copy, old="", new=""):
    text = (copy.config / "papers/dcec.yaml").read_text() + OTHERS
    assert old in text
    copy.write("papers/dcec.yaml", text.replace(old, new) if old else text)


def test_rows_are_compared_with_margins_starts_and_numbers(copy):
    with_others(copy)
    found = claims(copy)
    assert {slug: len(found[slug]) for slug in ("on-par", "training-helps", "sorted")} == {
        "on-par": 3,
        "training-helps": 3 * 2,
        "sorted": 2 * 3,
    }
    told = {
        pair.row_slug: (pair.ahead.printed, pair.printed_behind, pair.title)
        for pairs in found.values()
        for pair in pairs
        if pair.limit is not None or pair.behind is None
    }
    assert told == {
        "idec-near-dec-0-03": ("IDEC", "DEC, within 3", "IDEC near DEC, within 3"),
        "dcec-over-its-start": ("DCEC", "its start", "DCEC over its start"),
        "dcec-at-least-0-9": ("DCEC", "at least 90", "DCEC at least 90"),
        "dec-at-most-0-25": ("DEC", "at most 25", "DEC at most 25"),
    }


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("rows: [dcec]", "rows: [kmeans]", "'kmeans' is of stage 'cluster' and takes no gradient"),
        ("rows: [dcec]", "rows: [dcce]", "no table1 row 'dcce' — did you mean 'dcec'?"),
        ("{row: dec, at_most", "{row: dce, at_most", "no table1 row 'dce'"),
        ("at_least: 0.9}", "at_least: 0.9, at_most: 0.9}", "one of at_least and at_most"),
        ("at_least: 0.9}", "at_least: 90}", "must be at most 1"),
        ("{ahead: idec, behind: dec}]\n    margin", "{ahead: dec, behind: dec}]\n    margin",
         "'dec' is compared with itself"),
        ("margin: 0.03", "margin: 0", "greater than 0"),
        ("metrics: [nmi, acc]", "metrics: [nmi, ari]", "no table1 metric 'ari'"),
    ],
)  # fmt: skip
def test_faults_of_the_other_kinds_are_told(copy, old, new, sentence):
    with_others(copy, old, new)
    assert sentence in copy.said()


def test_a_share_is_above_0_and_at_most_1(copy):
    copy.edit("papers/dcec.yaml", "kind: better\n", "kind: better\n    share: 1.1\n")
    assert "must be at most 1" in copy.said()
