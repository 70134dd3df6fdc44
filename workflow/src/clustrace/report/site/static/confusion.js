// Confusion matrices of the runs behind a number, loaded when they are asked for.
clustrace.confusion = (function () {
  "use strict";
  const { load, make } = clustrace;
  const { distinct, folded } = clustrace.parts;

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

  return confusion;
})();
