// The panel of a number: where it comes from, as a graph and as a list.
(function () {
  "use strict";
  const { load, make, pageOf, up, confusion } = clustrace;
  const { short, code, quiet, status, facts, section, folded } = clustrace.parts;
  const { jobsOf, lineage } = clustrace.lineage;
  const panel = document.getElementById("panel");
  const RUNGS = ["recorded", "hashes", "predictions", "weights", "retrained"];
  if (!panel) return;
  let cameFrom = null;

  // Numbers.

  function ladder(row) {
    const height = RUNGS.indexOf(row.evidence);
    const list = make("ol", { class: "ladder", "aria-label": "Evidence" });
    RUNGS.forEach((rung, index) => {
      const reached = index <= height;
      list.append(make("li", { class: reached ? "reached" : "", "aria-current": index === height },
        rung, make("span", { class: "hidden" }, reached ? " reached" : " not reached")));
    });
    return list;
  }

  function numbers(number) {
    const row = number.row;
    const scale = row.published_unit === "percent" && row.kind !== "claim" ? 100 : 1;
    const points = scale === 100 ? " points" : "";
    return facts([
      ["Printed", row.printed ? make("b", { class: "printed" }, row.printed) : "",
        row.value === undefined ? "" : quiet(` from ${row.value}`),
        row.std === undefined ? "" : quiet(`, standard deviation ${row.std}`)],
      ["Drawn", row.content_sha256 ? `${row.n} points, content ${short(row.content_sha256)}` : ""],
      ["Rounding", row.rounding],
      ["Aggregation", row.aggregation],
      ["Published", row.published_printed || row.place
        ? `${row.published_printed ?? "none"} (${row.place})` : ""],
      ["Difference", row.difference === undefined ? ""
        : `${(row.difference * scale).toFixed(2)}${points}, ours minus published`],
      ["Tolerance", row.tolerance === undefined ? ""
        : `${(row.tolerance * scale).toFixed(2)}${points}: ${row.tolerance_from}`],
      ["p value", row.p_value === undefined ? "" : row.p_value.toPrecision(2)],
      ["Verdict", row.verdict ?? "none", row.reason ? quiet(`  ${row.reason}`) : ""],
      ["Evidence", ladder(row)],
    ].filter(([, value]) => value !== ""));
  }

  function seeds(number) {
    const lines = number.runs.flatMap((run) => Object.entries(run.values).map(([seed, value]) =>
      make("tr", {}, make("th", { scope: "row" }, seed),
        make("td", { class: "right" }, value.printed),
        make("td", {}, code(String(value.raw))), make("td", {}, code(run.folder)),
        make("td", {}, status(run.file.status)))));
    if (!lines.length) return null;
    const heads = ["Seed", "Value", "Raw", "Run", "Scores"].map((name) =>
      make("th", { scope: "col" }, name));
    return section("Runs", spread(number), make("div", { class: "wide" },
      make("table", { class: "inner" }, make("thead", {}, make("tr", {}, ...heads)),
        make("tbody", {}, ...lines))));
  }

  function spread(number) {
    const row = number.row;
    const values = number.runs.flatMap((run) => Object.values(run.values).map((v) => v.raw));
    if (values.length < 2) return null;
    const published = row.difference === undefined ? null : row.value - row.difference;
    const all = published === null ? values : [...values, published];
    const low = Math.min(...all);
    const span = Math.max(...all) - low || 1;
    const at = (value) => 4 + ((value - low) / span) * 92;
    const box = make("div", { class: "spread", "aria-hidden": "true" });
    values.forEach((value) => box.append(make("span", { class: "seed", style: `left:${at(value)}%` })));
    if (published !== null) {
      // At the right end its name stands on the left of the mark.
      const place = at(published) > 60 ? `right:${100 - at(published)}%` : `left:${at(published)}%`;
      box.append(make("span", { class: `paper${at(published) > 60 ? " before" : ""}`, style: place },
        "published"));
    }
    return box;
  }

  function members(number) {
    if (!number.members.length) return null;
    const heads = ["Number", "Ours", "Published", "Status"].map((name) =>
      make("th", { scope: "col" }, name));
    const lines = number.members.map((member) => make("tr", {},
      make("th", { scope: "row" }, make("a", { href: pageOf(member.address) }, member.address)),
      make("td", {}, member.printed || quiet(member.reason)),
      make("td", {}, member.published_printed || "–"),
      make("td", {}, member.printed ? status(member.status) : "–")));
    return section("Computed from", make("div", { class: "wide" },
      make("table", { class: "inner" }, make("thead", {}, make("tr", {}, ...heads)),
        make("tbody", {}, ...lines))));
  }

  function commands(number) {
    const list = make("ul", { class: "commands" });
    number.commands.forEach((text) => {
      const button = make("button", { type: "button", class: "plain" }, "Copy");
      button.setAttribute("aria-label", `Copy ${text}`);
      button.addEventListener("click", () => copy(text, button));
      list.append(make("li", {}, code(text), button));
    });
    return section("Check it again", list);
  }

  async function copy(text, button) {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch (error) {
      const range = document.createRange();
      range.selectNodeContents(button.previousSibling);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      button.textContent = "Selected";
    }
  }

  function deviations(number) {
    if (!number.deviations?.length) return null;
    return folded(`Deviations from the paper that touch it (${number.deviations.length})`,
      make("dl", {}, ...number.deviations.flatMap(([slug, what, effect]) => [
        make("dt", {}, make("a", { href: `#deviation-${slug}`, "data-leave": true }, slug)),
        make("dd", {}, what, make("p", { class: "quiet" }, `Effect: ${effect}`))])));
  }

  function problems(number) {
    if (!number.problems.length) return null;
    return section("Not as recorded", make("ul", {}, ...number.problems.map((text) => make("li", {}, text))));
  }

  // Opening and closing.

  function head(address, title) {
    const close = make("button", { type: "button", class: "plain close", onclick: () => panel.close() }, "Close");
    return make("header", {}, make("div", {}, make("h2", { id: "panel-title", tabindex: -1, autofocus: true }, title),
      make("a", { class: "address", href: `#${address}` }, address)), close);
  }

  async function open(address) {
    let numbersOfRow;
    try {
      numbersOfRow = await load(`numbers/${address.split(".").slice(0, 3).join(".")}`);
    } catch (error) {
      fill(address, make("p", { class: "fault" }, error.message));
      return;
    }
    const number = numbersOfRow[address];
    if (!number) return;
    if (number.fault) {
      fill(address, make("p", { class: "fault" }, `Its lineage cannot be shown: ${number.fault}`));
      return;
    }
    const data = number.dataset
      ? make("p", {}, "Data set: ", make("a", { href: `${up}datasets/${number.dataset}.html` }, number.dataset)) : null;
    const body = make("div", { class: "body" }, numbers(number), data, members(number), seeds(number));
    fill(address, body, number.title);
    if (number.steps.length) {
      try {
        lineage(body, number, await jobsOf(number));
      } catch (error) {
        body.append(make("p", { class: "fault" }, error.message));
      }
    }
    const rest = [confusion(number), deviations(number), problems(number), commands(number)];
    body.append(...rest.filter(Boolean));
    panel.dataset.ready = address;
  }

  function fill(address, body, title = address) {
    delete panel.dataset.ready;
    panel.replaceChildren(head(address, title), body);
    if (!panel.open) panel.showModal();
    panel.scrollTop = 0;
  }

  function follow() {
    const address = decodeURIComponent(location.hash.slice(1));
    if (address.split(".").length === 5) open(address);
    else if (panel.open) panel.close();
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a.number");
    if (!link) return;
    cameFrom = link;
    // The same address once more changes nothing that the browser would tell of.
    if (link.hash === location.hash) follow();
  });
  panel.addEventListener("close", () => {
    if (location.hash.split(".").length === 5) {
      history.replaceState(null, "", location.pathname + location.search);
    }
    cameFrom?.focus();
  });
  panel.addEventListener("click", (event) => {
    if (event.target === panel || event.target.dataset.leave) panel.close();
  });
  addEventListener("hashchange", follow);
  follow();
})();
