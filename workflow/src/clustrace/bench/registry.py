"""The sections there are: a section is one module with a function ``measure``."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass

from clustrace.bench.results import Findings
from clustrace.bench.setting import Setting

Measure = Callable[[Setting], Findings]


@dataclass(frozen=True)
class Entry:
    """A section.

    Attributes:
        title: heading in bench.md.
        module: module below this package; imported only when the section runs, since most
            import torch.
    """

    title: str
    module: str

    def load(self) -> Measure:
        """The function that measures."""
        measure: Measure = importlib.import_module(f"clustrace.bench.{self.module}").measure
        return measure


#: All sections by their slugs, in the order in which they run and are printed.
SECTIONS: dict[str, Entry] = {
    "dense": Entry("Dense nets beside ClustPy", "dense"),
    "dcn": Entry("DCN beside ClustPy", "dcn"),
    "vade": Entry("VaDE and N2D beside ClustPy", "vade"),
    "conv": Entry("The convolutional autoencoder", "conv"),
    "k-sparse": Entry("The k-sparse autoencoder", "k_sparse"),
    "rbm": Entry("Restricted Boltzmann machines beside scikit-learn", "rbm"),
    "kmeans-sparse-sae": Entry("Sparse autoencoders on clusters", "kmeans_sparse_sae"),
    "matmul-share": Entry("Share of the machine's matrix-multiply rate", "matmul_share"),
    "memory": Entry("Memory on all of MNIST", "memory"),
    "scaling": Entry("Clustering by all pairs of samples", "scaling"),
    "classical": Entry("Classical methods up to all of MNIST", "classical"),
    "start-up": Entry("Start-up", "start_up"),
    "recording": Entry("Recording and scheduling in a quick run", "recording"),
    "newcomer": Entry("The first commands of the README", "newcomer"),
    "scheduling": Entry("Jobs of a quick run on SLURM", "scheduling"),
    "audit": Entry("Explaining and auditing", "audit"),
    "scale": Entry("Plans of many jobs", "scale"),
    "site": Entry("Building the results site", "site"),
}
