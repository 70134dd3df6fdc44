"""A site of the small results, and a browser to look at it with."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from clustrace.config.experiment import load_experiment
from clustrace.report.site.places import site_folder
from clustrace.report.site.writing import write_site
from tests.small_results import PROTOCOL, build
from tests.workflow.servers import skip_or_fail

from .site import Visit, browser, missing, visit


@pytest.fixture(scope="session")
def results(tmp_path_factory) -> Path:
    """A repository with small results."""
    root = tmp_path_factory.mktemp("browser") / "results of a test"
    root.mkdir()
    build(root)
    return root


@pytest.fixture(scope="session")
def site(results) -> Path:
    """The site of the small results."""
    return built(results)


def built(root: Path) -> Path:
    """Build the site of a repository; returns its folder."""
    with contextlib.chdir(root):
        experiment = load_experiment(".", {"protocol": PROTOCOL})
        write_site(experiment)
        return site_folder(experiment.layout, PROTOCOL).resolve()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser; tests are skipped, or in CI fail, where there is none."""
    if reason := missing():
        skip_or_fail(reason)
    with browser() as started:
        yield started


@pytest.fixture
def look(chromium, site) -> Iterator[Visit]:
    """A page of the site; whatever it complains of on its console fails the test."""
    with visit(chromium, site) as found:
        yield found
    assert not found.complaints


@pytest.fixture(scope="session")
def shots(request) -> Path:
    """Folder of the screenshots, below that of pytest's cache."""
    folder = Path(request.config.cache.mkdir("screenshots"))
    return folder
