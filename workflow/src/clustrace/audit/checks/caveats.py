"""Checks on what stands around the numbers of printed tables: deviations and stamps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clustrace.audit.case import Case
from clustrace.audit.model import Check, Level, Observation, failed, passed, skipped
from clustrace.audit.printed import FORMS, lines_of, printed_tables, read_csv
from clustrace.audit.sheets import read_sheet, spaced
from clustrace.audit.tree import TreeError
from clustrace.config.papers import Deviation

_REBUILD = "Delete the table and run again."


class DeviationsListed(Check):
    """CELL-012."""

    id = "CELL-012"
    title = "Every table lists the deviations from the paper that touch its cells"
    level = Level.HASHES
    why = "Who reads a number must know what was done otherwise than in the paper."
    mend = _REBUILD

    def examine(self, case: Case) -> Iterator[Observation]:
        """Look for the deviations of config/papers in every form of their tables."""
        for paper, table in printed_tables(case):
            stem = f"{case.folder}/tables/{paper}/{table}"
            if case.experiment is None or paper not in case.experiment.deviations:
                yield skipped(stem, "config/papers does not declare this table")
                continue
            deviations = case.experiment.deviations[paper].deviations
            addresses = lines_of(case, paper, table)
            try:
                yield from self._in_csv(case, f"{stem}.csv", deviations)
                for form in FORMS:
                    text = read_sheet(case.tree.text(f"{stem}.{form}"), form).text
                    yield self._in_text(f"{stem}.{form}", text, deviations, list(addresses))
            except TreeError as error:
                yield failed(stem, error, "a table in all forms")

    def _in_csv(
        self, case: Case, path: str, deviations: Sequence[Deviation]
    ) -> Iterator[Observation]:
        for row in read_csv(case, path):
            if case.is_audited(row["address"]):
                slugs = [each.slug for each in deviations if each.touches(row["address"])]
                found = row.get("deviations", "")
                if found.split() == slugs:
                    yield passed(row["address"])
                else:
                    yield failed(row["address"], f"{found or 'none'} in {path}", " ".join(slugs))

    def _in_text(
        self, path: str, text: str, deviations: Sequence[Deviation], addresses: Sequence[str]
    ) -> Observation:
        for each in deviations:
            if not any(each.touches(address) for address in addresses):
                continue
            for part in (each.slug, each.what, each.effect):
                if spaced(part) not in text:
                    return failed(path, f"nothing of {each.slug}: {part}", "the deviation")
        return passed(path)


class StampsPrinted(Check):
    """CELL-014."""

    id = "CELL-014"
    title = "Every table says under which protocol it was made"
    level = Level.HASHES
    why = "A few steps of training must not pass for the published experiment."
    mend = _REBUILD

    def examine(self, case: Case) -> Iterator[Observation]:
        """Look for the protocol's stamp in every printed table."""
        for path in case.tree.below(f"{case.folder}/tables"):
            form = path.rpartition(".")[2]
            if case.addresses is not None or form not in (*FORMS, "csv"):
                continue
            if case.experiment is None:
                yield skipped(path, "config/protocols does not declare this protocol")
                continue
            stamp = case.experiment.protocol.stamp
            try:
                if form == "csv":
                    found = {row.get("stamp", "") for row in read_csv(case, path)} == {stamp}
                else:
                    found = spaced(stamp) in read_sheet(case.tree.text(path), form).text
            except TreeError as error:
                yield failed(path, error, "a table")
                continue
            yield passed(path) if found else failed(path, "another stamp, or none", stamp)
