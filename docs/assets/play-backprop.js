// Backpropagation step by step. Weights, inputs and target stand in the page's tables.
play("backprop", (box, state) => {
  "use strict";

  function table(word) {
    return Array.from(document.querySelectorAll(".md-content table")).find((one) => {
      return one.tHead && one.tHead.textContent.indexOf(word) >= 0;
    });
  }
  var nodes = table("Error signal"), edges = table("New weight");
  if (!nodes || !edges) return;

  var out = {}, weight = {}, target = 0, rate = 1;
  play.rows(nodes).forEach((row) => {
    if (row.Node === "target") target = row.Output;
    else if (row.Node[0] === "x") out[row.Node] = row.Output;
  });
  play.rows(edges).forEach((row) => {
    weight[row.Edge] = row.Weight;
    rate = Math.round((row.Weight - row["New weight"]) / row.Gradient * 100) / 100;
  });

  var PLACE = { x1: [40, 60], x2: [40, 200], h1: [180, 60], h2: [180, 200], y: [320, 130] };
  function ends(edge) { return edge.split(" → "); }
  function squash(sum) { return 1 / (1 + Math.exp(-sum)); }
  // Write a sentence, its numbers with up to four decimals.
  function say(parts, ...values) {
    return parts.reduce((text, part, at) => {
      var value = values[at - 1];
      return text + (typeof value === "number" ? String(Number(value.toFixed(4))).replace("-", "−") : value) + part;
    });
  }
  function into(node) { return Object.keys(weight).filter((edge) => ends(edge)[1] === node); }

  function forward(weights) {
    var found = { x1: out.x1, x2: out.x2 };
    ["h1", "h2", "y"].forEach((node) => {
      found[node] = squash(into(node).reduce((sum, e) => { return sum + weights[e] * found[ends(e)[0]]; }, 0));
    });
    return found;
  }

  // Each step: its words, what nodes and edges show, what is at work.
  function plan() {
    var steps = [], passed = forward(weight), blame = {}, gradient = {}, fresh = {};
    var shown = { outputs: { x1: out.x1, x2: out.x2 }, errors: {}, edges: Object.assign({}, weight) };
    function step(text, at) {
      steps.push(Object.assign(structuredClone(shown), { text, at }));
    }
    function error(y) { return (y - target) * (y - target) / 2; }
    function slope(node) { return passed[node] * (1 - passed[node]); }
    step(say`The inputs are ${out.x1} and ${out.x2}, the answer should be ${target}; edges show weights.`, []);
    ["h1", "h2", "y"].forEach((node) => {
      shown.outputs[node] = passed[node];
      var sum = into(node).map((edge) => say`${weight[edge]} × ${passed[ends(edge)[0]]}`).join(" + ");
      step(say`Forward, ${node}: ${sum}, squashed, gives ${passed[node]}.`, into(node).concat(node));
    });
    step(say`The error is half the squared distance from the target: ${error(passed.y)}.`, ["y"]);
    shown.errors.y = blame.y = (passed.y - target) * slope("y");
    step(say`Error signal at y: distance ${passed.y - target} × steepness ${slope("y")} = ${blame.y}.`, ["y"]);
    ["h1", "h2"].forEach((node) => {
      var edge = node + " → y";
      shown.errors[node] = blame[node] = blame.y * weight[edge] * slope(node);
      step(say`Back to ${node}: signal ${blame.y} × weight ${weight[edge]} × steepness ${slope(node)} = ${blame[node]}.`, [edge, node]);
    });
    shown.edges = {};
    Object.keys(weight).reverse().forEach((edge) => {
      var from = ends(edge)[0], to = ends(edge)[1];
      shown.edges[edge] = gradient[edge] = passed[from] * blame[to];
      step(say`Gradient of ${edge}: ${passed[from]} from ${from} × signal ${blame[to]} = ${gradient[edge]}.`, [edge]);
    });
    Object.keys(weight).forEach((edge) => { fresh[edge] = weight[edge] - rate * gradient[edge]; });
    shown.edges = fresh;
    step("Every weight moves against its gradient: edges now show the new ones.", Object.keys(weight));
    shown.outputs = forward(fresh);
    shown.errors = {};
    step(say`Forward again: y says ${shown.outputs.y}; the error went from ${error(passed.y)} to ${error(shown.outputs.y)}.`, ["y"]);
    return steps;
  }

  var steps = plan();
  var at = Math.round(Math.min(steps.length - 1, Math.max(0, state.get("step", 0))));
  var picture = play.svg("svg", { viewBox: "0 0 360 262", width: 560, role: "img",
    "aria-label": "Two inputs, two hidden neurons, one output, with numbers in nodes and on edges." });

  function draw() {
    var step = steps[at];
    function busy(what) { return step.at.indexOf(what) >= 0; }
    function stroke(what) { return { stroke: busy(what) ? "#d97706" : "currentColor", "stroke-width": busy(what) ? 4 : 1.5 }; }
    picture.replaceChildren();
    Object.keys(weight).forEach((edge) => {
      var a = PLACE[ends(edge)[0]], b = PLACE[ends(edge)[1]];
      picture.append(play.svg("line", Object.assign({ x1: a[0], y1: a[1], x2: b[0], y2: b[1] }, stroke(edge))));
    });
    Object.keys(weight).forEach((edge) => {
      if (!(edge in step.edges)) return;
      // Crossing edges carry their number near their start.
      var a = PLACE[ends(edge)[0]], b = PLACE[ends(edge)[1]], part = a[1] === b[1] ? 0.55 : ends(edge)[1] === "y" ? 0.5 : 0.3;
      words(a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part - 6, say`${step.edges[edge]}`, busy(edge));
    });
    Object.keys(PLACE).forEach((node) => {
      var x = PLACE[node][0], y = PLACE[node][1];
      picture.append(play.svg("circle", Object.assign({ cx: x, cy: y, r: 25, fill: "var(--md-default-bg-color)" }, stroke(node))));
      words(x, y - 3, node, true);
      if (node in step.outputs) words(x, y + 13, say`${step.outputs[node]}`);
      if (node in step.errors) words(x, y + 41, say`signal ${step.errors[node]}`, true);
    });
    play.say(box, step.text);
    back.disabled = at === 0;
    next.disabled = at === steps.length - 1;
    var input = slider.querySelector("input");
    if (Number(input.value) === at + 1) return;
    input.value = at + 1;
    input.dispatchEvent(new Event("input"));
  }

  function words(x, y, text, bold) {
    var font = { "text-anchor": "middle", "font-size": 13, "font-weight": bold ? 700 : 400,
      stroke: "var(--md-default-bg-color)", "stroke-width": 4, "paint-order": "stroke" };
    picture.append(play.svg("text", Object.assign({ x: x, y: y }, font), text));
  }

  function go(to) {
    at = Math.min(steps.length - 1, Math.max(0, to));
    state.set("step", at);
    draw();
  }

  var back = play.button("Back", () => go(at - 1));
  var next = play.button("Next", () => go(at + 1));
  var slider = play.slider({
    label: "Step", min: 1, max: steps.length, value: at + 1, say: (step) => step + " of " + steps.length
  }, (step) => go(step - 1));
  // The picture that moves takes the place of the one that stands.
  box.querySelectorAll("img").forEach((still) => still.parentElement.remove());
  box.prepend(picture, box.querySelector(".play-said"), play.html("div", { class: "play-controls" }, slider),
    play.html("div", { class: "play-buttons" }, back, " ", next));
  draw();
});
