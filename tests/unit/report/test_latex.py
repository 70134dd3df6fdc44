"""Every LaTeX table of an imagined paper compiles, and fits the width of a page."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from clustrace.report.results import write_paper_claims, write_paper_ledger, write_paper_table

DOCUMENT = r"""\documentclass{article}
\usepackage{booktabs,graphicx}
\begin{document}
%s
\end{document}
"""


@pytest.fixture
def written(on_disk):
    """Tables of DCEC's with numbers in all cells but one row."""
    plan = on_disk.plan(seeds=2)
    for number, run in enumerate(plan.runs):
        for block in "01" if run.method != "sec" else ():
            on_disk.metrics(
                run.dataset, run.method, block, acc=0.5 + number / 100 + int(block) / 1000,
                iterations=1000 * number, capped=block == "1",
            )  # fmt: skip
    paper = plan.experiment.papers["dcec"]
    write_paper_ledger(plan, paper)
    write_paper_table(plan, paper, paper.tables[0])
    write_paper_claims(plan, paper)
    return Path("results/paper/tables/dcec").resolve()


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="LaTeX is not installed")
def test_tables_compile(written, tmp_path):
    tables = sorted(written.glob("*.tex"))
    assert [table.stem for table in tables] == ["claims", "table1"]
    Path("page.tex").write_text(DOCUMENT % "\n".join(rf"\input{{{table}}}" for table in tables))
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "page.tex"],
        capture_output=True, text=True, cwd=tmp_path, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / "page.pdf").exists()
    assert re.findall(r"Overfull .hbox.*|Missing character.*", done.stdout) == []
