// One neuron: two inputs, their weights, a threshold and an activation; the line it draws through all evenings.
play("neuron", function (box, state) {
  "use strict";

  var SIZE = 280, LEFT = 36, TOP = 8, UNIT = SIZE / 10;
  var NUMBERS = [
    ["hunger", "How hungry", 0, 10, 0.5, 8],
    ["price", "How dear", 0, 10, 0.5, 4],
    ["weight-hunger", "Weight of hunger", -2, 2, 0.1, 0.8],
    ["weight-price", "Weight of the price", -2, 2, 0.1, -0.6],
    ["threshold", "Threshold", -10, 10, 0.5, 1]
  ];
  var ACTIVATIONS = { step: "Step: yes or no", sigmoid: "Sigmoid: how sure", relu: "ReLU: positive sums only" };
  var now = { activation: state.get("activation", "step") };
  if (!Object.hasOwn(ACTIVATIONS, now.activation)) now.activation = "step";

  function short(value) { return String(Math.round(value * 100) / 100).replace("-", "−"); }
  function added(value) { return (value < 0 ? " − " : " + ") + short(Math.abs(value)); }
  function output(sum) {
    if (now.activation === "sigmoid") return 1 / (1 + Math.exp(-sum));
    return now.activation === "step" ? Number(sum > 0) : Math.max(0, sum);
  }
  // How dark a sum is drawn; a ReLU has no largest value, so six is as dark as it gets.
  function shade(sum) { return Math.min(1, output(sum) / (now.activation === "relu" ? 6 : 1)) * 0.6; }
  function across(hunger) { return LEFT + hunger * UNIT; }
  function up(price) { return TOP + SIZE - price * UNIT; }

  // Along the direction of the weights the sum grows evenly, so a gradient of colour is exact.
  var ramp = play.svg("linearGradient", { id: "play-neuron-ramp", gradientUnits: "userSpaceOnUse" });
  var plane = play.svg("rect", { x: LEFT, y: TOP, width: SIZE, height: SIZE, stroke: "currentColor" });
  var line = play.svg("line", { stroke: "currentColor", "stroke-width": 2.5, "clip-path": "url(#play-neuron-plane)" });
  var dot = play.svg("circle", { r: 7, fill: "#d97706", stroke: "currentColor", "stroke-width": 2 });
  var picture = play.svg("svg", { viewBox: "0 0 324 326", width: 400, role: "img" },
    ramp, play.svg("clipPath", { id: "play-neuron-plane" }, plane.cloneNode()), plane, line, dot,
    play.svg("text", { x: LEFT + SIZE / 2, y: 318, "text-anchor": "middle", "font-size": 15 }, "hunger →"),
    play.svg("text", { x: -TOP - SIZE / 2, y: 20, transform: "rotate(-90)", "text-anchor": "middle", "font-size": 15 }, "price →"));

  function draw() {
    var wide = now["weight-hunger"], high = now["weight-price"], square = wide * wide + high * high;
    var middle = 5 * wide + 5 * high - now.threshold;
    // The point where the sum is `sum`, on the way through the middle of the plane.
    function at(sum) { return [5 + wide * (sum - middle) / square, 5 + high * (sum - middle) / square]; }
    ramp.replaceChildren();
    if (square) {
      var from = at(-6), to = at(6), border = at(0), far = 20 / Math.sqrt(square);
      set(ramp, { x1: across(from[0]), y1: up(from[1]), x2: across(to[0]), y2: up(to[1]) });
      for (var sum = -6; sum <= 6; sum += 1) stop(sum, shade(sum));
      set(line, {
        x1: across(border[0] - high * far), y1: up(border[1] + wide * far),
        x2: across(border[0] + high * far), y2: up(border[1] - wide * far)
      });
    }
    line.setAttribute("visibility", square ? "visible" : "hidden");
    set(plane, { fill: square ? "url(#play-neuron-ramp)" : "#3f7fd0", "fill-opacity": square ? 1 : shade(middle) });
    set(dot, { cx: across(now.hunger), cy: up(now.price) });
    tell(square);
  }

  function stop(sum, opacity) {
    var offset = (sum + 6) / 12;
    // A step jumps at zero: the same place once without and once with colour.
    if (now.activation === "step" && sum === 0) {
      ramp.append(play.svg("stop", { offset: offset, "stop-color": "#3f7fd0", "stop-opacity": 0 }));
      opacity = shade(1);
    }
    ramp.append(play.svg("stop", { offset: offset, "stop-color": "#3f7fd0", "stop-opacity": opacity }));
  }

  function set(element, attributes) {
    Object.keys(attributes).forEach(function (name) { element.setAttribute(name, attributes[name]); });
  }

  function tell(square) {
    var sum = now["weight-hunger"] * now.hunger + now["weight-price"] * now.price - now.threshold;
    sum = Math.round(sum * 1e6) / 1e6;
    var said = short(output(sum));
    var means = { step: output(sum) ? "Order." : "Don't order.", sigmoid: "From 0, surely not, to 1, surely.", relu: "" };
    play.say(box, short(now["weight-hunger"]) + " × " + short(now.hunger) + added(now["weight-price"]) + " × " +
      short(now.price) + added(-now.threshold) + " = " + short(sum) + ". The neuron says " + said + ". " +
      means[now.activation] + (square ? "" : " With both weights at zero there is no line."));
    picture.setAttribute("aria-label", "All evenings, hunger to the right and price upwards; yours lies " +
      (sum > 0 ? "on the side of ordering." : sum < 0 ? "on the other side." : "on the line."));
  }

  var controls = play.html("div", { class: "play-controls" });
  NUMBERS.forEach(function (one) {
    var name = one[0];
    now[name] = Math.min(one[3], Math.max(one[2], state.get(name, one[5])));
    controls.append(play.slider({
      label: one[1], min: one[2], max: one[3], step: one[4], value: now[name], say: short
    }, function (value) { now[name] = value; state.set(name, value); draw(); }));
  });
  controls.append(play.choice({
    label: "Activation", options: Object.entries(ACTIVATIONS), value: now.activation
  }, function (value) { now.activation = value; state.set("activation", value); draw(); }));
  // The still picture is for readers without scripts.
  var still = box.querySelector("img");
  if (still) still.parentElement.remove();
  box.prepend(picture, controls, box.querySelector(".play-said"));
  draw();
});
