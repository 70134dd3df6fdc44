import pytest

from clustrace.config.drawn import drawn_files, filter_settings, network_runs
from clustrace.config.plan import Plan, Run
from clustrace.errors import ConfigError

PROTOCOL = """\
slug: tiny
title: Tiny
stamp: nothing
seeds: 3
seeds_per_job: {size}
verdicts: false
precision: bfloat16
overrides:
  dec: {{batch_size: 8}}
  sae: {{epochs: 2}}
"""


def plan(copy, size="all", **given):
    copy.write("protocols/tiny.yaml", PROTOCOL.format(size=size))
    return Plan(copy.load(protocol="tiny", **given))


def relative(copy, paths):
    return [path.relative_to(copy.root).as_posix() for path in paths]


def test_runs_are_the_cells_that_have_a_method(copy):
    runs = plan(copy, papers="dcec").runs
    table = copy.load().papers["dcec"].tables[0]
    methods = [row.method for row in table.rows if row.method]
    assert set(runs) == {Run(c.dataset, method) for c in table.columns for method in methods}
    assert len(set(runs)) == len(runs)


def test_demonstration_is_built_only_by_name(copy):
    papers = ["dcec", "dcn", "emaec", "k-sparse", "kmeans-sparse-sae"]
    assert [paper.slug for paper in plan(copy).papers] == papers
    assert {run.dataset for run in plan(copy, papers="demonstration").runs} == {"digits"}
    both = plan(copy, papers="dcec,demonstration")
    assert [paper.slug for paper in both.papers] == ["dcec", "demonstration"]


def test_restriction(copy):
    assert plan(copy, datasets="usps", methods="dec,kmeans").runs == (
        Run("usps", "kmeans"),
        Run("usps", "dec"),
    )


def test_runs_of_two_papers_are_not_repeated(copy):
    text = (copy.config / "papers/demonstration.yaml").read_text()
    copy.write("papers/second.yaml", text.replace("slug: demonstration", "slug: second"))
    for suffix in (".deviations.yaml", ".published.csv"):
        first = (copy.config / f"papers/demonstration{suffix}").read_text()
        copy.write(f"papers/second{suffix}", first)
    both = plan(copy, papers="demonstration,second")
    assert both.runs == plan(copy, papers="second").runs


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {"datasets": "digits"},
            "Nothing to run: papers=all has no cell for datasets=digits and methods=all; choose "
            "papers=demonstration, which has some. papers=all has the data sets 20newsgroups, ",
        ),
        (
            {"papers": "demonstration", "datasets": "usps"},
            "Nothing to run: papers=demonstration has no cell for datasets=usps and methods=all; "
            "choose papers=dcec,emaec, which has some. papers=demonstration has the data sets ",
        ),
        (
            {"datasets": "coil100", "methods": "dec,idec"},
            "Nothing to run: papers=all has no cell for datasets=coil100 and methods=dec,idec; "
            "choose others. papers=all has",
        ),
    ],
)
def test_nothing_to_run(copy, given, expected):
    with pytest.raises(ConfigError) as caught:
        _ = plan(copy, **given).runs
    assert str(caught.value).startswith(expected)


@pytest.mark.parametrize(
    ("size", "blocks"), [("all", ["0-2"]), (1, ["0", "1", "2"]), (2, ["0-1", "2"])]
)
def test_metrics_of_each_block(copy, size, blocks):
    made = plan(copy, size, datasets="usps", methods="dec")
    assert relative(copy, made.metrics_of(made.papers[0])) == [
        f"results/tiny/runs/usps/dec/{block}/metrics.json" for block in blocks
    ]


def test_tables_figures_and_ledgers(copy):
    made = plan(copy, papers="demonstration")
    assert relative(copy, made.tables) == [
        f"results/tiny/tables/demonstration/{table}.{form}"
        for table in ("table1", "claims")
        for form in ("csv", "md", "tex", "html")
    ]
    assert relative(copy, made.figures) == [
        f"results/tiny/figures/demonstration/{figure}.{form}"
        for figure in ("learning-curves", "embeddings")
        for form in ("png", "svg")
    ]
    assert relative(copy, made.ledgers) == ["results/tiny/ledger/demonstration.csv"]
    assert relative(copy, made.parquet) == ["results/tiny/ledger/demonstration.parquet"]


def test_settings_of_a_run_that_starts_from_another(copy):
    made = plan(copy)
    experiment = made.experiment
    settings = made.run_settings("usps", "dec", "1-2")
    assert settings["estimator"] == experiment.methods["dec"].estimator
    assert settings["arguments"]["batch_size"] == 8
    assert settings["pretrained"]["estimator"] == experiment.methods["sae"].estimator
    assert settings["pretrained"]["arguments"]["epochs"] == 2
    assert settings["input_scale"] == experiment.input_scale("sae", "usps")
    assert settings["n_clusters"] == 10
    assert settings["seeds"] == [1, 2]
    assert settings["precision"] == "bfloat16"


@pytest.mark.parametrize("method", ["kmeans", "sae"])
def test_settings_of_a_run_that_starts_from_nothing(copy, method):
    made = plan(copy)
    settings = made.run_settings("usps", method, "0")
    assert settings["pretrained"] is None
    assert settings["input_scale"] == made.experiment.input_scale(method, "usps")


def test_starts_and_stages(copy):
    made = plan(copy)
    assert made.start_of("dec") == "sae-kmeans"
    assert made.start_of("sae") is None
    stages = [
        "pretrain",
        "initialise",
        "finetune",
        "cluster",
        "neighbours",
        "partition",
        "classify",
    ]
    methods = [method for stage in stages for method in made.methods_of(stage)]
    assert sorted(methods) == sorted(made.experiment.methods)
    for method in methods:  # what a method starts from is of an earlier stage, so none is circular
        chain = [made.experiment.methods[m].stage for m in made.experiment.chain(method)]
        assert chain == sorted(chain, key=stages.index)


def test_methods_share_the_neighbours_of_a_data_set(copy):
    made = plan(copy, papers="emaec", datasets="usps", methods="gnmf,rcc,lsc")
    graphs = [path for path in made.records if "neighbours" in path.parts]
    place = "data/provenance/neighbours/usps/all/neighbours-cosine.json"
    assert [path.relative_to(copy.root).as_posix() for path in graphs] == [place]
    assert (made.neighbours_of("gnmf"), made.neighbours_of("lsc")) == ("neighbours-cosine", None)
    assert made.neighbour_settings("usps", "neighbours-cosine")["arguments"]["n_neighbors"] == 20
    settings = made.run_settings("usps", "gnmf", "0")
    assert (settings["pretrained"], settings["n_clusters"]) == (None, 10)
    assert made.run_settings("usps", "rcc", "0")["n_clusters"] is None


def test_a_method_that_trains_nothing_shows_the_embedding_it_starts_from(copy):
    made = plan(copy)
    found = {method: made.network_of(method) for method in ("cae-kmeans", "dec-conv", "dcec")}
    assert found == {"cae-kmeans": "cae", "dec-conv": "dec-conv", "dcec": "dcec"}
    settings = made.embedding_settings("usps", "cae-kmeans", "1-2", 1000)
    assert (settings["seeds"], settings["samples"]) == ([1], 1000)
    assert settings["pretrained"]["estimator"] == made.experiment.methods["cae"].estimator


def test_a_classifier_is_told_to_evaluation(copy):
    made = plan(copy)
    assert made.evaluation_settings("mnist-classes", "raw-pixels-logistic") == {"supervised": True}
    assert made.evaluation_settings("usps", "kmeans") == {}


def test_networks_of_figures_are_run_without_a_table(copy):
    made = plan(copy, papers="k-sparse")
    paper = made.experiment.papers["k-sparse"]
    run = Run("mnist-classes", "k-sparse-70")
    assert run not in made.runs_of(paper)
    files = relative(copy, drawn_files(made, paper, paper.figure("figure1")))
    assert "results/tiny/runs/mnist-classes/k-sparse-70/0-2/filters-144.safetensors" in files
    assert len(files) == 4
    settings = filter_settings(made, "mnist-classes", "k-sparse-70", "0-2", 144)
    assert (settings["seeds"], settings["units"]) == ([0], 144)
    assert settings["pretrained"]["arguments"]["k"] == 70


def test_a_restricted_run_draws_no_other_networks(copy):
    made = plan(copy, papers="k-sparse", methods="k-sparse-25-logistic,k-sparse-25")
    paper = made.experiment.papers["k-sparse"]
    assert [run.method for run in network_runs(made, paper.figure("figure1"))] == ["k-sparse-25"]


def test_seconds_are_read_from_the_records_of_the_whole_chain(copy):
    made = plan(copy, papers="k-sparse")
    paper = made.experiment.papers["k-sparse"]
    assert made.timed_of(paper) == []
    records = made.records_of(Run("mnist-classes", "rbm-logistic"), "0-2")
    assert relative(copy, records) == [
        "results/tiny/provenance/pretrain/mnist-classes/rbm/0-2.json",
        "results/tiny/provenance/classify/mnist-classes/rbm-logistic/0-2.json",
    ]


def test_seconds_of_nearest_neighbours_are_read_where_data_are_recorded(copy):
    made = plan(copy, papers="emaec")
    records = made.records_of(Run("semeion", "spectral-sparse"), "0-2")
    assert relative(copy, records) == [
        "data/provenance/neighbours/semeion/all/neighbours-euclidean.json",
        "results/tiny/provenance/partition/semeion/spectral-sparse/0-2.json",
    ]
    assert set(records) <= set(made.timed_of(made.experiment.papers["emaec"]))
