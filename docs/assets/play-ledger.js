// The table of all claims, narrowed to what a reader asks for: a verdict, a topic, an article, words.
(function () {
  "use strict";
  var ANY = "";

  window.play && window.play("ledger", function (box, state) {
    var table = document.querySelector("#ledger table");
    if (!table) return;
    var topic = "";
    var claims = [];
    table.querySelectorAll("tbody tr").forEach(function (row) {
      if (!row.dataset.verdict) {
        topic = row.textContent.trim();
        claims.push({ row: row, heads: topic });
        return;
      }
      claims.push({
        row: row,
        topic: topic,
        verdict: row.querySelector(".dl-badge").textContent.trim(),
        said: Array.from(row.querySelectorAll(".dl-source"), function (one) {
          return one.textContent.replace(/^[—\s]+/, "").split(",")[0].trim();
        }),
        text: row.textContent.toLowerCase()
      });
    });

    function values(read) {
      var found = new Set();
      claims.forEach(function (claim) { if (!claim.heads) [].concat(read(claim)).forEach(found.add, found); });
      return Array.from(found).filter(Boolean).sort();
    }

    var filters = {
      verdict: values(function (claim) { return claim.verdict; }),
      topic: values(function (claim) { return claim.topic; }),
      article: values(function (claim) { return claim.said; })
    };
    var wanted = { words: String(state.get("words", ANY)) };
    var labels = { verdict: "Verdict", topic: "Topic", article: "Said by" };
    var controls = window.play.html("div", { class: "play-controls" });

    Object.keys(filters).forEach(function (name) {
      var chosen = state.get(name, ANY);
      wanted[name] = filters[name].includes(chosen) ? chosen : ANY;
      controls.append(window.play.choice(
        { label: labels[name], options: [[ANY, "all"]].concat(filters[name]), value: wanted[name] },
        function (value) { wanted[name] = value; keep(name, value); }
      ));
    });
    var field = window.play.html("input", { type: "search", id: "play-words" });
    field.value = wanted.words;
    field.addEventListener("input", function () { wanted.words = field.value; keep("words", field.value); });
    controls.append(window.play.html("div", { class: "play-control" },
      window.play.html("label", { for: "play-words" }, "Words in it"), field));
    box.querySelector(".play-said").before(controls);

    function keep(name, value) {
      state.set(name, value);
      show();
    }

    function show() {
      var count = 0, all = 0, head = null, any = false;
      claims.forEach(function (claim) {
        if (claim.heads) {
          if (head) head.hidden = !any;
          head = claim.row;
          any = false;
          return;
        }
        var fits = (!wanted.verdict || claim.verdict === wanted.verdict) &&
          (!wanted.topic || claim.topic === wanted.topic) &&
          (!wanted.article || claim.said.includes(wanted.article)) &&
          wanted.words.toLowerCase().split(/\s+/).every(function (word) { return claim.text.includes(word); });
        claim.row.hidden = !fits;
        all += 1;
        count += fits;
        any = any || fits;
      });
      if (head) head.hidden = !any;
      window.play.say(box, count + " of " + all + " claims");
    }
    show();
  });
})();
