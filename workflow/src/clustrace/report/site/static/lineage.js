// The lineage of a number: a graph of its steps, or of every job and file, and the same as a list.
clustrace.lineage = (function () {
  "use strict";
  const { load, make, up } = clustrace;
  const { short, distinct, code, quiet, status, hash, facts, section, folded } = clustrace.parts;

  function duration(seconds) {
    if (seconds < 60) return `${seconds.toFixed(1)} s`;
    if (seconds < 3600) return `${(seconds / 60).toFixed(1)} min`;
    return `${(seconds / 3600).toFixed(1)} h`;
  }

  async function jobsOf(number) {
    const packs = await Promise.all(number.packs.map(load));
    return Object.assign({}, ...packs);
  }

  function worst(words) {
    const order = ["ok", "attested", "older code", "changed", "missing"];
    return words.reduce((a, b) => (order.indexOf(b) > order.indexOf(a) ? b : a), "ok");
  }

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

  return { jobsOf, lineage };
})();
