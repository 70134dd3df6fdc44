"""Where files lie: every path of the pipeline is made here, relative to the repository root."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Layout:
    """Paths of data and results.

    ``{subset}`` is ``all`` or the number of samples drawn; ``{block}`` a block of seeds such as
    ``0`` or ``0-4``.
    """

    root: Path = Path()

    @property
    def download_cache(self) -> Path:
        """Where unfinished downloads wait to be resumed."""
        return self.root / "data/raw/.downloads"

    def raw(self, raw: str) -> Path:
        """Samples and labels of a body of data, as its publisher gives them."""
        return self.root / f"data/raw/{raw}.safetensors"

    def prepared(self, dataset: str, subset: str) -> Path:
        """Folder with ``features.safetensors`` and ``labels.safetensors`` of a data set."""
        return self.root / f"data/processed/{dataset}/{subset}"

    def features(self, dataset: str, subset: str) -> Path:
        """Features, scaled to [0, 1]; nothing in it derives from labels."""
        return self.prepared(dataset, subset) / "features.safetensors"

    def labels(self, dataset: str, subset: str) -> Path:
        """True labels; the rule ``truth`` reads them for evaluation, and ``reveal`` parts them."""
        return self.prepared(dataset, subset) / "labels.safetensors"

    def training_labels(self, dataset: str, subset: str) -> Path:
        """Labels that classifiers may learn from; -1 for the samples of the test part."""
        return self.prepared(dataset, subset) / "training-labels.safetensors"

    def neighbours(self, dataset: str, subset: str, method: str) -> Path:
        """Nearest neighbours of the samples of a data set, which all protocols share."""
        return self.root / f"data/neighbours/{dataset}/{subset}/{method}.safetensors"

    def protocol(self, protocol: str) -> Path:
        """Folder of all results of a protocol."""
        return self.root / f"results/{protocol}"

    def model(self, protocol: str, dataset: str, method: str, block: str) -> Path:
        """Weights and centroids of one job."""
        return self.protocol(protocol) / f"models/{dataset}/{method}/{block}/model.safetensors"

    def trajectory(self, protocol: str, dataset: str, method: str, block: str) -> Path:
        """Label vectors of one job over its iterations."""
        return self.model(protocol, dataset, method, block).with_name("trajectory.safetensors")

    def run(self, protocol: str, dataset: str, method: str, block: str) -> Path:
        """Folder with label vectors, history and metrics of one job."""
        return self.protocol(protocol) / f"runs/{dataset}/{method}/{block}"

    def predictions(self, protocol: str, dataset: str, method: str, block: str) -> Path:
        """Label vectors of one job, one for each seed."""
        return self.run(protocol, dataset, method, block) / "predictions.safetensors.gz"

    def truth(self, protocol: str, dataset: str) -> Path:
        """True labels of a data set as evaluation reads them."""
        return self.protocol(protocol) / f"truth/{dataset}.safetensors.gz"

    def history(self, protocol: str, dataset: str, method: str, block: str) -> Path:
        """Losses over the iterations of one job."""
        return self.run(protocol, dataset, method, block) / "history.csv"

    def metrics(self, protocol: str, dataset: str, method: str, block: str) -> Path:
        """Scores of the label vectors of one job."""
        return self.run(protocol, dataset, method, block) / "metrics.json"

    def embedding(self, protocol: str, dataset: str, method: str, block: str, samples: str) -> Path:
        """Embedding of some samples by the first seed of one job."""
        folder = self.run(protocol, dataset, method, block)
        return folder / f"embedding-{samples}.safetensors"

    def filters(self, protocol: str, dataset: str, method: str, block: str, units: str) -> Path:
        """Weights of some units of the first layer, of the first seed of one job."""
        return self.run(protocol, dataset, method, block) / f"filters-{units}.safetensors"

    def activations(
        self,
        protocol: str,
        dataset: str,
        method: str,
        block: str,
        samples: str,
        largest: str,
        bins: str,
    ) -> Path:
        """Histogram of the features of some samples, by the first seed of one job."""
        folder = self.run(protocol, dataset, method, block)
        return folder / f"activations-{samples}-{largest}-{bins}.safetensors"

    def record(self, protocol: str, *parts: str) -> Path:
        """Record of one job: ``parts`` are the rule and its wildcards."""
        return self.protocol(protocol) / "provenance" / f"{'/'.join(parts)}.json"

    def log(self, protocol: str, *parts: str) -> Path:
        """Log of one job: ``parts`` are the rule and its wildcards."""
        return self.protocol(protocol) / "logs" / f"{'/'.join(parts)}.log"

    def data_record(self, *parts: str) -> Path:
        """Record of a job that makes data: ``parts`` are the rule and its wildcards."""
        return self.root / f"data/provenance/{'/'.join(parts)}.json"

    def record_behind(self, path: Path) -> Path | None:
        """Record of the job that made a data file; None for files that are not below ``data/``."""
        match path.relative_to(self.root).parts:
            case ("data", "raw", name):
                return self.data_record("fetch", name.removesuffix(".safetensors"))
            case ("data", "processed", dataset, subset, _):
                revealed = path == self.training_labels(dataset, subset)
                return self.data_record("reveal" if revealed else "prepare", dataset, subset)
            case ("data", "neighbours", dataset, subset, name):
                method = name.removesuffix(".safetensors")
                return self.data_record("neighbours", dataset, subset, method)
        return None

    def tracked(self, path: Path) -> Path | None:
        """File or folder that DVC tracks a file in.

        That is raw data, a data set, the neighbours of its samples, or the models of a method.

        None for files that DVC does not keep.
        """
        match path.relative_to(self.root).parts:
            case ("data", "raw", _):
                return path
            case ("data", "processed" | "neighbours", _, _, _):
                return path.parent
            case ("results", protocol, "models", dataset, method, _, _):
                return self.protocol(protocol) / "models" / dataset / method
        return None

    @staticmethod
    def pointer(tracked: Path) -> Path:
        """DVC's file in git that stands for the bytes of a file or folder."""
        return tracked.with_name(f"{tracked.name}.dvc")

    def data_log(self, *parts: str) -> Path:
        """Log of a job that makes data: ``parts`` are the rule and its wildcards."""
        return self.root / f"data/logs/{'/'.join(parts)}.log"

    def benchmark(self, protocol: str, *parts: str) -> Path:
        """Time and memory of one job: ``parts`` are the rule and its wildcards."""
        return self.protocol(protocol) / "benchmarks" / f"{'/'.join(parts)}.tsv"

    def checkpoints(self, protocol: str, dataset: str, method: str, block: str) -> Path:
        """Folder of the checkpoints of a job under way."""
        return self.protocol(protocol) / f"checkpoints/{dataset}/{method}/{block}"

    def heartbeats(self, protocol: str) -> Path:
        """Folder where running jobs say how far they are."""
        return self.protocol(protocol) / "checkpoints/heartbeat"

    def heartbeat(self, protocol: str, *parts: str) -> Path:
        """Last sign of life of a job: ``parts`` are the rule and its wildcards."""
        return self.heartbeats(protocol) / f"{'-'.join(parts)}.json"

    def ledger(self, protocol: str, paper: str, form: str = "csv") -> Path:
        """Every number and array of a paper's tables, claims and figures, as csv or parquet."""
        return self.protocol(protocol) / f"ledger/{paper}.{form}"

    def evidence(self, protocol: str, paper: str) -> Path:
        """What audits confirmed of a paper's numbers."""
        return self.protocol(protocol) / f"evidence/{paper}.csv"

    def attested(self, protocol: str) -> Path:
        """What repetitions under later code say of jobs that earlier code did."""
        return self.protocol(protocol) / "evidence/attested.json"

    def table(self, protocol: str, paper: str, table: str, form: str) -> Path:
        """A table, or ``claims``, in one of the forms csv, md, tex, html."""
        return self.protocol(protocol) / f"tables/{paper}/{table}.{form}"

    def figure(self, protocol: str, paper: str, figure: str, form: str) -> Path:
        """A figure in one of the forms png, svg."""
        return self.protocol(protocol) / f"figures/{paper}/{figure}.{form}"

    def summary(self, protocol: str) -> Path:
        """What was computed, on one screen."""
        return self.protocol(protocol) / "summary.md"

    def bench(self, form: str, *, quick: bool = False) -> Path:
        """Figures of the benchmarks in one of the forms json, md; those of a trial lie apart."""
        return self.root / f"results/bench{'-quick' if quick else ''}.{form}"
