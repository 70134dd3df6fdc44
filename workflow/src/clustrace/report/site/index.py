"""The index of a site: every number and page, for the search, the list and the comparison."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from clustrace.config.datasets import DataSet
from clustrace.config.methods import Method
from clustrace.provenance.ledger import LedgerRow
from clustrace.report.site.content import Content
from clustrace.report.site.links import Cell, short_name
from clustrace.report.site.standing import standing_of

#: Kinds of rows in the order in which a search shows them; others come last.
_KINDS = {"cell": 0, "kendall-tau": 1, "claim": 2, "comparison": 3}


def index_entries(
    content: Content,
    cells: Iterable[Cell],
    methods: Mapping[str, Method],
    datasets: Mapping[str, DataSet],
) -> dict[str, Any]:
    """Pages and numbers as the scripts of the pages read them."""
    titles = {cell.row.address: cell for cell in cells}
    return {
        "protocol": content.experiment.protocol.slug,
        "pages": [
            *(
                {
                    "kind": "paper",
                    "title": shown.paper.title,
                    "name": short_name(shown.paper),
                    "url": f"papers/{shown.paper.slug}.html",
                }
                for shown in content.papers
            ),
            *(
                {
                    "kind": "method",
                    "title": method.name,
                    "name": slug,
                    "url": f"methods/{slug}.html",
                }
                for slug, method in methods.items()
            ),
            *(
                {
                    "kind": "data set",
                    "title": dataset.title,
                    "name": slug,
                    "url": f"datasets/{slug}.html",
                }
                for slug, dataset in datasets.items()
            ),
        ],
        "numbers": [
            _number(row, content, titles.get(row.address))
            for row in sorted(content.rows, key=lambda row: _KINDS.get(row.kind, len(_KINDS)))
        ],
    }


def _number(row: LedgerRow, content: Content, cell: Cell | None) -> dict[str, Any]:
    explanation = content.explanations.get(row.address)
    title = explanation.title if explanation else cell.title if cell else row.address
    standing = standing_of(row) if row.kind == "cell" else None
    shown = row.printed or (f"{row.n} points" if row.content_sha256 else "")
    return {
        "address": row.address,
        "title": title,
        "kind": row.kind,
        "ours": shown,
        "published": row.published_printed,
        "value": row.value,
        "std": row.std,
        "n": row.n,
        "content": row.content_sha256,
        "standing": standing.slug if standing else "",
        "verdict": str(row.verdict or ""),
        "evidence": str(row.evidence or ""),
        "reason": row.reason,
    }
