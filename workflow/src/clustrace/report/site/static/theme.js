// Before the page is drawn: the theme that was chosen last, if one was.
(function () {
  "use strict";
  let chosen = null;
  try {
    chosen = localStorage.getItem("clustrace-theme");
  } catch (error) {
    // Pages from disk may have no storage; then the system's theme holds.
  }
  if (chosen) document.documentElement.dataset.theme = chosen;
})();
