"""Running sections: each one is saved when it is done, beside those of earlier days."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from clustrace.bench.circumstances import Start, circumstances_since
from clustrace.bench.registry import SECTIONS, Entry
from clustrace.bench.render import render
from clustrace.bench.results import Findings, Goal, Section, read_results, write_results
from clustrace.bench.setting import Setting
from clustrace.config.yamlfile import unknown
from clustrace.errors import ClustraceError
from clustrace.files import write_text


@dataclass(frozen=True)
class BenchFiles:
    """Where the figures go.

    Attributes:
        json: all figures.
        markdown: tables for readers, made from ``json``.
    """

    json: Path
    markdown: Path


def chosen(slugs: Sequence[str]) -> list[str]:
    """Sections to run, in their order; all if none is named.

    Raises:
        ConfigError: there is no section of a name.
    """
    for slug in slugs:
        if slug not in SECTIONS:
            raise unknown("section", slug, SECTIONS, "clustrace bench")
    return [slug for slug in SECTIONS if not slugs or slug in slugs]


def run_sections(
    slugs: Sequence[str],
    setting: Setting,
    files: BenchFiles,
    report: Callable[[str], None],
    *,
    sections: Mapping[str, Entry] = SECTIONS,
) -> list[ClustraceError]:
    """Measure sections and write both files after each of them.

    A section that cannot be measured is left as it was in the files, and the others go on.

    Args:
        slugs: sections to run.
        setting: what they are given.
        files: where the figures go; sections that are not run stay in them.
        report: is given a line for each thing worth telling.
        sections: all sections there are.

    Returns:
        The errors of the sections that could not be measured.

    Raises:
        StorageError: a file could not be read or written.
    """
    read_results(files.json)  # before minutes of work, not after
    errors: list[ClustraceError] = []
    for slug in slugs:
        entry = sections[slug]
        report(f"{slug}: {entry.title} ...")
        start = Start.now()
        try:
            findings = entry.load()(setting)
        except ClustraceError as error:
            errors.append(error)
            continue
        if setting.quick:
            findings = _without_verdicts(findings)
        circumstances = circumstances_since(start, quick=setting.quick)
        section = Section(title=entry.title, circumstances=circumstances, findings=findings)
        results = read_results(files.json).with_section(slug, section)
        write_results(files.json, results)
        write_text(files.markdown, render(read_results(files.json), list(sections)))
        for goal in findings.goals:
            report(f"{slug}: {goal.verdict}: {goal.text}. {goal.detail}")
        report(f"{slug}: done in {circumstances.seconds:.0f} s")
    return errors


def _without_verdicts(findings: Findings) -> Findings:
    """Findings of a trial: what it reached tells nothing of a goal."""
    goals = tuple(
        Goal(text=goal.text, verdict="not shown", detail=f"A trial gave: {goal.detail}")
        for goal in findings.goals
    )
    return findings.model_copy(update={"goals": goals})
