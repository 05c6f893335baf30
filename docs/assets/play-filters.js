// The filters of the first block, one epoch at a time: a slider leafs through the pictures that stand on the page.
(function () {
  "use strict";

  window.play && window.play("filters", function (box, state) {
    var list = box.querySelector(".dl-images");
    var frames = list ? Array.from(list.children) : [];
    if (frames.length < 2) return;
    list.setAttribute("data-columns", "1");

    function words(at) { return frames[at].textContent.trim(); }

    function show(at) {
      frames.forEach(function (frame, n) { frame.style.display = n === at ? "" : "none"; });
      window.play.say(box, words(at).charAt(0).toUpperCase() + words(at).slice(1) + ".");
    }

    var last = frames.length - 1;
    var first = Math.min(last, Math.max(0, Math.round(state.get("epoch", 0))));
    var slider = window.play.slider(
      { label: "Epoch", min: 0, max: last, value: first, say: function (at) { return at + " of " + last; } },
      function (at) {
        show(at);
        state.set("epoch", at);
      }
    );
    box.prepend(window.play.html("div", { class: "play-controls" }, slider));
    show(first);
  });
})();
