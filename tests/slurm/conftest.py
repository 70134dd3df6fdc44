"""The cluster of these tests."""

from collections.abc import Iterator

import pytest

from tests.workflow.servers import skip_or_fail

from .cluster import Cluster, unusable


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """SLURM that runs; the tests are skipped, or in CI fail, where there can be none."""
    if reason := unusable():
        skip_or_fail(reason)
    with Cluster.start() as cluster:
        yield cluster
