from itertools import combinations
from pathlib import Path

from clustrace.config.layout import Layout

LAYOUT = Layout(Path("root"))
RUN = ("quick", "usps", "dec", "0-2")


def test_data():
    assert LAYOUT.raw("mnist") == Path("root/data/raw/mnist.safetensors")
    folder = Path("root/data/processed/usps/2000")
    assert LAYOUT.features("usps", "2000") == folder / "features.safetensors"
    assert LAYOUT.labels("usps", "2000") == folder / "labels.safetensors"
    assert LAYOUT.download_cache == Path("root/data/raw/.downloads")


def test_files_of_a_run():
    models, runs = (Path(f"root/results/quick/{x}/usps/dec/0-2") for x in ("models", "runs"))
    assert LAYOUT.model(*RUN) == models / "model.safetensors"
    assert LAYOUT.trajectory(*RUN) == models / "trajectory.safetensors"
    assert LAYOUT.predictions(*RUN) == runs / "predictions.safetensors.gz"
    assert LAYOUT.history(*RUN) == runs / "history.csv"
    assert LAYOUT.truth("quick", "usps") == Path("root/results/quick/truth/usps.safetensors.gz")
    assert LAYOUT.metrics(*RUN) == runs / "metrics.json"


def test_files_about_a_job():
    parts = ("finetune", "usps", "dec", "0")
    results = Path("root/results/quick")
    assert LAYOUT.record("quick", *parts) == results / "provenance/finetune/usps/dec/0.json"
    assert LAYOUT.log("quick", *parts) == results / "logs/finetune/usps/dec/0.log"
    assert LAYOUT.benchmark("quick", *parts) == results / "benchmarks/finetune/usps/dec/0.tsv"
    assert LAYOUT.data_record("fetch", "mnist") == Path("root/data/provenance/fetch/mnist.json")
    assert LAYOUT.checkpoints(*RUN) == results / "checkpoints/usps/dec/0-2"


def test_data_files_have_the_record_of_the_rule_that_made_them():
    labels = LAYOUT.labels("usps", "2000")
    assert LAYOUT.record_behind(labels) == LAYOUT.data_record("prepare", "usps", "2000")
    assert LAYOUT.record_behind(LAYOUT.raw("mnist")) == LAYOUT.data_record("fetch", "mnist")
    neighbours = LAYOUT.neighbours("usps", "2000", "graph")
    expected = LAYOUT.data_record("neighbours", "usps", "2000", "graph")
    assert LAYOUT.record_behind(neighbours) == expected
    assert LAYOUT.record_behind(LAYOUT.metrics(*RUN)) is None


def test_files_of_a_paper():
    results = Path("root/results/quick")
    assert LAYOUT.ledger("quick", "dcec") == results / "ledger/dcec.csv"
    assert LAYOUT.table("quick", "dcec", "table1", "tex") == results / "tables/dcec/table1.tex"
    embedding = LAYOUT.embedding("quick", "usps", "dcec", "0-4", "1000")
    assert embedding == results / "runs/usps/dcec/0-4/embedding-1000.safetensors"
    assert LAYOUT.figure("quick", "dcec", "loss", "svg") == results / "figures/dcec/loss.svg"
    assert LAYOUT.summary("smoke") == Path("root/results/smoke/summary.md")


def test_protocols_share_no_path():
    for first, second in combinations(("smoke", "quick", "paper-cpu", "paper"), 2):
        assert LAYOUT.model(first, *RUN[1:]) != LAYOUT.model(second, *RUN[1:])
        assert not LAYOUT.protocol(first).is_relative_to(LAYOUT.protocol(second))


def test_paths_are_relative_to_the_current_folder_unless_told():
    assert Layout().metrics(*RUN) == Path("results/quick/runs/usps/dec/0-2/metrics.json")


def test_what_dvc_keeps_lies_in_folders_of_their_own():
    model = LAYOUT.model("paper", "usps", "dec", "0-4")
    assert LAYOUT.tracked(model) == Path("root/results/paper/models/usps/dec")
    assert LAYOUT.tracked(LAYOUT.labels("usps", "all")) == LAYOUT.prepared("usps", "all")
    neighbours = LAYOUT.neighbours("usps", "all", "graph")
    assert LAYOUT.tracked(neighbours) == Path("root/data/neighbours/usps/all")
    assert LAYOUT.tracked(LAYOUT.raw("usps")) == LAYOUT.raw("usps")
    assert LAYOUT.pointer(LAYOUT.raw("usps")) == Path("root/data/raw/usps.safetensors.dvc")
    for in_git in (LAYOUT.predictions("paper", "usps", "dec", "0"), LAYOUT.truth("paper", "usps")):
        assert LAYOUT.tracked(in_git) is None
