"""What a repository says of itself: its Snakefile, and how to cite it."""

from __future__ import annotations

from pathlib import Path

import pytest

from clustrace.errors import ConfigError
from clustrace.provenance.crate_sources import read_citation, workflow_files


def test_included_files_are_found_however_they_are_written(tmp_path: Path) -> None:
    (tmp_path / "workflow/rules").mkdir(parents=True)
    (tmp_path / "workflow/Snakefile").write_text(
        "include: 'rules/a.smk'\n"
        'include:\n    "rules/b.smk"\n'
        'include: "rules/none.smk"\n'
        '# include: "rules/comment.smk"\n'
        'include: "../../outside.smk"\n'
    )
    (tmp_path / "workflow/rules/a.smk").write_text('include: "c.smk"\ninclude: "a.smk"\n')
    for name in ("b", "c", "comment"):
        (tmp_path / f"workflow/rules/{name}.smk").write_text("")
    (tmp_path.parent / "outside.smk").write_text("")
    found = [path.relative_to(tmp_path).as_posix() for path in workflow_files(tmp_path)]
    assert found == [
        "workflow/Snakefile",
        *(f"workflow/rules/{name}.smk" for name in ("a", "b", "c")),
    ]


def test_several_licences_and_a_version_that_looks_like_a_number(tmp_path: Path) -> None:
    (tmp_path / "CITATION.cff").write_text("license: [MIT, Apache-2.0]\nversion: 1.0\n")
    citation = read_citation(tmp_path)
    assert citation.licences == ("MIT", "Apache-2.0")
    assert citation.version == "1.0"


@pytest.mark.parametrize("text", ["", "- 1", "title: [", "authors: 3", "\x00"])
def test_a_citation_that_cannot_be_read_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "CITATION.cff").write_text(text)
    with pytest.raises(ConfigError, match=r"CITATION.cff cannot be read as a citation \(\w.*mend"):
        read_citation(tmp_path)
