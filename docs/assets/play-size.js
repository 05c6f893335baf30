// How many signals? A slider over training sizes shows what each model reaches there, and whether the leader is clear.
(function () {
  "use strict";
  var RIGHT = 70, TOP = 8, TEXT = 15;

  window.play && window.play("size", function (box, state) {
    var table = document.querySelector("#fig-signals table");
    if (!table) return;
    var points = read(table);
    var sizes = Array.from(new Set(points.map(function (point) { return point.n; }))).sort(function (a, b) { return a - b; });
    if (sizes.length < 2) return;
    var models = Array.from(new Set(points.map(function (point) { return point.model; })));
    var wanted = state.get("signals", sizes[Math.floor(sizes.length / 2)]);
    var at = sizes.reduce(function (best, size, i) {
      return Math.abs(size - wanted) < Math.abs(sizes[best] - wanted) ? i : best;
    }, 0);

    function signals(i) { return sizes[i].toLocaleString("en") + " signals"; }

    // On a phone names stand above the bars, so that letters and bars keep their size.
    var picture = window.play.html("div"), width = Math.max(260, Math.min(640, box.clientWidth - 36));
    var narrow = width < 480, left = narrow ? 4 : 175, lines = narrow ? 50 : 34;
    var controls = window.play.html("div", { class: "play-controls" }, window.play.slider(
      { label: "Training signals", min: 0, max: sizes.length - 1, value: at, say: signals },
      function (i) { state.set("signals", sizes[i]); show(i); }
    ));
    box.querySelectorAll(":scope > p:not(.play-said)").forEach(function (one) { one.hidden = true; });
    box.prepend(controls, picture, box.querySelector(".play-said"));

    function show(i) {
      var here = models.map(function (model) {
        return points.find(function (point) { return point.model === model && point.n === sizes[i]; })
          || { model: model, missing: true };
      });
      draw(here, i);
      tell(here.filter(function (point) { return !point.missing; }), i);
    }

    function x(value) { return left + value * (width - left - RIGHT); }

    function draw(here, i) {
      var height = TOP + lines * here.length + 30, s = window.play.svg;
      var image = s("svg", { viewBox: "0 0 " + width + " " + height, role: "img", class: "play-size",
        "aria-label": "Accuracy of each model with " + signals(i) });
      [0, 0.25, 0.5, 0.75, 1].forEach(function (tick) {
        image.append(s("line", { x1: x(tick), x2: x(tick), y1: TOP, y2: height - 26,
          stroke: "var(--md-default-fg-color--lightest)" }));
        image.append(s("text", { x: x(tick), y: height - 6, "text-anchor": tick ? "middle" : narrow ? "start" : "middle", "font-size": TEXT - 2 },
          Math.round(tick * 100) + " %"));
      });
      here.forEach(function (point, row) {
        var y = TOP + lines * (row + (narrow ? 0.7 : 0.5));
        image.append(s("text", { x: narrow ? left : 0, y: narrow ? y - 12 : y + 5, "font-size": TEXT }, point.model));
        if (point.missing) {
          image.append(s("text", { x: x(0) + 8, y: y + 5, "font-size": TEXT }, "not measured"));
          return;
        }
        image.append(s("line", { x1: x(0), x2: x(point.mean), y1: y, y2: y, "stroke-width": 10,
          stroke: "var(--md-accent-fg-color)", "stroke-opacity": 0.35 }));
        image.append(s("line", { x1: x(point.low), x2: x(point.high), y1: y, y2: y, "stroke-width": 3,
          stroke: "var(--md-typeset-color)" }));
        image.append(s("circle", { cx: x(point.mean), cy: y, r: 5, fill: "var(--md-typeset-color)" }));
        image.append(s("text", { x: width, y: y + 5, "text-anchor": "end", "font-size": TEXT }, percent(point.mean)));
      });
      picture.replaceChildren(image);
    }

    function tell(here, i) {
      var order = here.slice().sort(function (a, b) { return b.mean - a.mean; });
      var near = order.slice(1).filter(function (point) { return point.high >= order[0].low; });
      var said = "With " + signals(i) + ": " + order[0].model + " leads with " + percent(order[0].mean);
      window.play.say(box, near.length
        ? said + "; its interval overlaps with that of " + list(near.map(function (one) { return one.model; })) + "."
        : said + ", its interval clear of all others.");
    }

    show(at);
  });

  // The table below the chart: a row per size, a column per model, cells like "37.0 % ± 1.3" or with two ends.
  function read(table) {
    var names = Array.from(table.tHead.rows[0].cells, function (cell) { return cell.textContent.trim(); });
    var found = [];
    Array.from(table.tBodies[0].rows).forEach(function (row) {
      Array.from(row.cells).slice(1).forEach(function (cell, i) {
        var numbers = (cell.textContent.match(/\d+(\.\d+)?/g) || []).map(Number), mean = Number(cell.dataset.sort);
        if (!cell.dataset.sort || !isFinite(mean) || !numbers.length) return;
        var half = numbers.length === 2 ? numbers[1] / 100 : 0, ends = numbers.length > 2;
        found.push({ n: Number(row.cells[0].dataset.sort), model: names[i + 1], mean: mean,
          low: ends ? numbers[1] / 100 : mean - half, high: ends ? numbers[2] / 100 : mean + half });
      });
    });
    return found;
  }

  function percent(value) { return (value * 100).toFixed(1) + " %"; }

  function list(words) {
    return words.length < 2 ? words.join("") : words.slice(0, -1).join(", ") + " and " + words[words.length - 1];
  }
})();
