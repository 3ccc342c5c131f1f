// Every channel of a vehicle with its age and limits, and trends of those that one picks.
import { order, redraw } from "../app.js";
import { h } from "../dom.js";
import { score } from "../fuzzy.js";
import { breakable, button, commanding, number, panel, step, table, toldBy, unitOf } from "../parts.js";
import { select } from "./events.js";
import { judged } from "../status.js";
import { channelOf, limitedBy, may, store, titleOf, valueOf, vehicleNames, viewNs } from "../store.js";
import { lmst, spanNs } from "../time.js";
import { caption, drawTrend, SPANS } from "../trend.js";

const MOST_TRENDS = 4;
const FIRST = ["state_of_charge", "battery_temperature", "array_power", "net_power"];
const state = { vehicle: "", text: "", picked: undefined, trends: null, sols: 3, all: false };

export default {
  id: "telemetry", title: "Telemetry", key: "t", group: "after a pass", ofVehicle: true,
  help: [
    "The newest value of each channel with its age: how long ago it was so, not when it came. Stale means that a newer one was due by now.",
    "Enter or a click puts a channel into the trends at the side (four at most, the oldest goes). Dashed lines are its limits: those of the vehicle, or of the set that the ground judges by: that of the phase that the vehicle is in, or one that engineers and directors choose. The trends are of the same time as all other views.",
  ],
  hints: [["1-7", "vehicle"], ["/", "find"], ["j k", "down, up"], ["Enter", "trend"]],
  keys: {
    j: () => { state.picked = step(rows(), (row) => row.name, state.picked, 1); },
    k: () => { state.picked = step(rows(), (row) => row.name, state.picked, -1); },
    Enter: () => toggle(state.picked),
  },
  open(given) {
    if (given?.vehicle) { state.vehicle = given.vehicle; state.trends = null; }
    if (given?.channel) { state.picked = given.channel; defaults(); if (!state.trends.includes(given.channel)) toggle(given.channel); }
  },
  view,
};

function defaults() {
  state.vehicle ||= vehicleNames()[0] ?? "";
  const has = store.dictionary?.vehicles[state.vehicle]?.channels ?? {};
  const numbers = Object.values(has).filter((each) => each.type === "number").map((each) => each.name);
  state.trends ??= [...FIRST.filter((name) => name in has), ...numbers.filter((name) => !FIRST.includes(name))].slice(0, 3);
}

function toggle(name) {
  if (!name) return;
  const has = state.trends.includes(name);
  state.trends = has ? state.trends.filter((each) => each !== name) : [...state.trends, name].slice(-MOST_TRENDS);
  redraw();
}

function rows() {
  const channels = Object.values(store.dictionary?.vehicles[state.vehicle]?.channels ?? {});
  const known = (name) => valueOf(state.vehicle, name) !== undefined;
  return channels.filter((each) => state.text
    ? score(state.text, [[each.name, 3], [each.doc, 1], [each.unit, 1]]) > 0
    : state.all || known(each.name));
}

function view() {
  defaults();
  const shown = rows();
  return [
    h("div", { class: "filters", key: "filters" },
      select("Vehicle", state.vehicle, vehicleNames().map((name) => [name, titleOf(name)]), (value) => { state.vehicle = value; state.trends = null; }),
      h("input", { "data-find": true, type: "search", placeholder: "channel", "aria-label": "Find a channel", value: state.text, oninput: (event) => { state.text = event.target.value; redraw(); } }),
      h("label", { class: "check" }, h("input", { type: "checkbox", checked: state.all, onchange: (event) => { state.all = event.target.checked; redraw(); } }), "also those never received"),
      h("span", { class: "gap" }),
      limitSets(),
      select("Span of the trends", String(state.sols), SPANS.map(([sols, words]) => [String(sols), words]), (value) => { state.sols = Number(value); })),
    h("div", { class: "split even-left", key: "body" },
      panel(`Channels of ${titleOf(state.vehicle)}`, table("Channels", columns, shown, { key: (row) => row.name, picked: state.picked, pick: (row) => { state.picked = row.name; toggle(row.name); }, empty: "no such channel" }), { cls: "tall", key: "channels", side: inForce() }),
      h("div", { class: "column", key: "trends" }, state.trends.map(trend),
        state.trends.length === 0 && h("p", { class: "empty soft" }, "Pick channels to see them over time."))),
  ];
}

// The set of limits that the ground judges by; who may puts another in force.
function limitSets() {
  if (!store.limits || !store.time.live) return null;
  const { name, sets } = store.limits;
  const words = (each) => `limits: ${plainly(each)}`;
  if (!may("engineer", "director") || !commanding()) return h("span", { class: "soft", title: sets[name] }, words(name));
  return select("Limits in force", name, Object.keys(sets).map((each) => [each, words(each)]), (wanted) => order("limits_set", { name: wanted }, `In force: ${plainly(wanted)}, ${sets[wanted]}.`));
}

const plainly = (name) => name.replaceAll("_", " ");

// By which set this vehicle is judged where that is another than what is chosen for all, and since when.
function inForce() {
  const { name, vehicles, sets } = store.limits ?? {};
  const told = vehicles?.[state.vehicle];
  const then = store.time.limitSets?.[state.vehicle];
  if (then) return h("span", { class: "soft", key: "inforce" }, `judged by ${plainly(then)} then`, told && told.set !== then && `; the limits here are of ${plainly(told.set)}, in force now`);
  if (!store.time.live || !told || (told.by === "hand" && told.set === name)) return null;
  const silent = told.by === "phase" && told.stale && told.mode;
  const why = told.by === "hand" ? "chosen for this vehicle" : told.mode ? `by its state, ${told.mode}` : "its phase is not known yet";
  const more = [why, sets[told.set], told.settling.length > 0 && `it has just come: until it has settled, what ${told.settling.map(plainly).join(" and ")} allows is not wrong`];
  return h("span", { class: silent ? "limit yellow" : "soft", key: "inforce", title: more.filter(Boolean).join("; ") },
    `judged by ${plainly(told.set)}`, told.since_ns !== null && ` since ${lmst(told.since_ns)}`, silent && "; silent: the last is kept");
}

function trend(name) {
  const row = valueOf(state.vehicle, name);
  return panel(caption(state.vehicle, name), h("canvas", { class: "trend", role: "img", "aria-label": `${name} over ${state.sols} sols`, draw: (canvas) => drawTrend(canvas, state.vehicle, name, state.sols) }), {
    key: `${state.vehicle} ${name}`, cls: "trendpanel",
    side: [h("strong", null, toldBy(row)), " ", unitOf(channelOf(state.vehicle, name)?.unit), button("off", () => toggle(name), { cls: "quiet", why: `take ${name} out` })],
  });
}

const columns = [
  { head: "channel", cls: "nowrap", cell: (row) => h("span", { title: row.doc }, row.name, state.trends.includes(row.name) && h("span", { class: "trended" }, "trend")) },
  { head: "value", cls: "right told", cell: (row) => told(valueOf(state.vehicle, row.name)) },
  { head: "unit", cls: "nowrap", cell: (row) => unitOf(row.unit) },
  { head: "", cls: "nowrap", cell: (row) => judged(valueOf(state.vehicle, row.name), limitedBy(state.vehicle, row)) },
  { head: "age", cls: "right nowrap", cell: (row) => h("span", { class: "soft" }, age(row.name)) },
  { head: "limits", cls: "soft limits", cell: limits },
];

function told(row) {
  const text = toldBy(row);
  return h("strong", { title: text.endsWith("…") ? row[2] : undefined }, breakable(text, 9));
}

function age(name) {
  const row = valueOf(state.vehicle, name);
  return row ? spanNs(viewNs() - row[3]) : "never";
}

// "yellow < 258 or > 308": where it is so, on the sides on which there is a limit.
function limits(entry) {
  const row = limitedBy(state.vehicle, entry);
  const part = (name, [least, most]) => {
    if (least === null && most === null) return null;
    const words = [least !== null && `< ${number(least)}`, most !== null && `> ${number(most)}`].filter(Boolean).join(" or ");
    return h("span", { class: "nowrap", key: name }, h("span", { class: `limit ${name}` }, name), ` ${words} `);
  };
  return [part("yellow", row.yellow ?? [null, null]), part("red", row.red ?? [null, null])];
}
