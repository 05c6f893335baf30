// One decision surface in large: pictures and accuracies are those of the page's own figures and table.
play("surfaces", function (box, state) {
  "use strict";

  var PUZZLES = { xor: "XOR", circles: "Circles", moons: "Moons", spirals: "Spirals" };
  // Runs in the order of the pictures of each figure.
  var MODELS = ["logreg", "knn", "tree", "forest", "svm", "shallow", "deep"];

  function pictures(puzzle) {
    var figure = document.getElementById("fig-surfaces-" + puzzle);
    return figure ? Array.from(figure.querySelectorAll(".dl-images li")) : [];
  }
  var first = pictures("xor");
  if (Object.keys(PUZZLES).some(function (puzzle) { return pictures(puzzle).length !== MODELS.length; })) return;

  var names = first.map(function (one) { return one.querySelector(".dl-what").textContent.trim(); });
  var now = { puzzle: state.get("puzzle", "spirals"), model: state.get("model", "tree") };
  if (!Object.hasOwn(PUZZLES, now.puzzle)) now.puzzle = "spirals";
  if (MODELS.indexOf(now.model) < 0) now.model = "tree";

  var picture = play.html("img", { width: 360, height: 360, class: "dl-pixels" });

  function measured(metric) {
    var run = "puzzle-" + now.model + "(puzzle=" + now.puzzle + ")";
    var number = document.querySelector('.md-content table .dl-num[data-run="' + run + '"][data-metric="' + metric + '"]');
    return number ? number.textContent.replace("deterministic", "").trim() : "not measured";
  }

  function draw() {
    var at = MODELS.indexOf(now.model), shown = pictures(now.puzzle)[at].querySelector("img");
    picture.src = shown.src;
    picture.alt = shown.alt;
    play.say(box, names[at] + " on " + PUZZLES[now.puzzle] + ": " + measured("test_acc") + " of new points named, " +
      measured("train_acc") + " of training points. Mean over five draws; the picture is of the first.");
  }

  function choose(key) {
    return function (value) { now[key] = value; state.set(key, value); draw(); };
  }

  box.prepend(play.html("div", { class: "play-controls" },
    play.choice({ label: "Puzzle", options: Object.entries(PUZZLES), value: now.puzzle }, choose("puzzle")),
    play.choice({
      label: "Model", options: MODELS.map(function (model, at) { return [model, names[at]]; }), value: now.model
    }, choose("model"))), picture, box.querySelector(".play-said"));
  draw();
});
