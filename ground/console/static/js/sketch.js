// What a product tells, drawn: where pictures show something, and how an ascent went. Nothing is
// drawn that did not come down: there are no pixels, and what is missing of a record stays empty.
import { h } from "./dom.js";
import { number } from "./parts.js";
import { lmst } from "./time.js";

const WIDTH = 860, HEIGHT = 290;

// Places on the site around the one that was found, each with how far wrong it may be (1 sigma).
export function placeSketch({ name, east, north, error, others = [], track = [] }) {
  const known = [...others, ...track.slice(-200).map(([e, n]) => ({ east: e, north: n }))].filter((each) => Math.hypot(each.east - east, each.north - north) < 80);
  const reach = Math.max(4, 4 * (error || 0), ...known.map((each) => 1.15 * Math.max(Math.abs(each.east - east) / 2.9, Math.abs(each.north - north))));
  const scale = HEIGHT / 2 / reach;
  const x = (metres) => WIDTH / 2 + (metres - east) * scale;
  const y = (metres) => HEIGHT / 2 - (metres - north) * scale;
  const step = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50].find((each) => each * scale >= 55) ?? 100;
  const lines = (from, span) => Array.from({ length: Math.min(30, Math.ceil(span / step)) }, (_, place) => Math.ceil((from - span / 2) / step) * step + place * step);
  return h("svg", { class: "site sketch", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `Where ${name} was found`, key: `place ${name}` },
    h("g", { class: "grid", key: "grid" },
      lines(east, WIDTH / scale).map((metres) => h("g", { key: `e ${metres}` }, h("line", { x1: x(metres), x2: x(metres), y1: 0, y2: HEIGHT }), h("text", { class: "small", x: x(metres) + 3, y: 12 }, `${number(metres, 5)} E`))),
      lines(north, HEIGHT / scale).map((metres) => h("g", { key: `n ${metres}` }, h("line", { x1: 0, x2: WIDTH, y1: y(metres), y2: y(metres) }), h("text", { class: "small", x: 3, y: y(metres) - 3 }, `${number(metres, 5)} N`)))),
    track.length > 1 && h("polyline", { key: "track", points: track.map(([e, n]) => `${x(e).toFixed(1)},${y(n).toFixed(1)}`).join(" "), fill: "none", stroke: "#6cbcff", "stroke-width": 2 }),
    error > 0 && [3, 1].map((times) => h("circle", { key: `sigma ${times}`, class: `sigma${times}`, cx: x(east), cy: y(north), r: Math.max(2, times * error * scale) }, h("title", null, `within ${number(times * error)} m (${times} sigma)`))),
    others.map((each) => h("g", { key: each.name, class: "other" }, h("polygon", { points: `${x(each.east)},${y(each.north) - 7} ${x(each.east) + 7},${y(each.north) + 5} ${x(each.east) - 7},${y(each.north) + 5}` }), h("text", { class: "small", x: x(each.east) + 10, y: y(each.north) + 4 }, each.name))),
    h("g", { class: "tube", key: "found" }, h("path", { d: `M${x(east) - 7} ${y(north) - 7}L${x(east) + 7} ${y(north) + 7}M${x(east) - 7} ${y(north) + 7}L${x(east) + 7} ${y(north) - 7}` }), h("text", { class: "name", x: x(east) + 12, y: y(north) - 9 }, name)),
    h("text", { class: "small", x: WIDTH - 6, y: HEIGHT - 8, "text-anchor": "end", key: "north" }, "north is up, metres of the site"));
}

const CURVES = [["height_m", "height above the start", "km", 1000, "#6cbcff"], ["speed", "speed", "m/s", 1, "#ff9d57"], ["felt", "felt", "m/s²", 1, "#c69bff"], ["dynamic_pressure", "dynamic pressure", "Pa", 1, "#7fe0c3"]];

// An ascent by its own recorder. Where pieces are missing, the line is broken.
export function ascentSketch({ columns, rows, began_s: began, count, missing }) {
  if (rows.length < 2) return h("p", { class: "empty soft" }, "Too little of the record is here to be drawn.");
  const at = (name) => columns.indexOf(name);
  const end = rows.at(-1)[0] || 1;
  const left = 92, right = 12, top = 20, each = 62;
  const x = (seconds) => left + (seconds / end) * (WIDTH - left - right);
  const spacing = rows.map((row, place) => (place ? row[0] - rows[place - 1][0] : 0)).sort((a, b) => a - b);
  const gap = Math.max(1, 6 * spacing[Math.floor(spacing.length / 2)]);
  const phases = rows.filter((row, place) => place === 0 || row[at("phase")] !== rows[place - 1][at("phase")]);
  const height = top + CURVES.length * each + 22;
  return [
    h("p", { class: "soft" }, `By the recorder of the MAV, from ${lmst(began * 1e9, true)} on; ${count - missing.length} of ${count} pieces are here${missing.length ? ": where the line is broken, they are not" : ""}.`),
    h("svg", { class: "site sketch", viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": "The ascent by its own recorder", key: "ascent" },
      phases.map((row, place) => h("g", { key: `phase ${place}` }, h("line", { class: "tick", x1: x(row[0]), x2: x(row[0]), y1: top - 4, y2: height - 18 }), (place === 0 || x(row[0]) - x(phases[place - 1][0]) > 46 || place === phases.length - 1) && h("text", { class: "small", x: x(row[0]) + 2, y: 12 }, row[at("phase")].replace("_", " ")))),
      CURVES.map(([name, words, unit, by, colour], place) => curve(rows.map((row) => [row[0], row[at(name)] / by]), { words, unit, colour, x, y0: top + place * each, height: each - 12, left, gap })),
      [0, 0.25, 0.5, 0.75, 1].map((share) => h("text", { class: "small", key: `t ${share}`, x: x(share * end), y: height - 5, "text-anchor": share === 1 ? "end" : "middle" }, `${number(share * end, 3)} s`))),
  ];
}

function curve(points, { words, unit, colour, x, y0, height, left, gap }) {
  const most = Math.max(...points.map((point) => point[1]), 1e-9);
  const least = Math.min(...points.map((point) => point[1]), 0);
  const y = (value) => y0 + height - ((value - least) / (most - least)) * height;
  const runs = [];
  points.forEach((point, place) => {
    if (place === 0 || point[0] - points[place - 1][0] > gap) runs.push([]);
    runs.at(-1).push(`${x(point[0]).toFixed(1)},${y(point[1]).toFixed(1)}`);
  });
  return h("g", { key: words },
    h("line", { class: "rule", x1: left, x2: WIDTH - 12, y1: y0 + height, y2: y0 + height }),
    h("text", { class: "small", x: 4, y: y0 + 12 }, words.length > 14 ? words.split(" ")[0] : words), h("text", { class: "small", x: 4, y: y0 + 26 }, `to ${number(most, 4)} ${unit}`),
    runs.map((run, place) => h("polyline", { key: `run ${place}`, points: run.join(" "), fill: "none", stroke: colour, "stroke-width": 2 })));
}
