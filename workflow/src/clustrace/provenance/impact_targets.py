"""What a path or a key names: code, a recorded file, or a part of the configuration."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from clustrace.config.sentences import nearest
from clustrace.errors import ConfigError
from clustrace.provenance.code_identity import package_folder
from clustrace.provenance.config_targets import KINDS, config_target
from clustrace.provenance.impact import JobFacts, Results, Target

_CONFIG = "config/"


def target_of(text: str, root: Path, results: Sequence[Results]) -> Target:
    """The target that a path or a key names.

    Args:
        text: a path (relative to the current folder, or to the repository), the name of a
            module, or a key such as ``methods.sae.learning_rate``.
        root: repository root.
        results: results that it may concern.

    Raises:
        ConfigError: no record knows it and the configuration has no such key.
    """
    path = _path(text, root)
    if path.startswith(_CONFIG):
        return config_target(path, root)
    if not (root / path).exists() and text.partition(".")[0] in KINDS:
        return config_target(text, root)
    jobs = [(each, job) for each in results for job in each.lineage.current]
    modules = {module for each, job in jobs for module in each.modules(job)}
    module = text if text in modules else _module(path, root, modules)
    if module is not None:
        return _code(module)
    files = {file.path for _, job in jobs for file in (*job.read, *job.written)}
    if path in files or any(file.startswith(f"{path}/") for file in files):
        return _file(path)
    if path.endswith(".py") and (root / path).is_file():
        # Code that no job imports: an adapter, a test, a command.
        return Target(path, lambda _: False)
    raise ConfigError(
        f"No record names {text}{nearest(path, files | modules) or '.'} Give a file that a job "
        "read, a file of the code or of config/, or a key such as methods.sae.learning_rate."
    )


def _path(text: str, root: Path) -> str:
    """A path relative to the root; what lies elsewhere stays as it is."""
    full = os.path.abspath(text)
    top = os.path.abspath(root)
    if os.path.exists(full) and os.path.commonpath((full, top)) == top and full != top:
        return os.path.relpath(full, top).replace(os.sep, "/")
    return text.removeprefix("./").rstrip("/")


def _module(path: str, root: Path, modules: Iterable[str]) -> str | None:
    """The recorded module whose source a path is."""
    full = Path(os.path.abspath(root / path))
    for package in sorted({module.partition(".")[0] for module in modules}):
        try:
            folder = package_folder(package)
        except ConfigError:
            continue
        if full.is_relative_to(folder) and full.suffix == ".py":
            parts = full.relative_to(folder).with_suffix("").parts
            inside = parts[:-1] if parts[-1:] == ("__init__",) else parts
            name = ".".join((package, *inside))
            return name if name in modules else None
    return None


def _code(module: str) -> Target:
    def concerns(facts: JobFacts) -> bool:
        # Whatever code fetches them, raw data are what their fingerprint says.
        return module in facts.modules and "fingerprint" not in facts.parameters

    return Target(f"the code of {module}", concerns)


def _file(path: str) -> Target:
    def concerns(facts: JobFacts) -> bool:
        return any(f.path == path or f.path.startswith(f"{path}/") for f in facts.job.read)

    return Target(path, concerns)
