// Depth: choose a recipe and how many layers; see how much of the gradient arrives where, and what the network learns.
// All numbers come from the table inside the explanation; without it nothing is added.
play("depth", function (box, state) {
  "use strict";

  var PLACES = [["grad_first", "first"], ["grad_quarter", "¼"], ["grad_half", "½"], ["", "last"]];
  var found = {}, recipes = [], depths = [];

  function number(row, metric) {
    var cell = row.querySelector('[data-metric="' + metric + '"]');
    return cell ? Number(cell.dataset.value) : NaN;
  }
  box.querySelectorAll("table tbody tr").forEach(function (row) {
    var head = row.querySelector("th"), words = head && /^(.+), (\d+) layers?/.exec(head.textContent.trim());
    if (!words || isNaN(number(row, "test_acc"))) return;
    if (recipes.indexOf(words[1]) < 0) recipes.push(words[1]);
    if (depths.indexOf(Number(words[2])) < 0) depths.push(Number(words[2]));
    found[words[1] + words[2]] = {
      test: number(row, "test_acc"), train: number(row, "train_acc"),
      powers: PLACES.map(function (place) { return place[0] ? number(row, place[0]) : 0; })
    };
  });
  if (!recipes.length) return;
  depths.sort(function (a, b) { return a - b; });

  var all = [].concat.apply([], Object.values(found).map(function (one) { return one.powers; })).filter(isFinite);
  var low = Math.floor(Math.min.apply(null, all.concat(-1))), high = Math.ceil(Math.max.apply(null, all.concat(1)));
  var TOP = 24, HEIGHT = 200, LEFT = 40, STEP = 80;
  function y(power) { return TOP + (high - power) / (high - low) * HEIGHT; }

  var recipe = state.get("recipe", recipes[0]), depth = state.get("layers", 20);
  if (recipes.indexOf(recipe) < 0) recipe = recipes[0];
  if (depths.indexOf(depth) < 0) depth = depths[depths.length - 1];

  var picture = play.svg("svg", { viewBox: "0 0 372 284", width: 460, role: "img", style: "max-width:100%" });
  var table = box.querySelector("figure") || box.firstElementChild;
  box.insertBefore(play.html("div", { class: "play-controls" },
    play.choice({ label: "Recipe", options: recipes, value: recipe }, function (value) {
      recipe = value;
      state.set("recipe", value);
      draw();
    }),
    play.slider({
      label: "Hidden layers", min: 0, max: depths.length - 1, value: depths.indexOf(depth),
      say: function (at) { return depths[at] + (depths[at] === 1 ? " layer" : " layers"); }
    }, function (at) {
      depth = depths[at];
      state.set("layers", depth);
      draw();
    })), table);
  box.insertBefore(picture, table);
  // What is said stands with the picture, not below the long table.
  box.insertBefore(box.querySelector(".play-said"), table);

  function text(x, at, words, anchor, size) {
    return play.svg("text", { x: x, y: at, "text-anchor": anchor || "middle", "font-size": size || 14, fill: "currentColor" }, words);
  }
  function short(value) { return (Math.round(10 * value) / 10 || 0).toFixed(1).replace("-", "−"); }
  function percent(share) { return (100 * share).toFixed(1) + " %"; }

  function draw() {
    var one = found[recipe + depth];
    picture.replaceChildren(
      text(LEFT - 8, y(0) + 4, "0", "end"), text(LEFT - 8, y(low) + 4, short(low).replace(".0", ""), "end"),
      play.svg("line", { x1: LEFT, x2: 366, y1: y(0), y2: y(0), stroke: "currentColor" }),
      text(4, 12, "Gradient along the layers, powers of ten", "start"));
    if (!one) {
      picture.setAttribute("aria-label", "Not measured");
      play.say(box, "This depth has not been measured with this recipe.");
      return;
    }
    one.powers.forEach(function (power, at) {
      var x = LEFT + 10 + at * STEP, from = y(Math.max(power, 0)), size = Math.abs(y(power) - y(0));
      picture.append(
        play.svg("rect", { x: x, y: from, width: 44, height: Math.max(size, 2), fill: "currentColor", "fill-opacity": 0.55 }),
        text(x + 22, power > 0 ? from - 5 : Math.min(from + size + 14, TOP + HEIGHT + 14), short(power)),
        text(x + 22, 276, PLACES[at][1], "middle", 14));
    });
    var words = recipe + ", " + depth + (depth === 1 ? " layer" : " layers") + ": names " + percent(one.test) +
      " of new digits and " + percent(one.train) + " of those it learnt from. The first layer's gradient is 10 to the power of " +
      short(one.powers[0]) + " times that of the last.";
    picture.setAttribute("aria-label", words);
    play.say(box, words);
  }
  draw();
});
