// The site from above: how the rovers went, where they are, where tubes were found, where they go.
import { link, listOf, redraw } from "../app.js";
import { h } from "../dom.js";
import { commandsKnown, eventsKnown } from "../known.js";
import { placeLabels } from "../labels.js";
import { fitted, number, pairs, panel } from "../parts.js";
import { isOver } from "../status.js";
import { store, titleOf, valueOf, vehicleNames, viewNs } from "../store.js";
import { lmst, spanNs } from "../time.js";

const PIXELS = 400;
const AGAIN = 4000; // ms
const state = { tracks: new Map(), at: -Infinity, of: null, asking: false, width: 1000, height: 640 };
const COLOURS = ["#6cbcff", "#ff9d57", "#c69bff", "#7fe0c3"];

export default {
  id: "map", title: "Map", key: "m", group: "in a pass",
  help: [
    "East and north in metres of the site, by what the vehicles said of themselves. The circle about a rover is how far wrong it may be, by its own estimate.",
    "A dashed line is a drive that is staged or under way; a cross is where a tube was found.",
  ],
  open: () => askTracks(),
  view,
};

const movers = () => vehicleNames().filter((name) => valueOf(name, "east") && valueOf(name, "north"));

async function askTracks() {
  if (state.asking || !store.link.socket) return;
  state.asking = true;
  Object.assign(state, { at: performance.now(), of: store.time.at }); // null: live
  try {
    for (const vehicle of movers()) {
      // As far as had been told by then: to the stamp of the newest place that was known.
      const given = { vehicle, t0_ns: 0, t1_ns: Math.max(1, valueOf(vehicle, "east")[3] + 1), pixels: PIXELS };
      const [east, north] = await Promise.all(["east", "north"].map((channel) => link.ask("series", { ...given, channel })));
      const norths = new Map(listOf(north).map((row) => [row[0], row[3]]));
      let last = null;
      const track = [];
      for (const [ns, , , x] of listOf(east)) {
        last = norths.get(ns) ?? last;
        if (last !== null) track.push([x, last]);
      }
      state.tracks.set(vehicle, track);
    }
  } catch { /* the link was lost: the page says so */ } finally {
    state.asking = false;
    redraw();
  }
}

// The way of a rover, as it told of it: [east, north], the newest last.
export function trackOf(vehicle) {
  if (!state.tracks.has(vehicle) && movers().includes(vehicle)) askTracks();
  return state.tracks.get(vehicle) ?? [];
}

// Where things are that do not move: told by events.
export function marks() {
  const found = new Map();
  for (const event of eventsKnown()) {
    const { east, north, tube } = event.data ?? {};
    if (typeof east !== "number" || typeof north !== "number" || event.received_ns > viewNs()) continue;
    const name = tube ?? (event.name === "standing" ? event.vehicle : null);
    if (name && !found.has(name)) found.set(name, { name, east, north, tube: Boolean(tube) });
  }
  for (const command of commandsKnown()) {
    const { east, north } = command.arguments ?? {};
    if (command.command === "locate_lander" && !found.has("lander")) found.set("lander", { name: "lander", east, north, tube: false });
  }
  return [...found.values()];
}

function drives() {
  const under = commandsKnown().filter((each) => !isOver(each.status)).map((each) => ({ ...each, what: "under way" }));
  const staged = (store.time.live ? [...store.stack.values()] : []).map((each) => ({ ...each, what: "staged" }));
  return [...under, ...staged].filter(({ command, arguments: given }) => command.includes("drive") && typeof given?.east === "number" && typeof given?.north === "number");
}

export function picture() {
  if (state.of !== store.time.at || (performance.now() - state.at > AGAIN && store.clock?.pace !== 0)) askTracks();
  const names = movers();
  if (state.tracks.size === 0 && names.length) askTracks();
  return site(names);
}

function view() {
  const names = movers();
  return h("div", { class: "split map-split", key: "body" },
    panel("Site", picture(), { cls: "tall", side: h("span", { class: "soft" }, "north is up") }),
    panel("Where", [
      names.map((name, place) => where(name, COLOURS[place % COLOURS.length])),
      h("h3", { class: "pad" }, "Fixed"),
      pairs(marks().map((mark) => [mark.tube ? mark.name : titleOf(mark.name), `${number(mark.east)} m east, ${number(mark.north)} m north`])),
    ], { cls: "tall" }));
}

function where(name, colour) {
  const of = (channel) => valueOf(name, channel);
  return h("div", { class: "where", key: name },
    h("h3", null, h("svg", { class: "shape", viewBox: "0 0 16 16", "aria-hidden": "true" }, h("rect", { width: 16, height: 16, fill: colour })), ` ${titleOf(name)}`),
    pairs([
      ["east, north", `${number(of("east")[2])} m, ${number(of("north")[2])} m`],
      of("heading") && ["heading", `${number((of("heading")[2] * 180) / Math.PI, 3)}°`],
      of("position_error") && ["may be off by", `${number(of("position_error")[2], 3)} m`],
      of("distance_driven") && ["driven", `${number(of("distance_driven")[2])} m`],
      ["as of", `${lmst(of("east")[3])}, ${spanNs(viewNs() - of("east")[3])} ago`],
    ]));
}

function site(names) {
  const fixed = marks();
  const going = drives();
  const points = [
    ...names.flatMap((name) => [[valueOf(name, "east")[2], valueOf(name, "north")[2]], ...(state.tracks.get(name) ?? [])]),
    ...fixed.map((mark) => [mark.east, mark.north]), ...going.map(({ arguments: to }) => [to.east, to.north]),
  ].filter((point) => point.every(Number.isFinite));
  if (points.length === 0) return h("p", { class: "empty soft" }, "No vehicle has said where it is yet.");
  const [west, east] = [Math.min(...points.map((p) => p[0])), Math.max(...points.map((p) => p[0]))];
  const [south, north] = [Math.min(...points.map((p) => p[1])), Math.max(...points.map((p) => p[1]))];
  const { width, height } = state;
  const room = Math.min(70, height / 6);
  const scale = Math.min((width - 2 * room) / Math.max(20, east - west), (height - 2 * room) / Math.max(20, north - south));
  const x = (metres) => width / 2 + (metres - (west + east) / 2) * scale;
  const y = (metres) => height / 2 - (metres - (south + north) / 2) * scale;
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000].find((each) => each * scale >= 90) ?? 10000;
  return h("svg", { class: "site", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": "Map of the site", draw: fitted(state) },
    grid(step, { width, height, x, y, west: (west + east) / 2 - width / 2 / scale, south: (south + north) / 2 - height / 2 / scale, scale }),
    fixed.map((mark) => sign(mark, x(mark.east), y(mark.north))),
    names.map((name, place) => rover(name, COLOURS[place % COLOURS.length], x, y, scale)),
    going.map((drive) => goal(drive, x, y)),
    words(names, fixed, going, alongBar(step * scale), x, y),
    h("g", { key: "bar" }, h("line", { class: "bar-line", x1: width - 24 - step * scale, x2: width - 24, y1: height - 20, y2: height - 20 }), h("text", { x: width - 24, y: height - 27, "text-anchor": "end" }, `${step} m`)));
}

function grid(step, { width, height, x, y, west, south, scale }) {
  const upto = (from, size) => Array.from({ length: Math.min(40, Math.ceil(size / scale / step) + 1) }, (_, place) => Math.ceil(from / step) * step + place * step);
  return h("g", { class: "grid", key: "grid" },
    upto(west, width).map((metres) => h("g", { key: `e ${metres}` }, h("line", { x1: x(metres), x2: x(metres), y1: 0, y2: height }), h("text", { class: "small", x: x(metres) + 4, y: 13 }, `${signed(metres)} m E`))),
    upto(south, height).map((metres) => h("g", { key: `n ${metres}` }, h("line", { x1: 0, x2: width, y1: y(metres), y2: y(metres) }), h("text", { class: "small", x: 4, y: y(metres) - 4 }, `${signed(metres)} m N`))));
}

const signed = (metres) => String(metres).replace("-", "−");

function sign(mark, x, y) {
  return h("g", { key: mark.name, class: mark.tube ? "tube" : "base" },
    mark.tube ? h("path", { d: `M${x - 5} ${y - 5}L${x + 5} ${y + 5}M${x - 5} ${y + 5}L${x + 5} ${y - 5}` }) : h("polygon", { points: `${x},${y - 10} ${x + 10},${y + 8} ${x - 10},${y + 8}` }));
}

// Points of the scale at the lower right, and of its words.
function alongBar(long) {
  const { width, height } = state;
  const points = Array.from({ length: Math.ceil(long / 15) + 1 }, (_, part) => [width - 24 - Math.min(long, part * 15), height - 20]);
  return [...points, ...points.slice(0, 5).map(([x, y]) => [x, y - 12])];
}

// Points of a track, near enough to each other that no name lies on it.
function alongTrack(name, x, y) {
  const track = (state.tracks.get(name) ?? []).map(([east, north]) => [x(east), y(north)]);
  return track.flatMap(([left, top], place) => {
    const [fromLeft, fromTop] = track[place - 1] ?? [left, top];
    const parts = Math.min(50, Math.ceil(Math.hypot(left - fromLeft, top - fromTop) / 15));
    return Array.from({ length: parts }, (_, part) => [left + ((fromLeft - left) * part) / parts, top + ((fromTop - top) * part) / parts]);
  });
}

// All names, so placed that none covers another; those of what moves choose first.
function words(names, fixed, going, bar, x, y) {
  const wanted = [
    ...names.map((name) => ({ key: `of ${name}`, cls: "name", x: x(valueOf(name, "east")[2]), y: y(valueOf(name, "north")[2]), text: titleOf(name) })),
    ...fixed.map((mark) => ({ key: `of ${mark.name}`, cls: mark.tube ? "tube" : "base", x: x(mark.east), y: y(mark.north), text: mark.tube ? mark.name : titleOf(mark.name) })),
    ...going.map(({ vehicle, command, arguments: to, what }) => ({ key: `to ${vehicle} ${command} ${to.east} ${to.north}`, cls: "goal", x: x(to.east), y: y(to.north), text: `${what}: ${command}` })),
  ].filter((each) => Number.isFinite(each.x) && Number.isFinite(each.y));
  const placed = placeLabels(wanted, [...names.flatMap((name) => alongTrack(name, x, y)), ...bar], state);
  return h("g", { key: "words", class: "words" }, placed.map((each, place) => h("g", { key: each.key, class: wanted[place].cls },
    each.from && h("line", { class: "lead", x1: each.from[0], y1: each.from[1], x2: each.x, y2: each.y - 4 }),
    h("text", { x: each.x, y: each.y, "text-anchor": each.anchor }, each.text))));
}

function rover(name, colour, x, y, scale) {
  const at = [x(valueOf(name, "east")[2]), y(valueOf(name, "north")[2])];
  const track = (state.tracks.get(name) ?? []).map(([east, north]) => `${x(east).toFixed(1)},${y(north).toFixed(1)}`).join(" ");
  const turn = (valueOf(name, "heading")?.[2] ?? 0);
  const nose = [at[0] + 16 * Math.sin(turn), at[1] - 16 * Math.cos(turn)];
  const off = valueOf(name, "position_error")?.[2] ?? 0;
  return h("g", { key: name },
    h("polyline", { points: track, fill: "none", stroke: colour, "stroke-width": 2.5, "stroke-linejoin": "round" }),
    off > 0 && h("circle", { cx: at[0], cy: at[1], r: Math.max(9, off * scale), fill: "none", stroke: colour, "stroke-dasharray": "3 3" }),
    h("line", { x1: at[0], y1: at[1], x2: nose[0], y2: nose[1], stroke: "#fff", "stroke-width": 2 }),
    h("circle", { cx: at[0], cy: at[1], r: 6, fill: colour, stroke: "#fff", "stroke-width": 1.5 }));
}

function goal({ vehicle, command, arguments: to }, x, y) {
  const from = [valueOf(vehicle, "east")?.[2], valueOf(vehicle, "north")?.[2]];
  if (!from.every(Number.isFinite)) return null;
  return h("g", { key: `${vehicle} ${command} ${to.east} ${to.north}`, class: "goal" },
    h("line", { x1: x(from[0]), y1: y(from[1]), x2: x(to.east), y2: y(to.north) }),
    h("circle", { cx: x(to.east), cy: y(to.north), r: 7 }));
}

