"""What a reader does on the site: from a number to its data, search, filter, compare."""

import re

import pytest

from .site import served, visit

pytestmark = pytest.mark.slow

CELL = "mini.table1.idec.digits.acc"


def test_from_a_number_to_its_data_set_by_clicks(look):
    page = look.go("index.html")
    page.get_by_role("link", name="A small paper").click()
    page.locator(f'[id="{CELL}"] a.number').click()
    panel = look.panel(CELL)
    assert page.url.endswith(f"#{CELL}")
    text = panel.inner_text()
    for expected in ("percent, 2 decimals, half to even", "mean over seeds", "50.12 (Table 1)"):
        assert expected in text
    assert len(panel.locator("table.inner").first.locator("tbody tr").all()) == 3
    prepare = panel.locator(".graph .node", has_text="prepare digits")
    prepare.click()
    detail = panel.locator(".detail")
    assert "features.safetensors" in detail.inner_text()
    detail.get_by_role("link", name="data set digits").click()
    assert page.locator("h1").inner_text().startswith("Digits") or "digits" in page.url
    assert page.locator("img.samples").is_visible()
    assert page.locator("table.histogram tbody tr").count() == 10


def test_the_list_has_what_the_graph_has(look):
    panel = look.open_number(CELL)
    steps = [button.inner_text() for button in panel.locator(".steps button b").all()]
    nodes = [node.get_attribute("aria-label") for node in panel.locator(".graph .node").all()]
    assert steps[0] == "evaluate digits/idec"
    assert steps[-1] == "fetch digits"
    assert all(any(node.startswith(f"{step},") for node in nodes) for step in steps)
    assert len(nodes) == len(steps) + 1
    panel.get_by_label("every job and file").check()
    assert panel.locator(".graph .node").count() > len(nodes)
    assert panel.locator(".graph .node", has_text="predictions").count() >= 3


def test_a_step_tells_code_environment_and_configuration(look):
    panel = look.open_number(CELL)
    panel.locator(".steps button", has_text="finetune").click()
    detail = panel.locator(".detail")
    assert detail.locator("details").count() >= 5
    detail.locator("summary", has_text="finetune").first.click()
    assert "Code identity" in detail.inner_text()
    detail.get_by_text("Configuration").click()
    assert "update_interval" in detail.locator("pre").inner_text()
    detail.locator("summary", has_text="Environment").click()
    detail.get_by_text("packages").wait_for()
    assert "Python" in detail.inner_text()


def test_confusion_matrix_of_each_seed(look):
    panel = look.open_number(CELL)
    panel.get_by_text("Confusion matrices").click()
    tables = panel.locator("table.confusion")
    tables.nth(2).wait_for()
    assert tables.count() == 3
    counts = [int(cell) for cell in re.findall(r"\d+", tables.first.locator("tbody").inner_text())]
    assert sum(counts) == 1797 + sum(range(10))


def test_commands_can_be_copied(look):
    panel = look.open_number(CELL)
    commands = [each.inner_text() for each in panel.locator(".commands code").all()]
    assert commands[0] == f"clustrace explain --protocol mini {CELL}"
    assert any("audit" in command and CELL in command for command in commands)
    button = panel.locator(".commands button").first
    button.click()
    look.page.wait_for_function("document.querySelector('.commands button').textContent !== 'Copy'")
    assert button.inner_text() in ("Copied", "Selected")


def test_a_ranking_and_a_claim_name_their_numbers(look):
    panel = look.open_number("mini.table1.kendall-tau.digits.acc")
    panel.get_by_role("link", name="mini.table1.kmeans.digits.acc").click()
    assert "k-means" in look.panel("mini.table1.kmeans.digits.acc").inner_text()
    panel = look.open_number("mini.claims.pixels-suffice.all.all")
    assert panel.locator("table.inner tbody tr").count() == 2


def test_by_keyboard_alone(look):
    page = look.go("papers/mini.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.locator(f'[id="{CELL}"] a.number').focus()
    page.keyboard.press("Enter")
    panel = look.panel(CELL)
    panel.locator(".graph .node").first.wait_for()
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.graph .node')"):
            break
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.matches('.graph .node')")
    page.keyboard.press("Enter")
    assert panel.locator(".detail").inner_text()
    assert panel.locator(".graph .node.chosen").count() == 1
    page.keyboard.press("Escape")
    panel.wait_for(state="hidden")
    # The focus comes back a moment after the panel is gone.
    page.wait_for_function("document.activeElement.closest('td') !== null")
    assert page.evaluate("document.activeElement.closest('td').id") == CELL
    assert "#" not in page.url


def test_search(look):
    page = look.go("index.html")
    page.get_by_label("Search numbers, methods, data sets").fill("idec acc")
    found = page.locator("#found li a")
    found.first.wait_for()
    assert CELL in page.locator("#found").inner_text()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.matches('#found a')")
    page.get_by_label("Search numbers, methods, data sets").fill("digits")
    page.locator("#found a", has_text="data set").click()
    assert page.url.endswith("datasets/digits.html")
    page.get_by_label("Search numbers, methods, data sets").fill("nothing like it")
    page.get_by_text("0 found.").wait_for()


def test_filter_by_verdict(look):
    page = look.go("papers/mini.html")
    cells = page.locator("td.cell").count()
    chosen = page.locator("input[name=standing]").nth(1)
    wanted = chosen.get_attribute("value")
    chosen.check()
    left = page.locator("td.cell:not(.dimmed)")
    assert 0 < left.count() < cells
    assert all(each.get_attribute("data-standing") == wanted for each in left.all())
    page.locator("input[name=standing]").first.check()
    assert page.locator("td.cell:not(.dimmed)").count() == cells


def test_the_list_of_numbers_keeps_its_filter_in_its_address(look):
    page = look.go("numbers.html")
    rows = page.locator("#numbers tbody tr")
    rows.first.wait_for()
    assert rows.count() == 16
    page.get_by_label("Kind").select_option("claim")
    assert rows.count() == 5
    assert "kind=claim" in page.url
    page.reload()
    rows.first.wait_for()
    assert rows.count() == 5


def test_compare_with_another_ledger(look, results, tmp_path):
    text = (results / "results/mini/ledger/mini.csv").read_text()
    line = next(line for line in text.splitlines() if line.startswith(f"{CELL},"))
    value = line.split(",")[8]
    other = tmp_path / "mini.csv"
    other.write_text(text.replace(line, line.replace(value, "0.25", 1)))
    page = look.go("compare.html")
    page.get_by_label("Other ledgers").set_input_files(other)
    page.get_by_text("1 of").wait_for()
    rows = page.locator("#comparison tbody tr")
    assert rows.count() == 1
    assert "IDEC" in rows.first.inner_text()
    page.get_by_label("all", exact=True).check()
    assert rows.count() == len(text.splitlines()) - 1


def test_what_is_no_ledger_is_refused_in_a_sentence(look, tmp_path):
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("a,b\n1,2\n")
    page = look.go("compare.html")
    page.get_by_label("Other ledgers").set_input_files(wrong)
    page.get_by_text("wrong.csv is no ledger: it has no column address").wait_for()
    torn = tmp_path / "torn.csv"
    torn.write_text('address,value,printed,verdict,protocol,kind\na.b.c.d.e,"0.1\n')
    page.get_by_label("Other ledgers").set_input_files(torn)
    page.get_by_text("torn.csv is no ledger: a quotation mark is not closed").wait_for()


def test_from_a_web_server_too_and_tables_can_be_taken_away(chromium, site):
    with served(site) as address, visit(chromium, address) as look:
        assert "mean over seeds" in look.open_number(CELL).inner_text()
        page = look.go("papers/mini.html")
        for name, start in (("Table 1 as CSV", "row,column"), ("Table 1 as LaTeX", "%")):
            with page.expect_download() as download:
                page.get_by_role("link", name=name).click()
            assert download.value.path().read_text().startswith(start), name
        assert not look.complaints


def test_theme_is_kept_from_page_to_page(chromium, site):
    with visit(chromium, site) as look:
        page = look.go("index.html")
        page.get_by_role("button", name="Change between light and dark").click()
        page.get_by_role("link", name="Numbers").click()
        page.wait_for_function("document.documentElement.dataset.theme == 'dark'")
