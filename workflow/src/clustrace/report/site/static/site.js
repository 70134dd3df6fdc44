// What all pages share: data files, the search, the theme, the filter of a paper's tables.
const clustrace = (function () {
  "use strict";
  const up = document.documentElement.dataset.up;
  const values = {};
  const pending = {};

  // Called by each data file. Pages from disk may not fetch, but may load scripts.
  function put(name, value) {
    values[name] = value;
  }

  // Promise of the value that a data file hands on.
  function load(name) {
    if (name in values) return Promise.resolve(values[name]);
    pending[name] ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = `${up}data/${name}.js`;
      script.onload = () => resolve(values[name]);
      script.onerror = () => {
        delete pending[name];
        reject(new Error(`data/${name}.js could not be loaded; build the site again.`));
      };
      document.head.append(script);
    });
    return pending[name];
  }

  // An element with attributes and children; null children are left out.
  function make(tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes ?? {})) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value !== null && value !== undefined && value !== false) {
        element.setAttribute(name, value === true ? "" : value);
      }
    }
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
  }

  function pageOf(address) {
    return `${up}papers/${address.split(".")[0]}.html#${address}`;
  }

  function hasWords(text, words) {
    return words.every((word) => text.includes(word));
  }

  function wordsOf(text) {
    return text.toLowerCase().split(/\s+/).filter(Boolean);
  }

  return { put, load, make, pageOf, hasWords, wordsOf, up };
})();

(function () {
  "use strict";
  const { load, make, pageOf, hasWords, wordsOf, up } = clustrace;
  const MOST = 30;

  function search() {
    const input = document.getElementById("search");
    const box = document.getElementById("found");
    const status = box.querySelector("[role=status]");
    const list = box.querySelector("ul");
    let index = null;

    function entries() {
      return [
        ...index.pages.map((page) => ({
          text: `${page.kind}: ${page.title}`,
          more: page.name,
          url: up + page.url,
        })),
        ...index.numbers.map((number) => ({
          text: number.title,
          more: `${number.address} ${number.ours}`,
          url: pageOf(number.address),
        })),
      ].map((entry) => ({ ...entry, all: `${entry.text} ${entry.more}`.toLowerCase() }));
    }

    async function show() {
      const words = wordsOf(input.value);
      if (!words.length) {
        box.hidden = true;
        return;
      }
      if (!index) {
        try {
          index = await load("index");
          index.entries = entries();
        } catch (error) {
          box.hidden = false;
          status.textContent = error.message;
          return;
        }
      }
      const found = index.entries.filter((entry) => hasWords(entry.all, words));
      list.replaceChildren(
        ...found.slice(0, MOST).map((entry) =>
          make("li", {}, make("a", { href: entry.url },
            entry.text, make("span", { class: "quiet" }, entry.more)))),
      );
      status.textContent = found.length > MOST
        ? `The first ${MOST} of ${found.length}; go on typing to find fewer.`
        : `${found.length} found.`;
      box.hidden = false;
    }

    function move(event) {
      const links = [...list.querySelectorAll("a")];
      if (event.key === "Escape") {
        box.hidden = true;
        input.focus();
      } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        const step = event.key === "ArrowDown" ? 1 : -1;
        const next = links.indexOf(document.activeElement) + step;
        (links[next] ?? (next < 0 ? input : links[links.length - 1]))?.focus();
        event.preventDefault();
      }
    }

    input.addEventListener("input", show);
    input.form.addEventListener("keydown", move);
    input.form.addEventListener("submit", (event) => {
      event.preventDefault();
      list.querySelector("a")?.click();
    });
    list.addEventListener("click", () => { box.hidden = true; });
    document.addEventListener("click", (event) => {
      if (!input.form.contains(event.target)) box.hidden = true;
    });
  }

  function theme() {
    const root = document.documentElement;
    const button = document.getElementById("theme");
    const system = matchMedia("(prefers-color-scheme: dark)");
    const dark = () => (root.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";
    const name = () => { button.textContent = dark() ? "Light" : "Dark"; };
    button.hidden = false;
    button.setAttribute("aria-label", "Change between light and dark");
    button.addEventListener("click", () => {
      root.dataset.theme = dark() ? "light" : "dark";
      try {
        localStorage.setItem("clustrace-theme", root.dataset.theme);
      } catch (error) {
        // Without storage the choice holds for this page.
      }
      name();
    });
    system.addEventListener("change", name);
    name();
  }

  function filter() {
    const chosen = document.querySelectorAll("input[name=standing]");
    const cells = [...document.querySelectorAll("td.cell")];
    const status = document.getElementById("filtered");
    chosen.forEach((input) => input.addEventListener("change", () => {
      const wanted = input.value;
      cells.forEach((cell) => {
        cell.classList.toggle("dimmed", Boolean(wanted) && cell.dataset.standing !== wanted);
      });
      document.querySelectorAll("table.results tbody tr").forEach((row) => {
        row.hidden = Boolean(wanted) && !row.querySelector("td.cell:not(.dimmed)");
      });
      const left = cells.filter((cell) => !cell.classList.contains("dimmed")).length;
      status.textContent = wanted ? `${left} of ${cells.length} numbers` : "";
    }));
  }

  search();
  theme();
  filter();
})();
