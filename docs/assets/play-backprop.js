// Backpropagation on the smallest network, one step after the other. Weights, inputs and target stand in the page's tables.
play("backprop", function (box, state) {
  "use strict";

  function table(word) {
    return Array.from(document.querySelectorAll(".md-content table")).find(function (one) {
      return one.tHead && one.tHead.textContent.indexOf(word) >= 0;
    });
  }
  var nodes = table("Error signal"), edges = table("New weight");
  if (!nodes || !edges) return;

  var out = {}, weight = {}, target = 0, rate = 1;
  play.rows(nodes).forEach(function (row) {
    if (row.Node === "target") target = row.Output;
    else if (row.Node[0] === "x") out[row.Node] = row.Output;
  });
  play.rows(edges).forEach(function (row) {
    weight[row.Edge] = row.Weight;
    rate = Math.round((row.Weight - row["New weight"]) / row.Gradient * 100) / 100;
  });

  var PLACE = { x1: [40, 60], x2: [40, 200], h1: [180, 60], h2: [180, 200], y: [320, 130] };
  function ends(edge) { return edge.split(" → "); }
  function squash(sum) { return 1 / (1 + Math.exp(-sum)); }
  function say(value) { return value.toFixed(Math.abs(value) < 0.1 && value ? 4 : 3).replace("-", "−"); }
  function into(node) { return Object.keys(weight).filter(function (edge) { return ends(edge)[1] === node; }); }

  // One forward pass with the given weights: what each neuron passes on.
  function forward(weights) {
    var found = { x1: out.x1, x2: out.x2 };
    ["h1", "h2", "y"].forEach(function (node) {
      found[node] = squash(into(node).reduce(function (sum, e) { return sum + weights[e] * found[ends(e)[0]]; }, 0));
    });
    return found;
  }

  // All steps: the words, what is shown in nodes and on edges, and what is at work.
  function plan() {
    var steps = [], passed = forward(weight), blame = {}, gradient = {}, fresh = {};
    var shown = { outputs: { x1: out.x1, x2: out.x2 }, errors: {}, edges: Object.assign({}, weight), what: "weights" };
    function step(text, at) {
      steps.push(Object.assign(structuredClone(shown), { text: text, at: at }));
    }
    function error(y) { return (y - target) * (y - target) / 2; }
    function slope(node) { return passed[node] * (1 - passed[node]); }
    step("The inputs are " + out.x1 + " and " + out.x2 + ", the answer should be " + target + ". Numbers on edges are weights.", []);
    ["h1", "h2", "y"].forEach(function (node) {
      shown.outputs[node] = passed[node];
      step("Forward, " + node + ": " + into(node).map(function (e) {
        return say(weight[e]) + " × " + say(passed[ends(e)[0]]);
      }).join(" + ") + ", squashed, gives " + say(passed[node]) + ".", into(node).concat(node));
    });
    step("The error is half the squared distance from the target: " + say(error(passed.y)) + ".", ["y"]);
    shown.errors.y = blame.y = (passed.y - target) * slope("y");
    step("Error signal at y: distance " + say(passed.y - target) + " × steepness " + say(slope("y")) + " = " + say(blame.y) + ".", ["y"]);
    ["h1", "h2"].forEach(function (node) {
      var edge = node + " → y";
      shown.errors[node] = blame[node] = blame.y * weight[edge] * slope(node);
      step("Back to " + node + ": signal " + say(blame.y) + " × weight " + say(weight[edge]) + " × steepness " + say(slope(node)) +
        " = " + say(blame[node]) + ".", [edge, node]);
    });
    shown.edges = {};
    shown.what = "gradients";
    Object.keys(weight).reverse().forEach(function (edge) {
      var from = ends(edge)[0], to = ends(edge)[1];
      shown.edges[edge] = gradient[edge] = passed[from] * blame[to];
      step("Gradient of " + edge + ": " + say(passed[from]) + " from " + from + " × signal " + say(blame[to]) + " = " + say(gradient[edge]) + ".", [edge]);
    });
    Object.keys(weight).forEach(function (edge) { fresh[edge] = weight[edge] - rate * gradient[edge]; });
    shown.edges = fresh;
    shown.what = "new weights";
    step("Every weight moves against its gradient. Numbers on edges are the new weights.", Object.keys(weight));
    shown.outputs = forward(fresh);
    shown.errors = {};
    step("Forward again: y says " + say(shown.outputs.y) + ", and the error went from " + say(error(passed.y)) + " to " +
      say(error(shown.outputs.y)) + ".", ["y"]);
    return steps;
  }

  var steps = plan();
  var at = Math.round(Math.min(steps.length - 1, Math.max(0, state.get("step", 0))));
  var picture = play.svg("svg", { viewBox: "0 0 360 262", width: 560, role: "img" });

  function draw() {
    var step = steps[at];
    picture.replaceChildren();
    Object.keys(weight).forEach(function (edge) {
      var a = PLACE[ends(edge)[0]], b = PLACE[ends(edge)[1]], busy = step.at.indexOf(edge) >= 0;
      picture.append(play.svg("line", { x1: a[0], y1: a[1], x2: b[0], y2: b[1], stroke: busy ? "#d97706" : "currentColor",
        "stroke-width": busy ? 4 : 1.5, "stroke-opacity": busy ? 1 : 0.5 }));
    });
    Object.keys(weight).forEach(function (edge) {
      if (!(edge in step.edges)) return;
      // Crossing edges carry their number near their start, so that none lies on another.
      var a = PLACE[ends(edge)[0]], b = PLACE[ends(edge)[1]], part = a[1] === b[1] ? 0.55 : ends(edge)[1] === "y" ? 0.5 : 0.3;
      picture.append(play.svg("text", { x: a[0] + (b[0] - a[0]) * part, y: a[1] + (b[1] - a[1]) * part - 6,
        "text-anchor": "middle", "font-size": 13, "font-weight": step.at.indexOf(edge) >= 0 ? 700 : 400 }, say(step.edges[edge])));
    });
    Object.keys(PLACE).forEach(function (node) {
      var x = PLACE[node][0], y = PLACE[node][1], busy = step.at.indexOf(node) >= 0;
      picture.append(play.svg("circle", { cx: x, cy: y, r: 25, fill: "var(--md-default-bg-color)", stroke: busy ? "#d97706" : "currentColor",
        "stroke-width": busy ? 4 : 1.5 }));
      words(x, y - 3, node, 13, 700);
      if (node in step.outputs) words(x, y + 13, node[0] === "x" ? String(step.outputs[node]) : say(step.outputs[node]), 12, 400);
      if (node in step.errors) words(x, y + 41, "signal " + say(step.errors[node]), 12, 700);
    });
    picture.setAttribute("aria-label", "Two inputs, two hidden neurons, one output; " + step.what + " on the edges.");
    play.say(box, "Step " + (at + 1) + " of " + steps.length + ". " + step.text);
    back.disabled = at === 0;
    next.disabled = at === steps.length - 1;
  }

  function words(x, y, text, size, boldness) {
    picture.append(play.svg("text", { x: x, y: y, "text-anchor": "middle", "font-size": size, "font-weight": boldness }, text));
  }

  function go(to) {
    at = Math.min(steps.length - 1, Math.max(0, to));
    state.set("step", at);
    draw();
  }

  var back = play.button("Back", function () { go(at - 1); });
  var next = play.button("Next", function () { go(at + 1); });
  box.prepend(picture, box.querySelector(".play-said"),
    play.html("div", { class: "play-buttons" }, back, " ", next, " ", play.button("Again", function () { go(0); })));
  draw();
});
