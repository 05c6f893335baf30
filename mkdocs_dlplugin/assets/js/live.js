// Curves of runs at work, while `mkdocs serve` shows a page that waits for them.  Served by the preview only: nothing
// of it is in a published site.  Boxes that wait say for which run in `data-dl-run`, and may say which series they show.
"use strict";
(() => {
  const base = document.currentScript.src.replace(/live\.js.*$/, "progress");
  const SVG = "http://www.w3.org/2000/svg";
  const WIDTH = 320, HEIGHT = 110, COLOURS = 6, SERIES = 6;
  const LOOK = `
    .dl-live-plots { display: flex; flex-wrap: wrap; gap: 0.4em 1.5em; font-size: 0.85em; }
    .dl-live-plots > p { flex-basis: 100%; margin: 0; }
    .dl-live-series { flex: 0 1 320px; }
    .dl-live-plot { display: block; width: 100%; }`;
  const jobs = new Map();
  let version = 0;

  const sheet = new CSSStyleSheet();
  sheet.replaceSync(LOOK);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];

  const element = (name, attributes, text = "") => {
    const made = name === "p" || name === "div" || name === "span" ? document.createElement(name) : document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.textContent = text;
    return made;
  };

  const number = value => value === null ? "not finite" : Math.abs(value) >= 1e5 || (value && Math.abs(value) < 1e-3)
    ? value.toExponential(2) : String(Number(value.toPrecision(4)));

  const range = values => {
    const low = Math.min(...values), high = Math.max(...values);
    return high > low ? [low, high] : [low - 0.5, high + 0.5];
  };

  // One small drawing per series, with a line per job.
  function drawing(name, works) {
    const points = works.map(work => {
      const { step, value } = work.curves[name];
      return step.map((x, i) => [x, value[i]]).filter(point => point[1] !== null);
    });
    const all = points.flat();
    const last = works.map(work => work.curves[name].value.at(-1));
    const box = element("div", { class: "dl-live-series" });
    const said = last.every(value => value !== null) ? number(last.reduce((a, b) => a + b, 0) / last.length) : "not finite";
    box.append(element("span", {}, `${name} ${said}`));
    if (all.length > 1) {
      const [left, right] = range(all.map(point => point[0])), [low, high] = range(all.map(point => point[1]));
      const svg = element("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "dl-live-plot", "aria-hidden": "true" });
      const text = (y, value) => svg.append(element("text", { x: 0, y, fill: "var(--dl-muted)", "font-size": 11 }, number(value)));
      text(10, high);
      text(HEIGHT - 2, low);
      points.forEach((line, index) => {
        const at = line.map(([x, y]) => `${(50 + (WIDTH - 54) * (x - left) / (right - left)).toFixed(1)},${(HEIGHT - 5 - (HEIGHT - 10) * (y - low) / (high - low)).toFixed(1)}`);
        svg.append(element("polyline", { points: at.join(" "), fill: "none", stroke: `var(--dl-c${index % COLOURS + 1})`, "stroke-width": 1.5 }));
      });
      box.append(svg);
    }
    return box;
  }

  function show(box) {
    const runs = new Set(box.dataset.dlRun.split(" "));
    const works = [...jobs.values()].filter(work => runs.has(work.run));
    if (!works.length) return;
    let live = box.querySelector(".dl-live");
    if (!live) {
      live = element("div", { class: "dl-live" });
      live.append(element("p", { role: "status" }), element("div", { class: "dl-live-plots" }));
      box.append(live);
    }
    const done = works.filter(work => work.event === "ended").length;
    const at = works.flatMap(work => Object.values(work.curves).map(curve => curve.step.at(-1)));
    const longest = Math.max(...works.map(work => work.seconds));
    const status = `${works.length - done} at work, ${done} done.`;
    // Told to those who listen only when a job has ended; the rest changes every second.
    if (live.firstChild.dataset.said !== status) {
      live.firstChild.dataset.said = status;
      live.firstChild.textContent = status;
    }
    const wanted = box.dataset.dlSeries ? new Set(box.dataset.dlSeries.split(" ")) : null;
    const names = [...new Set(works.flatMap(work => Object.keys(work.curves)))].filter(name => !wanted || wanted.has(name));
    const more = element("p", { class: "dl-live-at", "aria-hidden": "true" }, `${Math.round(longest)} s` + (at.length ? `, step ${number(Math.max(...at))}` : ""));
    live.lastChild.replaceChildren(more, ...names.slice(0, SERIES).map(name => drawing(name, works.filter(work => name in work.curves))));
  }

  async function ask() {
    let pause = 1000;
    const boxes = document.querySelectorAll("[data-dl-run].dl-pending, [data-dl-run].dl-chart");
    if (boxes.length && !document.hidden) {
      try {
        const answer = await fetch(`${base}?since=${version}`);
        if (!answer.ok) throw new Error(String(answer.status));
        const told = await answer.json();
        // Another server took over this port, or ours began anew.
        if (told.version < version) jobs.clear();
        version = told.version;
        for (const work of told.jobs) jobs.set(work.place, work);
        boxes.forEach(show);
      } catch {
        pause = 3000;
      }
    }
    setTimeout(ask, pause);
  }
  ask();
})();
