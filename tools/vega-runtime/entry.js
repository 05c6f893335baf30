// What a reader's browser loads to explore a chart: the parts of Vega that our charts need, and nothing that evaluates
// text as code, fetches, or links.

import {transforms} from "vega-dataflow";
import * as common from "vega-transforms";
import * as drawn from "vega-view-transforms";
import * as encoded from "vega-encode";
import {expressionInterpreter} from "vega-interpreter";
import {parse} from "vega-parser";
import {View} from "vega-view";

Object.assign(transforms, common, drawn, encoded);

const refuse = () => Promise.reject(new Error("nothing is fetched or linked"));

/**
 * Draw a compiled spec into an element.
 *
 * @param {HTMLElement} element where it is drawn; it must be visible.
 * @param {object} spec a Vega spec, whose colours may be variables of the page.
 * @param {number} width in pixels.
 * @param {(event: Event, value: any) => void} tell is called with what stands under the pointer, or nothing.
 * @returns {Promise<{key: (name: string) => boolean, close: () => void}>} moves the view by a key, and ends it.
 */
export async function explore(element, spec, width, tell) {
  // Widths of labels were measured in one font when the page was built; here they are measured in that of the page.
  const font = getComputedStyle(element).fontFamily;
  const own = JSON.parse(JSON.stringify(spec, (key, value) => (key === "font" ? font : value)));
  const view = new View(parse(own, null, {ast: true}), {
    expr: expressionInterpreter,
    renderer: "svg",
    container: element,
    hover: true,
    loader: {load: refuse, sanitize: refuse},
  });
  view.width(width).tooltip((_, event, __, value) => tell(event, value));
  await view.runAsync();
  // Vega names every mark to those who hear a page; here each says its number, and the caption says the rest.
  element.querySelector("svg").setAttribute("aria-hidden", "true");
  return {key: (name) => move(view, name), close: () => view.finalize()};
}

const STEP = 0.15;
const MOVES = {
  ArrowLeft: {x: [-STEP, -STEP]},
  ArrowRight: {x: [STEP, STEP]},
  ArrowUp: {y: [-STEP, -STEP]},
  ArrowDown: {y: [STEP, STEP]},
  "+": {x: [STEP, -STEP], y: [STEP, -STEP]},
  "-": {x: [-STEP, STEP], y: [-STEP, STEP]},
  0: {x: null, y: null},
};

/** Move or zoom by shares of what is shown, in the scale's own measure; tells whether it did. */
function move(view, name) {
  const moves = MOVES[name === "=" ? "+" : name === "−" ? "-" : name];
  let moved = false;
  // Both at once: a change of the second alone would go unnoticed by what joins the two.
  for (const axis of moves ? ["x", "y"] : []) {
    const shares = axis in moves ? moves[axis] : [0, 0];
    let scale;
    try {
      view.signal(`dl_zoom_${axis}`);
      scale = view.scale(axis);
    } catch {
      continue; // an axis of words
    }
    const [from, to] = axis === "x" ? [0, view.width()] : [0, view.height()];
    const ends = shares && [scale.invert(from + shares[0] * (to - from)), scale.invert(to + shares[1] * (to - from))];
    view.signal(`dl_zoom_${axis}`, ends && ends.sort((a, b) => a - b));
    moved = true;
  }
  if (moved) view.runAsync();
  return moved;
}
