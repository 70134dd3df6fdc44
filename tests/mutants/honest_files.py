"""The same results in files elsewhere, touched, linked, missing or beside others."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.mutants.forge import keep_object
from tests.mutants.honest import Honest
from tests.mutants.places import FOLDER
from tests.mutants.recorded import result_records
from tests.mutants.tree import Tree, pick

_FOLDERS = ("results", "data")


class Elsewhere(Honest):
    """The checkout lies in another folder, of a name that needs care."""

    name = "other path of the checkout"

    def vary(self, tree: Tree, rng: random.Random) -> str:
        """Nothing is altered in place."""
        return "a folder with spaces and an umlaut"

    @contextmanager
    def audited(self, folder: Path) -> Iterator[Path]:
        """A copy in the other folder."""
        copy = folder / "some where" / "Prüfung, 2"
        for name in (*_FOLDERS, "config"):
            shutil.copytree(name, copy / name)
        yield copy
        shutil.rmtree(copy)


class Touched(Honest):
    """Other times of modification, as after a clone."""

    name = "times of modification"

    def vary(self, tree: Tree, rng: random.Random) -> str:
        """Touch all files, in no order."""
        paths = list(tree.paths)
        for path in paths:
            time = rng.uniform(1e9, 2e9)
            os.utime(path, (time, time))
        return f"{len(paths)} files"


class Locked(Honest):
    """Files that must not be written."""

    name = "permissions of files"

    def vary(self, tree: Tree, rng: random.Random) -> str:
        """Take away the permission to write."""
        paths = rng.sample(list(tree.paths), 50)
        for path in paths:
            Path(path).chmod(0o444)
        return f"{len(paths)} files"


class Linked(Honest):
    """Weights and data that are links to a cache, as DVC may make them."""

    name = "links to a cache"

    def vary(self, tree: Tree, rng: random.Random) -> str:
        """Move files to a cache, and link them."""
        cache = Path("cache").absolute()
        cache.mkdir(exist_ok=True)
        paths = [p for p in tree.paths if p.startswith(("data/", f"{FOLDER}/models/"))]
        symbolic = rng.random() < 0.5
        for number, path in enumerate(p for p in paths if p.endswith(".safetensors")):
            kept = cache / str(number)
            shutil.copyfile(path, kept)
            Path(path).unlink()
            if symbolic:
                Path(path).symlink_to(kept)
            else:
                Path(path).hardlink_to(kept)
        return "symbolic links" if symbolic else "hard links"

    @contextmanager
    def audited(self, folder: Path) -> Iterator[Path]:
        """As it is; the cache goes afterwards."""
        yield Path()
        shutil.rmtree("cache")


class FreshClone(Honest):
    """What git alone has: no data, no weights, no Parquet, no logs."""

    name = "fresh clone without DVC"

    def vary(self, tree: Tree, rng: random.Random) -> str:
        """Delete what git ignores."""
        for folder in ("data", *(f"{FOLDER}/{name}" for name in ("models", "logs", "benchmarks"))):
            for path in sorted(Path(folder).rglob("*")):
                if path.is_file() and not any(p in path.parts for p in ("logs", "benchmarks")):
                    path.unlink()
        for path in Path(FOLDER, "ledger").glob("*.parquet"):
            path.unlink()
        return "data/ and models/"


class SomeBytesMissing(Honest):
    """Some weights or data that no remote has."""

    name = "weights or data missing"

    def vary(self, tree: Tree, rng: random.Random) -> str:
        """Delete some of them."""
        tops = ("data/raw/", "data/processed/", f"{FOLDER}/models/")
        paths = [path for path in tree.paths if path.startswith(tops)]
        gone = rng.sample(paths, rng.randrange(1, len(paths)))
        for path in gone:
            tree.delete(path)
        return f"{len(gone)} of {len(paths)}"


class PointersBeside(Honest):
    """DVC's pointers, and notes for readers."""

    name = "DVC pointers beside results"

    def vary(self, tree: Tree, rng: random.Random) -> str:
        """Write them."""
        run = pick(rng, tree.runs)
        tree.write(f"{FOLDER}/models/{run.dataset}/{run.method}.dvc", "outs:\n- path: a\n")
        tree.write(f"{FOLDER}/models/{run.dataset}/.gitignore", f"/{run.method}\n")
        tree.write(f"{FOLDER}/README.md", "# Results\n")
        return f"{FOLDER}/models/{run.dataset}"


class UnusedObject(Honest):
    """An object of a run that was replaced since."""

    name = "object that no record refers to"

    def vary(self, tree: Tree, rng: random.Random) -> str:
        """Keep one."""
        record = tree.bytes(pick(rng, result_records(tree)))
        return keep_object(FOLDER, record.replace(b'"threads": 1', b'"threads": 4'))


VARIATIONS: tuple[type[Honest], ...] = (
    Elsewhere,
    Touched,
    Locked,
    Linked,
    FreshClone,
    SomeBytesMissing,
    PointersBeside,
    UnusedObject,
)
