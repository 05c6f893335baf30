// What readers may do with charts and tables: read values out, sort, explore, and keep what they see in the address.
// A page says everything without it. Styles are set as properties only, so that a strict policy lets them pass.
(() => {
  "use strict";
  // A theme that loads pages without reloading runs this again for each of them.
  if (window.dlplugin) return window.dlplugin();

  const runtime = new URL("vega-runtime.js", document.currentScript.src).href;
  const MARK = "#dl?";
  const known = new WeakSet();
  const written = new WeakMap(); // rows of a table in the order of the page
  const parts = new Map(); // by name in the address: what puts a part of the page into a state
  let state = new URLSearchParams();
  let words = {};

  const say = (name, values) => words[name].replace(/\{(\w+)\}/g, (_, key) => values[key]);

  const make = (tag, attributes, text = "") => {
    const element = document.createElement(tag);
    for (const name in attributes) element.setAttribute(name, attributes[name]);
    element.textContent = text;
    return element;
  };

  const button = (text, press) => {
    const element = make("button", {type: "button"}, text);
    element.addEventListener("click", press);
    return element;
  };

  // The address: `#dl?fig-size=r12&tbl/0=s2`. An anchor in it stays until there is something to keep.

  let later;

  const keep = (name, value) => {
    if (value) state.set(name, value);
    else state.delete(name);
    // A key that is held down would write more often than some browsers let a page do.
    clearTimeout(later);
    later = setTimeout(() => {
      const hash = `${state}` ? MARK + state : location.hash.startsWith(MARK) ? "" : location.hash;
      history.replaceState(history.state, "", location.pathname + location.search + hash);
    }, 100);
  };

  const restore = () => {
    if (!location.hash.startsWith(MARK)) return;
    const asked = new URLSearchParams(location.hash.slice(MARK.length));
    state = new URLSearchParams(asked);
    for (const [name, part] of parts) part.set(asked.get(name) || "");
    const first = parts.get([...asked.keys()][0])?.figure;
    // An anchor would have led there; after a reload the browser goes back to where the reader was.
    if (first && !scrollY) first.scrollIntoView({block: "center"});
  };

  const linked = (figure, name) => {
    const link = button(words.link, async () => {
      const value = state.get(name);
      const hash = value ? MARK + new URLSearchParams([[name, value]]) : `#${encodeURIComponent(figure.id)}`;
      try {
        await navigator.clipboard.writeText(location.href.split("#")[0] + hash);
        link.textContent = words.copied;
      } catch {
        location.hash = hash; // to be copied from where it stands
      }
      setTimeout(() => (link.textContent = words.link), 2000);
    });
    return figure.id && navigator.clipboard ? [link] : [];
  };

  // Charts: where the marks are, what they say, and which of them is read out.

  /** Ends of the lines that a path joins, in its own coordinates. */
  const vertices = (path) =>
    [...path.getAttribute("d").matchAll(/[MLC]([^A-Z]+)/g)].map(([, numbers]) => {
      const [x, y] = numbers.match(/-?[\d.]+(e-?\d+)?/g).slice(-2);
      return [+x, +y];
    });

  /** Points of the drawing that is shown, by line; other marks are lines of one point, bars and cells with their size. */
  const drawn = (plot) => {
    const svg = [...plot.querySelectorAll(".dl-svg")].find((one) => one.getClientRects().length);
    if (!svg) return [];
    const from = plot.getBoundingClientRect();
    return [...svg.querySelectorAll("g[data-read] > path")].map((path) => {
      const {read} = path.parentNode.dataset;
      if (read !== "line") {
        const {x, y, width, height} = path.getBoundingClientRect();
        const at = [x + width / 2 - from.left, y + height / 2 - from.top];
        return [read === "rect" ? [...at, width, height] : at];
      }
      const {a, b, c, d, e, f} = path.getScreenCTM();
      return vertices(path).map(([x, y]) => [a * x + c * y + e - from.left, b * x + d * y + f - from.top]);
    });
  };

  /** What the data table says, where nothing can be fetched: its rows may be fewer than the marks of a line. */
  const listed = (figure, lines) => {
    const table = figure.querySelector(".dl-data table");
    const [first, ...names] = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
    const rows = written.get(table).map((row) => [...row.cells].map((cell) => cell.textContent));
    const form = figure.querySelector(".dl-plot").dataset.form;
    if (form === "rows") return {x: "", s: rows.map(([name, value]) => [name, [["", value]]])};
    if (form === "points") return {x: names[0], s: rows.map(([name, at, value]) => [name, [[at, value]]])};
    if (lines.length !== names.length) return {s: []};
    const read = (line, column) => {
      const step = Math.ceil(line.length / rows.length);
      return line.map((_, n) => {
        const back = (line.length - 1 - n) / step;
        const row = Number.isInteger(back) && rows[rows.length - 1 - back];
        return row && row[column] ? [row[0], row[column]] : ["", ""];
      });
    };
    return {x: first, s: names.map((name, n) => [name, lines[n] ? read(lines[n], n + 1) : []])};
  };

  const chart = (figure) => {
    const plot = figure.querySelector(".dl-plot");
    if (!plot) return;
    const pad = make("div", {class: "dl-pad", tabindex: 0, role: "application", "aria-label": words.keys});
    const dot = make("span", {class: "dl-dot", hidden: ""});
    const box = make("div", {class: "dl-told", role: "status"});
    const tools = make("div", {class: "dl-tools"});
    let asked, readings, chosen, shown, view;

    const load = () => {
      asked ||= (async () => {
        let said;
        try {
          const answer = await fetch(plot.dataset.read);
          said = answer.ok && (await answer.json());
        } catch {
          // Opened from a disk.
        }
        said ||= listed(figure, drawn(plot));
        readings = said.s.flatMap(([name, points], line) =>
          points.map(([at, value]) => ({line, at, value, text: say(at ? "at" : "one", {series: name, along: said.x, at, value})})),
        );
        // Better none than that of another mark.
        if (readings.length !== drawn(plot).flat().length) readings = [];
      })();
      return asked;
    };

    const hide = () => {
      shown = undefined;
      dot.hidden = true;
      box.textContent = "";
    };

    const put = (element, x, y) => {
      element.style.left = `${x}px`;
      element.style.top = `${y}px`;
    };

    /** Stand beside a point, or a mark that reaches so far from it, where there is room. */
    const beside = (x, y, text, far = 0) => {
      if (box.textContent !== text) box.textContent = text;
      put(box, 0, 0);
      const above = y - far - box.offsetHeight - 12;
      const top = above < 0 ? y + far + 12 : above;
      put(box, Math.max(0, Math.min(x - box.offsetWidth / 2, plot.clientWidth - box.offsetWidth)), top);
    };

    const show = (index, aloud) => {
      const point = drawn(plot).flat()[index];
      if (!point || !readings?.[index]?.value) return;
      shown = index;
      dot.hidden = false;
      const [x, y, width, height] = point;
      dot.classList.toggle("dl-whole", !!point[2]);
      dot.style.width = width ? `${width + 4}px` : "";
      dot.style.height = width ? `${height + 4}px` : "";
      put(dot, x, y);
      box.setAttribute("aria-live", aloud ? "polite" : "off");
      beside(x, y, readings[index].text, (height || 0) / 2);
    };

    const choose = (index) => {
      chosen = index;
      if (index === undefined) hide();
      else show(index, true);
      keep(figure.id, index === undefined ? "" : `r${index}`);
    };

    const nearest = (points, far) => {
      let best, least = Infinity;
      points.forEach((point, n) => {
        const away = readings[n]?.value ? far(point, n) : Infinity;
        if (away < least) [best, least] = [n, away];
      });
      return best;
    };

    const under = (event) => {
      const from = plot.getBoundingClientRect();
      const [x, y] = [event.clientX - from.left, event.clientY - from.top];
      const off = (at, middle, size = 0) => Math.max(0, Math.abs(at - middle) - size / 2);
      return nearest(drawn(plot).flat(), ([a, b, width, height]) => Math.hypot(off(x, a, width), off(y, b, height)));
    };

    /** Which reading a key leads to. */
    const next = (key, from) => {
      const all = readings.flatMap(({value}, n) => (value ? [n] : []));
      const alone = readings.every(({line}, n) => n === 0 || line !== readings[n - 1].line);
      const row = alone ? all : all.filter((n) => readings[n].line === readings[from ?? 0].line);
      if (key === "Home") return row[0];
      if (key === "End") return row.at(-1);
      if (from === undefined) return all[0];
      const up = key === "ArrowUp" || key === "ArrowDown";
      if (up && !alone) {
        const line = readings[from].line + (key === "ArrowUp" ? -1 : 1);
        const points = drawn(plot).flat();
        const far = ([x], n) => (readings[n].at === readings[from].at ? -1 : Math.abs(x - points[from][0]));
        return nearest(points, (point, n) => (readings[n].line === line ? far(point, n) : Infinity)) ?? from;
      }
      const far = key.startsWith("Page") ? Math.max(2, Math.round(row.length / 10)) : 1;
      const step = /Left|Up/.test(key) ? -far : far;
      return row[Math.max(0, Math.min(row.indexOf(from) + step, row.length - 1))];
    };

    const press = async (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      if (event.key === "Escape") return choose();
      if (!/^(Arrow(Left|Right|Up|Down)|Home|End|Page(Up|Down))$/.test(event.key)) return;
      event.preventDefault();
      await load();
      if (readings.length) choose(next(event.key, shown));
    };

    const read = () => {
      pad.addEventListener("focus", load);
      pad.addEventListener("keydown", press);
      pad.addEventListener("pointermove", async (event) => {
        await load();
        show(under(event), false);
      });
      pad.addEventListener("pointerleave", () => {
        if (chosen === undefined) hide();
        else show(chosen, false);
      });
      pad.addEventListener("click", async (event) => {
        await load();
        choose(under(event));
      });
      new ResizeObserver(() => shown !== undefined && show(shown, false)).observe(plot);
      plot.append(pad, dot);
    };

    // Exploring: nothing of the runtime is loaded before a reader asks for it.

    const open = async () => {
      choose();
      opener.disabled = true;
      opener.textContent = words.loading;
      const stage = make("div", {class: "dl-stage", tabindex: 0, role: "application", "aria-label": words.how});
      try {
        const [{explore}, specs] = await Promise.all([
          import(runtime),
          fetch(plot.dataset.vg).then((answer) => answer.json()),
        ]);
        const width = plot.clientWidth;
        const [narrow, wide] = Object.keys(specs.widths);
        plot.classList.add("dl-open");
        plot.prepend(stage);
        const tell = (event, value) => {
          const from = plot.getBoundingClientRect();
          if (!value) return hide();
          const {told_name: series, told_at: at, told} = value;
          // A chart of an author's own says what its marks show.
          const text = told
            ? say(at ? "at" : "one", {series, along: specs.x, at, value: told})
            : Object.entries(value).map((pair) => pair.join(": ")).join(", ");
          beside(event.clientX - from.left, event.clientY - from.top, text);
        };
        view = await explore(stage, specs.widths[width < 600 ? narrow : wide], Math.min(width, width < 600 ? 420 : wide), tell);
        stage.addEventListener("keydown", (event) => {
          if (event.key === "Escape") {
            close();
            opener.focus();
          } else if (view.key(event.key)) event.preventDefault();
        });
        const hints = [specs.zooms && words.how, stage.querySelector(".role-legend") && words.pick].filter(Boolean);
        stage.after(make("p", {class: "dl-hint"}, hints.join(" ")));
        keep(figure.id, "x");
      } catch (problem) {
        console.warn(problem);
        close();
        box.textContent = words.broken;
      }
      opener.disabled = false;
      opener.textContent = view ? words.back : words.explore;
    };

    const close = () => {
      view?.close();
      view = undefined;
      hide();
      plot.classList.remove("dl-open");
      plot.querySelectorAll(".dl-stage, .dl-hint").forEach((element) => element.remove());
      opener.textContent = words.explore;
      keep(figure.id, "");
    };

    const opener = button(words.explore, () => (view ? close() : open()));

    if (plot.dataset.vg) tools.append(opener);
    tools.append(...linked(figure, figure.id));
    if (plot.querySelector("g[data-read]")) read();
    plot.append(box, tools);
    parts.set(figure.id, {
      figure,
      set: async (value) => {
        if (value === "x" && !view && !opener.disabled) await open();
        if (value !== "x" && view) close();
        if (value[0] === "r") {
          await load();
          choose(+value.slice(1));
        }
      },
    });
  };

  // Tables: a press sorts up, the next one down, the third as the page has it; rows stay within their group.

  const table = (element, number) => {
    const figure = element.closest("figure");
    const name = `${figure?.id || number}/t`;
    const bodies = [...element.tBodies].map((body) => [body, [...body.rows]]);
    const rows = bodies.flatMap(([, members]) => members);
    const heads = [...[...element.tHead.rows].at(-1).cells];
    let sorted = "";
    written.set(element, rows);

    const order = (column, down) => {
      const key = ({cells}) => {
        const cell = cells[column];
        return cell?.dataset.sort ?? (cell?.matches("th") ? cell.textContent.trim() : "");
      };
      const plain = rows.every((row) => row.matches(".dl-group") || isFinite(key(row)));
      return (one, other) => {
        const [a, b] = [key(one), key(other)];
        if (!a || !b) return !a - !b; // what is missing comes last
        return (down ? -1 : 1) * (plain ? a - b : a.localeCompare(b, undefined, {numeric: true}));
      };
    };

    const sort = (value) => {
      const [, column, down] = value.match(/^s(\d+)(-?)$/) ?? [];
      sorted = heads[column] ? value : "";
      heads.forEach((head) => head.removeAttribute("aria-sort"));
      if (sorted) heads[column].setAttribute("aria-sort", down ? "descending" : "ascending");
      for (const [body, members] of bodies) {
        const groups = [[]];
        for (const row of members) row.matches(".dl-group") ? groups.push([row], []) : groups.at(-1).push(row);
        body.append(...groups.flatMap((group) => (sorted ? group.sort(order(column, down)) : group)));
      }
    };

    heads.forEach((head, column) => {
      if (!head.textContent.trim() || head.querySelector("a, button")) return;
      const inner = make("button", {type: "button", class: "dl-sort"});
      inner.append(...head.childNodes);
      head.append(inner);
      // The arrow beside the words counts, too.
      head.addEventListener("click", () => {
        sort({"": `s${column}`, [`s${column}`]: `s${column}-`, [`s${column}-`]: ""}[sorted] ?? `s${column}`);
        keep(name, sorted);
      });
    });
    if (figure?.matches(".dl-table")) figure.querySelector(":scope > .dl-links")?.append(" ", ...linked(figure, name));
    parts.set(name, {
      figure: element,
      set: (value) => {
        if (value !== sorted) sort(value);
        const fold = value && element.closest("details");
        if (fold) fold.open = true;
      },
    });
  };

  // The field of a page's filter is not there without this script; it hides the rows that lack one of the words typed.
  const filter = (place) => {
    const rows = document.getElementById(place.dataset.dlFilter)?.tBodies[0].rows;
    if (!rows) return;
    const label = make("label", {}, `${place.dataset.label} `), field = make("input", {type: "search"});
    label.append(field);
    place.append(label);
    place.hidden = false;
    field.addEventListener("input", () => {
      const typed = field.value.toLowerCase().split(/\s+/);
      for (const row of rows) row.hidden = !typed.every((word) => row.textContent.toLowerCase().includes(word));
    });
  };

  window.dlplugin = () => {
    words = JSON.parse(document.querySelector("[data-dl-words]").dataset.dlWords);
    for (const [name, {figure}] of parts) if (!figure.isConnected) parts.delete(name);
    const fresh = (selector) => [...document.querySelectorAll(selector)].filter((one) => !known.has(one) && known.add(one));
    const tables = fresh("table.dl-values[data-sortable]");
    const charts = fresh(".dl-chart");
    fresh("[data-dl-filter][hidden]").forEach(filter);
    if (!tables.length && !charts.length) return;
    state = new URLSearchParams();
    tables.forEach(table);
    charts.forEach(chart);
    restore();
  };
  addEventListener("hashchange", restore);
  window.dlplugin();
})();
