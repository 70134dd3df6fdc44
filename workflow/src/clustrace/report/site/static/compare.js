// The ledgers of this site beside others, which the reader chooses from disk.
(function () {
  "use strict";
  const { load, make, pageOf } = clustrace;
  const input = document.getElementById("ledger");
  const status = document.getElementById("compared");
  const refused = document.getElementById("refused");
  const changes = document.getElementById("changes");
  const table = document.getElementById("comparison");
  const NEEDED = ["address", "value", "printed", "verdict", "protocol", "kind"];
  let pairs = [];

  // Lines of a CSV file as lists of fields; quotes as RFC 4180 has them.
  function fieldsOf(text) {
    const lines = [[""]];
    let quoted = false;
    for (let at = 0; at < text.length; at += 1) {
      const sign = text[at];
      const fields = lines[lines.length - 1];
      if (quoted) {
        if (sign === '"' && text[at + 1] === '"') {
          fields[fields.length - 1] += '"';
          at += 1;
        } else if (sign === '"') quoted = false;
        else fields[fields.length - 1] += sign;
      } else if (sign === '"') quoted = true;
      else if (sign === ",") fields.push("");
      else if (sign === "\n") lines.push([""]);
      else if (sign !== "\r") fields[fields.length - 1] += sign;
    }
    if (quoted) throw new Error("a quotation mark is not closed");
    return lines.filter((fields) => fields.length > 1 || fields[0]);
  }

  function rowsOf(text, name) {
    const [head = [], ...lines] = fieldsOf(text);
    const lacking = NEEDED.filter((column) => !head.includes(column));
    if (lacking.length) throw new Error(`it has no column ${lacking.join(", ")}`);
    return lines.map((fields, index) => {
      if (fields.length !== head.length) {
        throw new Error(`row ${index + 1} has ${fields.length} fields instead of ${head.length}`);
      }
      const row = Object.fromEntries(head.map((column, place) => [column, fields[place]]));
      row.value = row.value === "" ? null : Number(row.value);
      if (Number.isNaN(row.value)) throw new Error(`row ${index + 1} has a value that is no number`);
      return { ...row, file: name };
    });
  }

  function differs({ here, there }) {
    if (!here || !there) return true;
    return here.value !== there.value || here.verdict !== there.verdict
      || here.content !== (there.content_sha256 ?? "");
  }

  function gap({ here, there }) {
    if (here?.value == null || there?.value == null) return "";
    const difference = there.value - here.value;
    const percent = there.published_unit === "percent" && there.kind !== "claim";
    const text = (difference * (percent ? 100 : 1)).toPrecision(3);
    return difference === 0 ? "equal" : `${difference > 0 ? "+" : ""}${Number(text)}`;
  }

  function line(pair) {
    const { here, there, address } = pair;
    const [ours, theirs] = [here?.verdict || "–", there?.verdict || "–"];
    return make("tr", { class: differs(pair) ? "changed" : "" },
      make("th", { scope: "row" }, here ? make("a", { href: pageOf(address) }, here.title) : address),
      make("td", { class: "right" }, (here?.published || there?.published_printed) || "–"),
      make("td", { class: "right" }, here ? here.ours || "not computed" : "not in this ledger"),
      make("td", { class: "right" }, there ? there.printed || "not computed" : "not in the other"),
      make("td", { class: "right" }, gap(pair)),
      make("td", {}, ours === theirs ? ours : `${ours} → ${theirs}`));
  }

  function show() {
    const all = !changes.querySelector("input:checked").value;
    table.tBodies[0].replaceChildren(...pairs.filter((pair) => all || differs(pair)).map(line));
  }

  function pair(numbers, others) {
    const papers = new Set(others.map((row) => row.address.split(".")[0]));
    const here = new Map(numbers.filter((number) => papers.has(number.address.split(".")[0]))
      .map((number) => [number.address, number]));
    const there = new Map(others.map((row) => [row.address, row]));
    return [...new Set([...here.keys(), ...there.keys()])].sort().map((address) => ({
      address, here: here.get(address), there: there.get(address) }));
  }

  input.addEventListener("change", async () => {
    refused.hidden = true;
    const others = [];
    for (const file of input.files) {
      try {
        others.push(...rowsOf(await file.text(), file.name));
      } catch (error) {
        refused.textContent = `${file.name} is no ledger: ${error.message}.`;
        refused.hidden = false;
      }
    }
    if (!others.length) return;
    const index = await load("index");
    pairs = pair(index.numbers, others);
    const protocols = [...new Set(others.map((row) => row.protocol))].join(", ");
    status.textContent = `${pairs.filter(differs).length} of ${pairs.length} numbers differ; `
      + `here protocol ${index.protocol}, there ${protocols}.`;
    table.hidden = false;
    changes.hidden = false;
    show();
  });
  changes.addEventListener("change", show);
})();
