"""Every page of the site as a browser shows it: no complaint, no violation, nothing cut off."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from .site import served, visit

pytestmark = pytest.mark.slow

PAGES = (
    "index.html", "papers/mini.html", "methods/idec.html", "methods/sae.html",
    "datasets/digits.html", "numbers.html", "compare.html",
)  # fmt: skip
CELL = "mini.table1.idec.digits.acc"


def violations(page):
    """Serious violations that axe-core finds, each with the elements."""
    # Style sheets from disk cannot be fetched, only loaded.
    found = Axe().run(page, options={"preload": False}).response["violations"]
    return [
        (each["id"], [node["target"] for node in each["nodes"]][:5])
        for each in found
        if each["impact"] in ("serious", "critical")
    ]


def test_the_pages_tested_are_of_all_kinds(site):
    kinds = {path.relative_to(site).parts[0] for path in site.rglob("*.html")}
    assert kinds == {page.partition("/")[0] for page in PAGES}


def test_every_page_loads_without_complaint(look, site):
    for path in sorted(site.rglob("*.html")):
        page = look.go(path.relative_to(site).as_posix())
        assert page.locator("h1").count() == 1, path
        assert not look.complaints, path


def test_the_front_page_leads_to_the_site(look, site):
    look.page.goto((site.parent / "index.html").as_uri())
    look.page.get_by_role("link", name="mini").click()
    assert look.page.locator("h1").inner_text() == "Published and reproduced"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_accessible(chromium, site, shots, name, dark):
    with visit(chromium, site, dark=dark) as look:
        page = look.go(name)
        page.locator("#count, h1").first.wait_for()
        shot = f"{name.removesuffix('.html').replace('/', '-')}{'-dark' if dark else ''}.png"
        page.screenshot(path=shots / shot, full_page=True)
        assert violations(page) == []
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (background == "rgb(255, 255, 255)") != dark


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_panel_is_accessible(chromium, site, shots, dark):
    with visit(chromium, site, dark=dark) as look:
        panel = look.open_number(CELL)
        panel.get_by_role("button", name="evaluate digits/idec").first.click()
        panel.get_by_text("Confusion matrices").click()
        panel.locator("table.confusion").first.wait_for()
        look.page.screenshot(path=shots / f"panel{'-dark' if dark else ''}.png")
        panel.locator(".lineage").scroll_into_view_if_needed()
        look.page.screenshot(path=shots / f"panel-lineage{'-dark' if dark else ''}.png")
        panel.locator("table.confusion").first.scroll_into_view_if_needed()
        look.page.screenshot(path=shots / f"panel-confusion{'-dark' if dark else ''}.png")
        assert violations(look.page) == []
        assert not look.complaints


@pytest.mark.parametrize("name", [*PAGES, f"papers/mini.html#{CELL}"])
def test_a_phone_shows_all_of_the_width(chromium, site, shots, name):
    with visit(chromium, site, phone=True) as look:
        page = look.go(name)
        if "#" in name:
            look.panel(CELL)
        page.wait_for_load_state()
        shot = f"{name.partition('#')[0].removesuffix('.html').replace('/', '-')}-phone"
        page.screenshot(path=shots / f"{shot}{'-panel' if '#' in name else ''}.png")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        panel = "document.getElementById('panel')"
        if "#" in name:
            assert page.evaluate(f"{panel}.scrollWidth <= {panel}.clientWidth")


def test_first_view_is_small(chromium, site):
    """Without a click, a page loads less than 1.5 MB, figures further down left out."""
    with served(site) as address, visit(chromium, address) as look:
        page = look.go("papers/mini.html")
        page.wait_for_load_state()
        sizes = page.evaluate("performance.getEntries().map((entry) => entry.encodedBodySize ?? 0)")
        assert len(sizes) > 5
        assert 10_000 < sum(sizes) < 1_500_000


def test_it_prints(chromium, site, shots):
    with visit(chromium, site) as look:
        page = look.go("papers/mini.html")
        page.emulate_media(media="print")
        assert page.locator("header.bar").is_hidden()
        assert page.locator("table.results").first.is_visible()
        page.pdf(path=shots / "mini.pdf")
        assert (shots / "mini.pdf").stat().st_size > 10_000
