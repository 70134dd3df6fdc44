"""A finished project that can be altered and put back, and what its files are called."""

from __future__ import annotations

import csv
import io
import json
import os
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from clustrace.config.experiment import Experiment, load_experiment
from clustrace.config.papers import Paper
from clustrace.config.plan import Plan
from clustrace.data.artefact import Artefact, read_artefact, write_artefact
from clustrace.files import sha256_bytes
from tests.mutants.base import PAPER, PROTOCOL
from tests.mutants.places import FOLDER, LEDGER, Run

FORMS = ("csv", "md", "tex", "html")

Json = Any
Row = dict[str, str]
Choice = TypeVar("Choice")

_ALTERED = ("results", "data")
_LEFT_ALONE = ("logs", "benchmarks", "checkpoints")


@dataclass(frozen=True)
class _Kept:
    content: bytes
    mode: int
    times: tuple[int, int]
    """Access and modification, in nanoseconds."""
    inode: int


class Tree:
    """The files of a finished project below the working directory.

    Paths are relative to it, with forward slashes, as in records.
    """

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {path: _kept(path) for path in _files()}

    def restore(self) -> None:
        """Put every file below results/ and data/ back as it was."""
        for path in _files():
            if path not in self._kept:
                os.unlink(path)
            elif not self._is_untouched(path):
                self._put_back(path)
        for path in self._kept:
            if not os.path.lexists(path):
                self._put_back(path)

    def _is_untouched(self, path: str) -> bool:
        kept, now = self._kept[path], os.lstat(path)
        found = (now.st_size, now.st_mtime_ns, now.st_ino, now.st_mode)
        return found == (len(kept.content), kept.times[1], kept.inode, kept.mode)

    def _put_back(self, path: str) -> None:
        kept, file = self._kept[path], Path(path)
        file.unlink(missing_ok=True)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(kept.content)
        file.chmod(kept.mode)
        os.utime(file, ns=kept.times)
        self._kept[path] = _Kept(kept.content, kept.mode, kept.times, file.stat().st_ino)

    @property
    def paths(self) -> Iterator[str]:
        """Files below results/ and data/ as they were."""
        return iter(self._kept)

    def altered(self) -> bool:
        """True if any file is not as it was."""
        now = set(_files())
        return now != set(self._kept) or any(not self._is_untouched(path) for path in now)

    def original(self, path: str) -> bytes:
        """Content of a file before it was altered."""
        return self._kept[path].content

    @cached_property
    def experiment(self) -> Experiment:
        """What config/ declares."""
        return load_experiment(".", {"protocol": PROTOCOL, "papers": PAPER})

    @cached_property
    def plan(self) -> Plan:
        """What is to be run."""
        return Plan(self.experiment)

    @property
    def paper(self) -> Paper:
        """The paper that the results are of."""
        return self.experiment.papers[PAPER]

    def exists(self, path: str) -> bool:
        """True if there is such a file."""
        return Path(path).is_file()

    def delete(self, path: str) -> None:
        """Delete a file."""
        Path(path).unlink()

    def bytes(self, path: str) -> bytes:
        """Content of a file."""
        return Path(path).read_bytes()

    def write(self, path: str, content: bytes | str) -> None:
        """Write a file."""
        file = Path(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        # A hard link's other names keep what they have.
        file.unlink(missing_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)

    def sha256(self, path: str) -> str:
        """Hash of a file."""
        return sha256_bytes(self.bytes(path))

    def size(self, path: str) -> int:
        """Bytes of a file."""
        return Path(path).stat().st_size

    def text(self, path: str) -> str:
        """Content of a text file."""
        return self.bytes(path).decode()

    def json(self, path: str) -> Json:
        """Content of a JSON file."""
        return json.loads(self.bytes(path))

    def write_json(self, path: str, content: Json) -> None:
        """Write a JSON file as the workflow does."""
        self.write(path, json.dumps(content, indent=2, sort_keys=True) + "\n")

    def rows(self, path: str = LEDGER) -> list[Row]:
        """Rows of a CSV file."""
        return list(csv.DictReader(io.StringIO(self.text(path), newline="")))

    def write_rows(self, rows: Sequence[Mapping[str, Any]], path: str = LEDGER) -> None:
        """Write a CSV file with the columns of the first row."""
        text = io.StringIO()
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        self.write(path, text.getvalue())

    def artefact(self, path: str) -> Artefact:
        """Content of an artefact."""
        return read_artefact(path)

    def write_arrays(self, path: str, arrays: Mapping[str, np.ndarray], **about: Any) -> None:
        """Write an artefact with other arrays, and with its facts but for those given."""
        facts = self.artefact(path).about | about
        write_artefact(path, arrays, about=facts)

    @cached_property
    def runs(self) -> list[Run]:
        """Clusterings that were evaluated."""
        return [run for run in self._evaluated if self.stage(run) != "classify"]

    @cached_property
    def classifiers(self) -> list[Run]:
        """Classifiers that were evaluated."""
        return [run for run in self._evaluated if self.stage(run) == "classify"]

    @cached_property
    def _evaluated(self) -> list[Run]:
        return [
            Run(*Path(path).parts[-4:-1])
            for path in sorted(self._kept)
            if path.endswith("/metrics.json")
        ]

    @cached_property
    def trainings(self) -> list[Run]:
        """Runs that have a history of losses."""
        found = [
            Run(*Path(path).parts[-4:-1])
            for path in sorted(self._kept)
            if path.endswith("/history.csv")
        ]
        return [run for run in found if self.stage(run) != "classify"]

    @property
    def finetunings(self) -> list[Run]:
        """Runs that have label vectors over time."""
        return [run for run in self.runs if self.stage(run) == "finetune"]

    def stage(self, run: Run) -> str:
        """The rule that made a run."""
        return self.experiment.methods[run.method].stage

    def labels(self, run: Run) -> dict[int, np.ndarray]:
        """Label vectors of a run by seed."""
        arrays = self.artefact(run.predictions).arrays
        return {int(name.removeprefix("seed-")): array for name, array in arrays.items()}

    def truth_file(self, dataset: str) -> str:
        """File of the true labels."""
        return f"{FOLDER}/truth/{dataset}.safetensors.gz"

    def truth(self, dataset: str) -> np.ndarray:
        """True labels as evaluation reads them."""
        return self.artefact(self.truth_file(dataset)).arrays["labels"]

    def prepared(self, dataset: str, name: str) -> str:
        """File of prepared features or labels."""
        return f"data/processed/{dataset}/{self.experiment.subset(dataset)}/{name}.safetensors"

    def raw(self, dataset: str) -> str:
        """File of the raw data of a data set."""
        return f"data/raw/{self.experiment.dataset(dataset).raw}.safetensors"

    @property
    def records(self) -> Iterator[str]:
        """All records, of data first."""
        of_data = (f"data/provenance/{rule}" for rule in ("fetch", "prepare", "reveal"))
        for top in (*of_data, f"{FOLDER}/provenance"):
            for here, folders, names in os.walk(top):
                folders[:] = sorted(name for name in folders if name != "objects")
                yield from (f"{here}/{name}" for name in sorted(names) if name.endswith(".json"))

    def maker(self, path: str) -> str:
        """The record of the job that wrote a file."""
        return next(place for place in self.records if path in self.outputs(place))

    def outputs(self, record: str) -> list[str]:
        """Files that a job wrote."""
        return _paths(self.json(record)["outputs"])

    def inputs(self, record: str) -> list[str]:
        """Files that a job read."""
        return _paths(self.json(record)["inputs"])

    @property
    def tables(self) -> list[str]:
        """Stems of the tables: a path without its suffix."""
        slugs = [table.slug for table in self.paper.tables] + ["claims"]
        return [f"{FOLDER}/tables/{PAPER}/{slug}" for slug in slugs]


def pick(rng: random.Random, choices: Sequence[Choice]) -> Choice:
    """One of several."""
    return choices[rng.randrange(len(choices))]


def _paths(files: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[str]:
    return [file["path"] for listed in files.values() for file in listed]


def _files() -> Iterator[str]:
    for top in _ALTERED:
        for here, folders, names in os.walk(top):
            folders[:] = [name for name in folders if name not in _LEFT_ALONE]
            yield from (f"{here}/{name}" for name in names)


def _kept(path: str) -> _Kept:
    found = os.stat(path)
    content = Path(path).read_bytes()
    return _Kept(content, found.st_mode, (found.st_atime_ns, found.st_mtime_ns), found.st_ino)
