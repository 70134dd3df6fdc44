// The list of all numbers with its filters. What is chosen stands in the address of the page.
(async function () {
  "use strict";
  const { load, make, pageOf, hasWords, wordsOf } = clustrace;
  const form = document.getElementById("filters");
  const count = document.getElementById("count");
  const body = document.querySelector("#numbers tbody");
  let numbers;
  try {
    numbers = (await load("index")).numbers;
  } catch (error) {
    count.textContent = error.message;
    return;
  }

  function line(number) {
    return make("tr", {},
      make("th", { scope: "row" }, make("a", { href: pageOf(number.address) }, number.title),
        make("div", { class: "quiet" }, number.address)),
      make("td", { class: "right" }, number.published || "–"),
      make("td", { class: "right" }, number.ours || "not computed"),
      make("td", { class: number.standing }, number.verdict || make("span", { class: "quiet" }, number.reason || "not published")),
      make("td", {}, number.evidence || "–"));
  }

  function show() {
    const chosen = Object.fromEntries(new FormData(form));
    const words = wordsOf(chosen.text);
    const found = numbers.filter((number) =>
      (!chosen.standing || number.standing === chosen.standing) &&
      (!chosen.kind || number.kind === chosen.kind) &&
      (!chosen.paper || number.address.startsWith(`${chosen.paper}.`)) &&
      hasWords(`${number.title} ${number.address}`.toLowerCase(), words));
    body.replaceChildren(...found.map(line));
    count.textContent = `${found.length} of ${numbers.length} rows of the ledgers`;
    const set = Object.entries(chosen).filter(([, value]) => value);
    history.replaceState(null, "", `#${new URLSearchParams(set)}`);
  }

  const given = new URLSearchParams(location.hash.slice(1));
  if ([...given].length) form.elements.kind.value = "";
  given.forEach((value, name) => {
    if (form.elements[name]) form.elements[name].value = value;
  });
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  show();
})();
