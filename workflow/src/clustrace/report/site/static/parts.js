// Small parts that panels are put together from.
clustrace.parts = (function () {
  "use strict";
  const { make } = clustrace;
  const SHORT = 8;

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

  const distinct = (items) => [...new Set(items)];

  return { short, distinct, code, quiet, status, hash, facts, section, folded };
})();
