"""Writing a site: pages, data files, downloads, figures and what they are styled with."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment

from clustrace.config.claims import CLAIMS
from clustrace.config.experiment import Experiment
from clustrace.files import write_text
from clustrace.report.claims import render_claims
from clustrace.report.site.content import Content, PaperContent, collect
from clustrace.report.site.dataset_page import dataset_page
from clustrace.report.site.environment import page_environment
from clustrace.report.site.folder import SiteFolder, replaced
from clustrace.report.site.index import index_entries
from clustrace.report.site.links import cells_of, short_name, shown_datasets, shown_methods
from clustrace.report.site.method_page import curves_of, method_page
from clustrace.report.site.overview import overview
from clustrace.report.site.packs import packs, script
from clustrace.report.site.paper_page import PaperPage, paper_page
from clustrace.report.site.pictures import sample_images
from clustrace.report.site.places import site_folder, sites_folder
from clustrace.report.site.standing import STANDINGS
from clustrace.report.tables import render_table

#: Forms in which a table can be taken away.
_DOWNLOADS = ("csv", "tex")


@dataclass(frozen=True)
class Written:
    """A site that was written.

    Attributes:
        index: its first page.
        pages: number of its pages.
        faults: what could not be read, in sentences; the pages say so too.
    """

    index: Path
    pages: int
    faults: tuple[str, ...]


def write_site(experiment: Experiment) -> Written:
    """Write the site of the experiment's protocol, in place of an earlier one.

    Raises:
        StorageError: the protocol has no ledger, or a file could not be written.
    """
    content = collect(experiment)
    final = site_folder(experiment.layout, experiment.protocol.slug)
    with replaced(final) as folder:
        pages = _Writer(content, folder).write()
    _write_front_page(sites_folder(experiment.layout))
    return Written(final / "index.html", pages, content.faults)


def _write_front_page(folder: Path) -> None:
    """Write the page that leads to the sites of all protocols."""
    protocols = sorted(path.parent.name for path in folder.glob("[!.]*/index.html"))
    text = page_environment().get_template("front.html").render(protocols=protocols)
    write_text(folder / "index.html", text)


class _Writer:
    """Writes the files of a site; its public attributes are what every page shows."""

    def __init__(self, content: Content, folder: SiteFolder) -> None:
        self._content = content
        self._folder = folder
        self._pages = 0
        self._templates: Environment = page_environment()
        self._cells = cells_of(content)
        self.methods = shown_methods(content)
        self.datasets = shown_datasets(content)
        self.protocol = content.experiment.protocol
        self.faults = content.faults
        self.papers = [(p.paper.slug, short_name(p.paper)) for p in content.papers]

    def write(self) -> int:
        """Write everything; returns the number of pages."""
        content = self._content
        self._page("index.html", "overview.html", view=overview(content))
        for shown in content.papers:
            page = paper_page(content, shown)
            self._page(f"papers/{shown.paper.slug}.html", "paper.html", view=page)
            self._downloads(shown, page)
            self._figures(shown, page)
        curves = curves_of(content)
        for slug, method in self.methods.items():
            view = method_page(content, method, self.methods, curves, self._cells)
            self._page(f"methods/{slug}.html", "method.html", view=view)
        for slug in self.datasets:
            picture = sample_images(content.experiment, slug)
            if picture.png:
                self._folder.put(f"datasets/{slug}.png", picture.png)
            shown_set = dataset_page(content, slug, self._cells, picture)
            self._page(f"datasets/{slug}.html", "dataset.html", view=shown_set)
        self._page("numbers.html", "numbers.html")
        self._page("compare.html", "compare.html")
        for name, value in packs(content):
            self._folder.put(f"data/{name}.js", script(name, value))
        entries = index_entries(content, self._cells, self.methods, self.datasets)
        self._folder.put("data/index.js", script("index", entries))
        for source in files("clustrace.report.site").joinpath("static").iterdir():
            self._folder.put(f"static/{source.name}", source.read_bytes())
        return self._pages

    def _page(self, name: str, template: str, *, view: Any = None) -> None:
        text = self._templates.get_template(template).render(
            view=view, site=self, up="../" * name.count("/"), page=name, standings=STANDINGS
        )
        self._folder.put(name, text)
        self._pages += 1

    def _downloads(self, shown: PaperContent, page: PaperPage) -> None:
        folder = f"downloads/{shown.paper.slug}"
        for form in _DOWNLOADS:
            for table in page.tables:
                text = render_table(table.view, form)
                self._folder.put(f"{folder}/{table.table.slug}.{form}", text)
            if shown.claims:
                self._folder.put(f"{folder}/{CLAIMS}.{form}", render_claims(shown.claims, form))
        if not shown.fault:
            self._folder.put(f"{folder}/ledger.csv", shown.ledger.read_bytes())

    def _figures(self, shown: PaperContent, page: PaperPage) -> None:
        layout, protocol = self._content.experiment.layout, self.protocol.slug
        for figure in page.figures:
            for form in figure.forms:
                source = layout.figure(protocol, shown.paper.slug, figure.slug, form)
                name = f"figures/{shown.paper.slug}/{figure.slug}.{form}"
                self._folder.put(name, source.read_bytes())
