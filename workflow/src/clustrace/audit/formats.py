"""Reports as text in columns, JSON or Markdown."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any, assert_never

from clustrace.audit.model import Check, Observation, Severity, Status
from clustrace.audit.report import Outcome, Report, Section

_SHOWN = 8
_MARKS = {Status.PASSED: "ok", Status.FAILED: "FAILED", Status.SKIPPED: "-"}
_SOFT_MARKS = {Severity.WARNING: "warning", Severity.INFO: "note"}


class Format(StrEnum):
    """Forms of a report."""

    COLUMNS = "columns"
    JSON = "json"
    MARKDOWN = "markdown"


def rendered(report: Report, form: Format) -> str:
    """A report in one of the forms, ending with a line break."""
    match form:
        case Format.COLUMNS:
            lines = _columns(report)
        case Format.JSON:
            lines = iter([json.dumps(_content(report), indent=2, ensure_ascii=False)])
        case Format.MARKDOWN:
            lines = _markdown(report)
        case _:
            assert_never(form)
    return "\n".join(lines) + "\n"


def listed(checks: Iterable[Check], form: Format) -> str:
    """All checks with what they are for, in one of the forms, ending with a line break."""
    match form:
        case Format.COLUMNS:
            lines = _listed_columns(checks)
        case Format.JSON:
            lines = iter([json.dumps([_described(check) for check in checks], indent=2)])
        case Format.MARKDOWN:
            lines = _listed_markdown(checks)
        case _:
            assert_never(form)
    return "\n".join(lines) + "\n"


def _listed_columns(checks: Iterable[Check]) -> Iterator[str]:
    for check in checks:
        yield f"{check.id:<10}{check.severity:<10}{check.level:<13}{check.title}"
        yield f"{'':<33}{check.why}"
        yield f"{'':<33}To mend: {check.mend}"


def _listed_markdown(checks: Iterable[Check]) -> Iterator[str]:
    yield "| Check | Severity | From level | What must hold | Why | To mend |"
    yield "|---|---|---|---|---|---|"
    for check in checks:
        cells = (check.id, check.severity, check.level, check.title, check.why, check.mend)
        yield f"| {' | '.join(map(_plain, cells))} |"


def _described(check: Check) -> dict[str, str]:
    return {
        "id": check.id,
        "title": check.title,
        "severity": check.severity,
        "level": check.level,
        "why": check.why,
        "mend": check.mend,
    }


def mark(outcome: Outcome) -> str:
    """What became of a check, in a word."""
    if outcome.status is Status.FAILED:
        return _SOFT_MARKS.get(outcome.check.severity, _MARKS[Status.FAILED])
    return _MARKS[outcome.status]


def counted(outcome: Outcome) -> str:
    """For how many subjects the check holds, and of how many if not for all."""
    held, broken = outcome.counts[Status.PASSED], outcome.counts[Status.FAILED]
    return f"{held} of {held + broken}" if broken else str(held or "")


def verdict(report: Report) -> str:
    """The report in a sentence."""
    broken = [outcome.check.id for section in report.sections for outcome in section.broken]
    numbers = sum(section.numbers for section in report.sections)
    confirmed = Counter(c.rung for section in report.sections for c in section.confirmed.values())
    rungs = ", ".join(f"{count} at {rung}" for rung, count in confirmed.items())
    standing = f"{sum(confirmed.values())} of {_plural(numbers, 'number')} confirmed"
    tail = f"{standing} ({rungs})." if rungs else f"{standing}."
    if broken:
        ids = ", ".join(dict.fromkeys(broken))
        count = len(set(broken))
        checks = f"{_plural(count, 'required check')} {'does' if count == 1 else 'do'} not hold"
        return f"NOT trustworthy: {checks} ({ids}). {tail}"
    return f"All required checks of level {report.level} hold. {tail}"


def _columns(report: Report) -> Iterator[str]:
    for section in report.sections:
        yield _heading(section)
        yield ""
        for outcome in section.outcomes:
            check = outcome.check
            yield f"  {mark(outcome):<8}{check.id:<9}{counted(outcome):>10}  {check.title}"
        for outcome in section.outcomes:
            if outcome.status is Status.FAILED:
                yield ""
                yield from _details(outcome)
        yield from _skips(section)
        yield ""
    yield verdict(report)


def _heading(section: Section) -> str:
    parts = [_plural(section.numbers, "number"), _plural(section.jobs, "job")]
    return f"{section.protocol}: {', '.join(parts)}"


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _details(outcome: Outcome) -> Iterator[str]:
    check, groups = outcome.check, grouped(outcome.of(Status.FAILED))
    yield f"{check.id} {check.title}"
    for (found, expected), subjects in list(groups.items())[:_SHOWN]:
        others = f" and {len(subjects) - 1} more" if len(subjects) > 1 else ""
        yield f"    {subjects[0]}{others}"
        yield f"        found     {found}"
        yield f"        expected  {expected}"
    if len(groups) > _SHOWN:
        yield f"    and {len(groups) - _SHOWN} more findings; --format json lists all"
    yield f"  Why:  {check.why}"
    yield f"  Mend: {check.mend}"


def grouped(failures: Iterable[Observation]) -> dict[tuple[str, str], list[str]]:
    """Subjects of failures by what was found and what was expected."""
    groups: dict[tuple[str, str], list[str]] = {}
    for each in failures:
        groups.setdefault((each.found, each.expected), []).append(each.subject)
    return groups


def _skips(section: Section) -> Iterator[str]:
    reasons = skip_reasons(section)
    if reasons:
        yield ""
        yield "Not looked at:"
    for (check, reason), count in reasons.items():
        times = f" ({count} times)" if count > 1 else ""
        yield f"  {check:<10}{reason}{times}"


def skip_reasons(section: Section) -> Counter[tuple[str, str]]:
    """Why checks could not be made, by check and reason, with the number of times."""
    return Counter(
        (outcome.check.id, each.reason)
        for outcome in section.outcomes
        for each in outcome.of(Status.SKIPPED)
    )


def _content(report: Report) -> dict[str, Any]:
    return {
        "level": report.level,
        "ok": report.ok,
        "protocols": [
            {
                "protocol": section.protocol,
                "numbers": section.numbers,
                "jobs": section.jobs,
                "checks": [_check(outcome) for outcome in section.outcomes],
                "confirmed": {
                    address: {"rung": each.rung, "basis": each.basis, "checks": list(each.checks)}
                    for address, each in section.confirmed.items()
                },
            }
            for section in report.sections
        ],
    }


def _check(outcome: Outcome) -> dict[str, Any]:
    return {
        **_described(outcome.check),
        "status": outcome.status,
        "passed": outcome.counts[Status.PASSED],
        "failed": [
            {"subject": each.subject, "found": each.found, "expected": each.expected}
            for each in outcome.of(Status.FAILED)
        ],
        "skipped": [
            {"subject": each.subject, "reason": each.reason} for each in outcome.of(Status.SKIPPED)
        ],
    }


def _markdown(report: Report) -> Iterator[str]:
    yield "# Audit"
    yield ""
    yield verdict(report)
    for section in report.sections:
        yield from ("", f"## {_heading(section)}", "")
        yield "| Check | What must hold | Result | Holds for |"
        yield "|---|---|---|---|"
        for outcome in section.outcomes:
            result = f"**{mark(outcome)}**" if outcome.breaks else mark(outcome)
            cells = (outcome.check.id, outcome.check.title, result, counted(outcome))
            yield f"| {' | '.join(cells)} |"
        for outcome in section.outcomes:
            if outcome.status is Status.FAILED:
                yield from _markdown_details(outcome)
        if reasons := skip_reasons(section):
            yield from ("", "### Not looked at", "")
            for (check, reason), count in reasons.items():
                yield f"- {check}: {_plain(reason)}{f' ({count} times)' if count > 1 else ''}"


def _markdown_details(outcome: Outcome) -> Iterator[str]:
    check, failures = outcome.check, outcome.of(Status.FAILED)
    yield from ("", f"### {check.id}: {check.title}", "", f"{check.why} {check.mend}", "")
    yield "| Subject | Found | Expected |"
    yield "|---|---|---|"
    for (found, expected), subjects in grouped(failures).items():
        others = f" and {len(subjects) - 1} more" if len(subjects) > 1 else ""
        cells = (f"`{subjects[0]}`{others}", found, expected)
        yield f"| {' | '.join(map(_plain, cells))} |"


def _plain(text: str) -> str:
    """Text that stands in one line of a Markdown table."""
    return " ".join(text.split()).replace("|", "\\|")
