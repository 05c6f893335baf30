// How often a network errs in each of two groups, by the share of the smaller one in its training: read from the table.
(function () {
  "use strict";

  window.play && window.play("bias", function (box, state) {
    var table = box.querySelector("table");
    if (!table) return;
    var names = Array.from(table.tHead.rows[0].cells, function (cell) { return cell.textContent.trim(); });
    var points = Array.from(table.tBodies[0].rows, function (row) { return Array.from(row.cells, number); });
    if (points.some(function (point) { return point.some(function (one) { return one === null; }); })) return;
    var total = Number(table.closest("[data-play]").querySelector("[data-metric='n_train']").dataset.value);

    // A cell holds a measured value; its interval is written as "± 2" or as "1 to 3", in percentage points.
    function number(cell) {
      var link = cell.querySelector("[data-value]");
      if (!link) return null;
      var mean = Number(link.dataset.value);
      var said = link.querySelector(".dl-ci");
      var ends = said ? (said.textContent.match(/[\d.]+/g) || []).map(Number) : [];
      var wide = ends.length === 1 ? [mean - ends[0] / 100, mean + ends[0] / 100] : [ends[0] / 100, ends[1] / 100];
      return { mean: mean, low: ends.length ? wide[0] : mean, high: ends.length ? wide[1] : mean, text: cell.textContent.trim().replace(/\s+/g, " ").replace(/ \(\d+ seeds?\)/, "") };
    }

    function share(point) { return point[0].mean / total; }

    function words(at) {
      var percent = Math.round(1000 * share(points[at])) / 10;
      return points[at][0].mean.toLocaleString("en") + " of " + total.toLocaleString("en") + " pictures, " + percent + " %";
    }

    var wanted = state.get("share", 0.05);
    var at = points.reduce(function (best, point, i) {
      return Math.abs(share(point) - wanted) < Math.abs(share(points[best]) - wanted) ? i : best;
    }, 0);
    var svg = window.play.svg;
    var picture = svg("svg", { viewBox: "0 0 360 190", width: 360, role: "img" });
    var controls = window.play.html("div", { class: "play-controls" }, window.play.slider(
      { label: "Smaller group in training", min: 0, max: points.length - 1, step: 1, value: at, say: words },
      function (value) {
        at = value;
        state.set("share", Math.round(1000 * share(points[at])) / 1000);
        show();
      }
    ));
    box.prepend(controls, picture);

    function show() {
      var most = Math.max.apply(null, points.map(function (point) { return Math.max(point[1].high, point[2].high); }));
      var x = function (value) { return 4 + 220 * Math.max(0, value) / most; };
      picture.replaceChildren();
      [1, 2, 3].forEach(function (column, i) {
        var one = points[at][column], top = 12 + 60 * i;
        picture.append(
          svg("text", { x: 4, y: top + 10, "font-size": 15 }, names[column]),
          svg("rect", { x: 4, y: top + 18, width: x(one.mean) - 4, height: 18, fill: "var(--md-accent-fg-color)", opacity: column === 2 ? 0.95 : 0.55 }),
          svg("line", { x1: x(one.low), x2: x(one.high), y1: top + 27, y2: top + 27, stroke: "var(--md-typeset-color)", "stroke-width": 2 }),
          svg("text", { x: x(one.high) + 8, y: top + 32, "font-size": 15 }, one.text)
        );
      });
      var plain = points[at].slice(1).map(function (one, i) { return names[i + 1] + ": " + one.text; }).join("; ");
      picture.setAttribute("aria-label", "Errors. " + plain);
      var smaller = points[at][2], larger = points[at][1];
      var apart = smaller.low > larger.high ? "The smaller group is worse off."
        : larger.low > smaller.high ? "The larger group is worse off."
        : "The intervals of the two groups overlap.";
      window.play.say(box, "With " + words(at) + " from the smaller group: " + plain + ". " + apart);
    }

    show();
  });
})();
