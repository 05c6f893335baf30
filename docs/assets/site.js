// This site only: names and stops of the keyboard that Material for MkDocs leaves out. Pages are whole without it.
(function () {
  "use strict";

  function mend() {
    name(".md-search[role=dialog]", "Search");
    name(".md-progress[role=progressbar]", "Loading");
    // What scrolls sideways must be scrollable from the keyboard; what does not is no stop.
    document
      .querySelectorAll(".md-typeset pre > code, .md-typeset .highlight-ipynb, .md-typeset__scrollwrap")
      .forEach(function (box) {
        if (box.scrollWidth > box.clientWidth) {
          box.tabIndex = 0;
          box.setAttribute("role", "group");
          box.setAttribute("aria-label", box.querySelector("table") ? "Table" : "Code");
        } else if (box.getAttribute("role") === "group") {
          ["tabindex", "role", "aria-label"].forEach(function (key) { box.removeAttribute(key); });
        }
      });
    document.querySelectorAll(".md-typeset abbr[title]").forEach(function (term) { term.tabIndex = 0; });
  }

  function name(selector, label) {
    var box = document.querySelector(selector);
    if (box && !box.hasAttribute("aria-label")) box.setAttribute("aria-label", label);
  }

  // Material tells of each page it shows, also of those it exchanges without loading anything.
  if (window.document$ && window.document$.subscribe) window.document$.subscribe(soon);
  else soon();
  // Its own observers take stops away again when sizes change; the last word is ours.
  function soon() {
    mend();
    setTimeout(mend, 200);
  }
  window.addEventListener("resize", soon);
  document.addEventListener("toggle", soon, true);
})();
