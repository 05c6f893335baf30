// What the explanations that readers can try have in common: controls, a state in the address, elements, tables as data.
// Pages are whole without it: each explanation stands as a figure or a table, and its script adds to that.
(function () {
  "use strict";

  var SVG = "http://www.w3.org/2000/svg";

  // Build the explanation called `name` wherever the page has a place for it.
  function play(name, build) {
    document.querySelectorAll('[data-play="' + name + '"]').forEach(function (box) {
      if (!box.querySelector(".play-said")) {
        box.append(html("p", { class: "play-said", "aria-live": "polite" }));
      }
      build(box, state);
    });
  }

  // What a reader chose stands in the address, so that a link shows the same; the values of others stay.
  var state = {
    get: function (key, fallback) {
      var value = new URLSearchParams(location.search).get(key);
      if (value === null) return fallback;
      if (typeof fallback !== "number") return value;
      return value.trim() !== "" && isFinite(value) ? Number(value) : fallback;
    },
    set: function (key, value) {
      var url = new URL(location.href);
      url.searchParams.set(key, value);
      history.replaceState(history.state, "", url);
    }
  };

  function made(element, attributes, children) {
    Object.entries(attributes || {}).forEach(function (pair) { element.setAttribute(pair[0], pair[1]); });
    element.append.apply(element, children);
    return element;
  }

  function html(tag, attributes) {
    return made(document.createElement(tag), attributes, Array.prototype.slice.call(arguments, 2));
  }

  function svg(tag, attributes) {
    return made(document.createElementNS(SVG, tag), attributes, Array.prototype.slice.call(arguments, 2));
  }

  var count = 0;

  // A labelled control: its words above, the control below.
  function control(label, input, beside) {
    input.id = input.id || "play-" + (count += 1);
    return html("div", { class: "play-control" }, html("label", { for: input.id }, label), beside || "", input);
  }

  // A slider; `say` turns its value into words, which stand beside the label and are what screen readers hear.
  function slider(options, changed) {
    var input = html("input", { type: "range", min: options.min, max: options.max, step: options.step || 1 });
    var output = html("output");
    var say = options.say || String;
    input.value = options.value;
    output.htmlFor = input.id = "play-" + (count += 1);
    function tell() {
      output.textContent = say(Number(input.value));
      input.setAttribute("aria-valuetext", output.textContent);
    }
    input.addEventListener("input", function () {
      tell();
      changed(Number(input.value));
    });
    tell();
    return control(options.label, input, output);
  }

  // A list to choose from; options are words, or pairs of a value and its words.
  function choice(options, changed) {
    var select = html("select");
    options.options.forEach(function (option) {
      var pair = Array.isArray(option) ? option : [option, option];
      select.append(html("option", { value: pair[0] }, pair[1]));
    });
    select.value = options.value;
    if (select.selectedIndex < 0) select.selectedIndex = 0;
    select.addEventListener("change", function () { changed(select.value); });
    return control(options.label, select);
  }

  function button(label, pressed) {
    var element = html("button", { type: "button", class: "play-button" }, label);
    element.addEventListener("click", pressed);
    return element;
  }

  // Tell the outcome in words, also to those who do not see the picture.
  function say(box, text) {
    box.querySelector(".play-said").textContent = text;
  }

  // Read a table into objects: the words of its head name the values, numbers are numbers.
  function rows(table) {
    function text(cell) { return cell.textContent.trim(); }
    var names = Array.from(table.tHead ? table.tHead.rows[0].cells : table.rows[0].cells, text);
    return Array.from(table.tBodies[0].rows, function (row) {
      var found = {};
      Array.from(row.cells).forEach(function (cell, at) {
        var value = text(cell), plain = value.replace(/,/g, "");
        found[names[at]] = plain !== "" && isFinite(plain) ? Number(plain) : value;
      });
      return found;
    });
  }

  window.play = Object.assign(play, {
    slider: slider, choice: choice, button: button, svg: svg, html: html, say: say, rows: rows
  });
})();
