// Backpropagation step by step, with the numbers in the page's tables.
play("backprop", (box, state) => {
  function table(word) {
    return [...document.querySelectorAll(".md-content table")].find((one) => one.tHead?.textContent.includes(word));
  }
  var neurons = table("Error signal"), weights = table("New weight");
  if (!neurons || !weights) return;

  var out = {}, weight = {}, rate = 1;
  play.rows(neurons).forEach((row) => { out[row.Node] = row.Output; });
  play.rows(weights).forEach((row) => {
    weight[row.Edge] = row.Weight;
    rate = Math.round((row.Weight - row["New weight"]) / row.Gradient * 100) / 100;
  });
  var { x1, x2, target } = out, edges = Object.keys(weight), neuron = ["h1", "h2", "y"];

  var PLACE = { x1: [40, 60], x2: [40, 200], h1: [180, 60], h2: [180, 200], y: [320, 130] }, GROUND = "var(--md-default-bg-color)";
  var lines = edges.map((edge) => [edge, ...ends(edge).flatMap((node) => PLACE[node])]);
  function ends(edge) { return edge.split(" → "); }
  // Write a sentence, its numbers with up to four decimals.
  function say(parts, ...values) {
    var short = (value) => isFinite(value) ? `${+value.toFixed(4)}`.replace("-", "−") : value;
    return String.raw({ raw: parts }, ...values.map(short));
  }
  function into(node) { return edges.filter((edge) => edge.endsWith(node)); }

  function forward(weights) {
    var found = { x1, x2 };
    neuron.forEach((node) => {
      var sum = into(node).reduce((part, edge) => part + weights[edge] * found[ends(edge)[0]], 0);
      found[node] = 1 / (1 + Math.exp(-sum));
    });
    return found;
  }

  // Each step: its words, what nodes and edges show, what is at work.
  var steps = [], passed = forward(weight), blame = {}, gradient = {}, fresh = {};
  var shown = { outputs: { x1, x2 }, errors: blame, edges: weight };
  function step(text, at = ["y"]) { steps.push({ ...structuredClone(shown), text, at }); }
  function error(y) { return (y - target) ** 2 / 2; }
  function slope(node) { return passed[node] * (1 - passed[node]); }
  step(say`The inputs are ${x1} and ${x2}, the answer should be ${target}; edges show weights.`, []);
  neuron.forEach((node) => {
    shown.outputs[node] = passed[node];
    var sum = into(node).map((edge) => say`${weight[edge]} × ${passed[ends(edge)[0]]}`).join(" + ");
    step(say`Forward, ${node}: ${sum}, squashed, gives ${passed[node]}.`, [...into(node), node]);
  });
  step(say`The error is half the squared distance from the target: ${error(passed.y)}.`);
  blame.y = (passed.y - target) * slope("y");
  step(say`Error signal at y: distance ${passed.y - target} × steepness ${slope("y")} = ${blame.y}.`);
  ["h1", "h2"].forEach((node) => {
    var edge = node + " → y";
    blame[node] = blame.y * weight[edge] * slope(node);
    step(say`Back to ${node}: signal ${blame.y} × weight ${weight[edge]} × steepness ${slope(node)} = ${blame[node]}.`, [edge, node]);
  });
  shown.edges = gradient;
  [...edges].reverse().forEach((edge) => {
    var [from, to] = ends(edge);
    gradient[edge] = passed[from] * blame[to];
    fresh[edge] = weight[edge] - rate * gradient[edge];
    step(say`Gradient of ${edge}: ${passed[from]} from ${from} × signal ${blame[to]} = ${gradient[edge]}.`, [edge]);
  });
  shown.edges = fresh;
  step("Every weight moves against its gradient: edges now show the new ones.", edges);
  shown.outputs = forward(fresh);
  shown.errors = {};
  step(say`Forward again: y says ${shown.outputs.y}; the error went from ${error(passed.y)} to ${error(shown.outputs.y)}.`);

  var picture = play.svg("svg", { viewBox: "0 0 360 262", width: 560, role: "img",
    "aria-label": "Two inputs, two hidden neurons, one output, with numbers in nodes and on edges." });

  function draw() {
    var step = steps[at];
    function busy(what) { return step.at.includes(what); }
    function add(tag, what, place) {
      var [stroke, width] = busy(what) ? ["#d97706", 4] : ["currentColor", 1.5];
      picture.append(play.svg(tag, { ...place, stroke, "stroke-width": width }));
    }
    picture.replaceChildren();
    lines.forEach(([edge, x1, y1, x2, y2]) => add("line", edge, { x1, y1, x2, y2 }));
    lines.forEach(([edge, x1, y1, x2, y2]) => {
      // Crossing edges carry their number near their start.
      var part = y1 === y2 ? 0.55 : x2 > 300 ? 0.5 : 0.3;
      if (edge in step.edges) words(x1 + (x2 - x1) * part, y1 + (y2 - y1) * part - 6, say`${step.edges[edge]}`, busy(edge));
    });
    Object.entries(PLACE).forEach(([node, [x, y]]) => {
      add("circle", node, { cx: x, cy: y, r: 25, fill: GROUND });
      words(x, y - 3, node, true);
      if (node in step.outputs) words(x, y + 13, say`${step.outputs[node]}`);
      if (node in step.errors) words(x, y + 41, say`signal ${step.errors[node]}`, true);
    });
    play.say(box, step.text);
    back.disabled = at === 0;
    next.disabled = at === steps.length - 1;
  }

  function words(x, y, text, bold) {
    picture.append(play.svg("text", { x, y, "text-anchor": "middle", "font-size": 13, "font-weight": bold ? 700 : 400,
      stroke: GROUND, "stroke-width": 4, "paint-order": "stroke" }, text));
  }

  // The slider keeps to its ends.
  function go(to) {
    input.value = to;
    input.dispatchEvent(new Event("input"));
  }

  var back = play.button("Back", () => go(at));
  var next = play.button("Next", () => go(at + 2));
  var slider = play.slider({
    label: "Step", min: 1, max: steps.length, value: state.get("step", 0) + 1, say: (step) => `${step} of ${steps.length}`
  }, (step) => {
    state.set("step", at = step - 1);
    draw();
  });
  var input = slider.querySelector("input"), at = input.value - 1;
  // The picture that moves takes the place of the one that stands.
  box.querySelectorAll("img").forEach((still) => still.parentElement.remove());
  box.prepend(picture, box.querySelector(".play-said"), play.html("div", { class: "play-controls" }, slider),
    play.html("div", { class: "play-buttons" }, back, " ", next));
  draw();
});
