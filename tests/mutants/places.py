"""Where the files of the results to forge lie."""

from __future__ import annotations

from dataclasses import dataclass

from tests.mutants.base import PAPER, PROTOCOL

FOLDER = f"results/{PROTOCOL}"
LEDGER = f"{FOLDER}/ledger/{PAPER}.csv"
PARQUET = f"{FOLDER}/ledger/{PAPER}.parquet"
EVIDENCE = f"{FOLDER}/evidence/{PAPER}.csv"


@dataclass(frozen=True, order=True)
class Run:
    """A method on a data set with a block of seeds."""

    dataset: str
    method: str
    block: str

    def file(self, name: str) -> str:
        """A file in the folder of the run."""
        return f"{FOLDER}/runs/{self.dataset}/{self.method}/{self.block}/{name}"

    @property
    def predictions(self) -> str:
        """Label vectors."""
        return self.file("predictions.safetensors.gz")

    @property
    def metrics(self) -> str:
        """Scores."""
        return self.file("metrics.json")

    @property
    def history(self) -> str:
        """Losses over the iterations."""
        return self.file("history.csv")

    @property
    def model(self) -> str:
        """Weights and centroids."""
        return f"{FOLDER}/models/{self.dataset}/{self.method}/{self.block}/model.safetensors"

    @property
    def trajectory(self) -> str:
        """Label vectors over the iterations."""
        return self.model.replace("model.", "trajectory.")

    def record(self, rule: str) -> str:
        """Record of a job of the run."""
        return f"{FOLDER}/provenance/{rule}/{self.dataset}/{self.method}/{self.block}.json"
