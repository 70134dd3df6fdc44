// The panel of a number: where it comes from, as a graph and as a list.
(function () {
  "use strict";
  const { load, make, pageOf, up } = clustrace;
  const panel = document.getElementById("panel");
  const SHORT = 8;
  const RUNGS = ["recorded", "hashes", "predictions", "weights", "retrained"];
  if (!panel) return;
  let cameFrom = null;

  const short = (hash) => hash.slice(0, SHORT);
  const code = (text) => make("code", {}, text);
  const quiet = (text) => make("span", { class: "quiet" }, text);

  function status(word) {
    return make("span", { class: `status ${word.replace(" ", "-")}` }, word);
  }

  function hash(value) {
    return make("code", { title: value, class: "hash" }, short(value));
  }

  function facts(pairs) {
    const list = make("dl", { class: "facts" });
    pairs.filter(([, value]) => value !== "" && value !== null && value !== undefined)
      .forEach(([name, ...value]) => {
        list.append(make("dt", {}, name), make("dd", {}, ...value));
      });
    return list;
  }

  function section(title, ...children) {
    return make("section", {}, make("h3", {}, title), ...children);
  }

  function folded(title, ...children) {
    return make("details", {}, make("summary", {}, title), ...children);
  }

  function duration(seconds) {
    if (seconds < 60) return `${seconds.toFixed(1)} s`;
    if (seconds < 3600) return `${(seconds / 60).toFixed(1)} min`;
    return `${(seconds / 3600).toFixed(1)} h`;
  }

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

  // Lineage.

  async function jobsOf(number) {
    const packs = await Promise.all(number.packs.map(load));
    return Object.assign({}, ...packs);
  }

  function worst(words) {
    const order = ["ok", "attested", "older code", "changed", "missing"];
    return words.reduce((a, b) => (order.indexOf(b) > order.indexOf(a) ? b : a), "ok");
  }

  const distinct = (items) => [...new Set(items)];

  function steps(number, jobs) {
    return number.steps.map((step, index) => {
      const ids = distinct(step.jobs.filter(Boolean));
      const files = ids.flatMap((id) => jobs[id].outputs);
      return {
        id: `step-${index}`, name: step.name, jobs: ids.map((id) => jobs[id]),
        status: worst([...ids.map((id) => jobs[id].status), ...files.map((f) => f.status)]),
      };
    });
  }

  // Steps that make what others read; the number reads what its runs end with.
  function stepGraph(number, found, select) {
    const stepOf = {};
    found.forEach((step) => step.jobs.forEach((job) => { stepOf[job.id] = step.id; }));
    const nodes = [numberNode(number, select), ...found.map((step) => ({
      id: step.id, kind: "job", status: step.status, select: () => select(step.id),
      lines: [step.name, step.jobs.length > 1 ? `${step.jobs.length} jobs` : short(step.jobs[0].record_sha256)],
    }))];
    const edges = found.flatMap((step) => step.jobs.flatMap((job) =>
      job.inputs.filter((file) => stepOf[file.made_by]).map((file) => [stepOf[file.made_by], step.id])));
    number.runs.flatMap((run) => run.jobs).filter((id) => stepOf[id])
      .forEach((id) => edges.push([stepOf[id], number.row.address]));
    return [nodes, unique(edges)];
  }

  function fileGraph(number, found, select) {
    const key = (file) => `${file.path}@${file.sha256}`;
    const nodes = { number: numberNode(number, select) };
    const edges = [];
    found.forEach((step) => step.jobs.forEach((job) => {
      nodes[job.id] = { id: job.id, kind: "job", status: job.status, select: () => select(step.id),
        lines: [[job.rule, ...Object.values(job.wildcards)].join(" "), short(job.record_sha256)] };
      [...job.inputs, ...job.outputs].forEach((file) => {
        nodes[key(file)] ??= { id: key(file), kind: "file", status: file.status,
          select: () => select(step.id), lines: [file.path, short(file.sha256)] };
      });
      job.inputs.forEach((file) => edges.push([key(file), job.id]));
      job.outputs.forEach((file) => edges.push([job.id, key(file)]));
    }));
    number.runs.filter((run) => nodes[key(run.file)])
      .forEach((run) => edges.push([key(run.file), number.row.address]));
    return [Object.values(nodes), unique(edges)];
  }

  function numberNode(number, select) {
    const row = number.row;
    return { id: row.address, kind: "number", status: number.status,
      select: () => select(row.address), lines: [row.printed ?? "drawn", row.metric] };
  }

  function unique(edges) {
    return Object.values(Object.fromEntries(edges.map((edge) => [edge.join(" → "), edge])));
  }

  function lineage(body, number, jobs) {
    const found = steps(number, jobs);
    const detail = make("div", { class: "detail", "aria-live": "polite" });
    const frame = make("div", { class: "frame", role: "region", "aria-label": "Lineage graph", tabindex: 0 });
    const list = make("ol", { class: "steps" });
    let picture = null;

    function select(id) {
      const step = found.find((each) => each.id === id);
      list.querySelectorAll("button").forEach((button) => {
        button.setAttribute("aria-pressed", button.dataset.id === id);
      });
      if (picture) clustrace.graph.mark(picture, id);
      detail.replaceChildren(step ? stepDetail(step, jobs) : make("p", {}, "The number itself: see above."));
    }

    function drawWith(build) {
      picture = clustrace.graph.draw(...build(number, found, select), "Lineage, from the data to the number");
      frame.replaceChildren(picture);
      // A little too wide is made smaller, since text stays legible; more than that scrolls.
      const fits = picture.viewBox.baseVal.width < 1.4 * frame.clientWidth;
      picture.classList.toggle("fits", fits);
      frame.scrollLeft = frame.scrollWidth;
    }

    found.forEach((step) => {
      const button = make("button", { type: "button", "data-id": step.id, "aria-pressed": false,
        onclick: () => select(step.id) }, make("b", {}, step.name), " ", status(step.status),
        quiet(` ${distinct(step.jobs.flatMap((job) => job.outputs.map((f) => f.name))).join(", ")}`));
      list.append(make("li", {}, button));
    });
    const all = make("input", { type: "checkbox" });
    all.addEventListener("change", () => drawWith(all.checked ? fileGraph : stepGraph));
    body.append(section("From the number to its data",
      make("label", { class: "toggle" }, all, " every job and file"),
      make("div", { class: "lineage" }, frame, list), detail));
    // Only what is in the page has a width to fit into.
    drawWith(stepGraph);
  }

  function stepDetail(step, jobs) {
    const parameters = step.jobs[0].parameters;
    const about = step.jobs[0].wildcards;
    return make("div", { class: "step" }, make("h4", {}, step.name),
      make("p", { class: "links" },
        about.dataset ? make("a", { href: `${up}datasets/${about.dataset}.html` }, `data set ${about.dataset}`) : null,
        about.dataset && about.method ? " · " : null,
        about.method ? make("a", { href: `${up}methods/${about.method}.html` }, `method ${about.method}`) : null),
      ...step.jobs.map((job) => jobDetail(job, step.jobs.length === 1)),
      folded("Configuration", make("pre", {}, JSON.stringify(parameters, null, 1))),
      folded("Environment", environment(step.jobs[0].environment)));
  }

  function jobDetail(job, open) {
    const title = [job.rule, ...Object.values(job.wildcards)].join(" ");
    const files = (list) => make("ul", {}, ...list.map((file) => make("li", {},
      make("b", {}, file.name), " ", code(file.path), " ", hash(file.sha256), " ", status(file.status))));
    const modules = job.changed_modules ?? [];
    return make("details", { open }, make("summary", {}, title, " ", status(job.status)), facts([
      ["Record", code(job.id), " ", hash(job.record_sha256)],
      ["Code identity", hash(job.code), job.changed_modules === null ? " no modules recorded"
        : modules.length ? ` changed since: ${modules.join(", ")}` : " same as now",
        job.attestation ? `; ${job.attestation}` : ""],
      ["Commit", job.commit ? code(short(job.commit)) : "not in git", job.dirty ? " with edits" : ""],
      ["Seeds", job.seeds.length ? job.seeds.join(", ") : "none"],
      ["Ran on", `${job.device}, ${job.threads} thread${job.threads > 1 ? "s" : ""}, ${job.precision}`],
      ["Started", `${job.start.slice(0, 16).replace("T", " ")} UTC, took ${duration(job.seconds)}`],
      ["Outcome", job.outcome], ["Repetition", job.determinism],
      ["Read", files(job.inputs)], ["Wrote", files(job.outputs)],
    ]));
  }

  function environment(key) {
    const box = make("div", {}, "Loading …");
    load(`environments/${key}`).then((found) => {
      const { packages, processor, torch, ...rest } = found;
      const versions = Object.entries(packages).map(([name, version]) => `${name} ${version}`);
      box.replaceChildren(facts([
        ["Machine", `${processor.model}, ${processor.cores} cores, ${Math.round(processor.memory_mib / 1024)} GiB`],
        ["System", found.platform], ["Python", found.python],
        ["Torch", torch ? torch.version : "not loaded"],
        ["Lock", found.lock_sha256 ? hash(found.lock_sha256) : "none"],
        ["Host", code(found.host)], ["Object", hash(key)],
      ]), folded(`${versions.length} packages`, make("p", { class: "quiet" }, versions.join(", "))));
    }, (error) => { box.textContent = error.message; });
    return box;
  }

  // Confusion matrices.

  function confusion(number) {
    if (number.row.kind !== "cell" || !number.runs.length) return null;
    const box = make("div", {});
    const runs = distinct(number.runs.map((run) => run.folder));
    const fold = folded("Confusion matrices of the label vectors",
      make("p", { class: "quiet" }, "Columns in the order of the classes that they match best."), box);
    fold.addEventListener("toggle", async () => {
      if (!fold.open || box.childElementCount) return;
      try {
        for (const run of runs) {
          const parts = run.split("/");
          const found = await load(`confusion/${parts.at(-3)}.${parts.at(-2)}`);
          box.append(...matrices(found[run] ?? { reason: "no label vectors" }, run));
        }
      } catch (error) {
        box.textContent = error.message;
      }
    });
    return fold;
  }

  function matrices(found, run) {
    if (found.reason) return [make("p", { class: "quiet" }, `${run}: ${found.reason}`)];
    return Object.entries(found).map(([seed, matrix]) => (matrix.reason
      ? make("p", { class: "quiet" }, `Seed ${seed}: ${matrix.reason}`) : table(seed, matrix)));
  }

  function table(seed, { classes, clusters, counts }) {
    const heads = clusters.map((name) => make("th", { scope: "col" }, String(name)));
    const lines = counts.map((line, index) => {
      const total = line.reduce((a, b) => a + b, 0) || 1;
      return make("tr", {}, make("th", { scope: "row" }, String(classes[index])),
        ...line.map((count) => {
          const share = count / total;
          return make("td", { style: `--share:${share.toFixed(3)}`, class: share > 0.45 ? "deep" : "" },
            count ? String(count) : "·");
        }));
    });
    return make("div", { class: "wide" }, make("table", { class: "confusion" },
      make("caption", {}, `Seed ${seed}: true classes down, found ones across`),
      make("thead", {}, make("tr", {}, make("td", {}), ...heads)), make("tbody", {}, ...lines)));
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
