// The whole console at an earlier instant, and forward from there: nothing is commanded from there.
import { event as asEvent } from "../adapt.js";
import { link, listOf, lookAt, redraw, say } from "../app.js";
import { h, MOST_ROWS } from "../dom.js";
import { breakable, button, panel, table, toldBy, unitOf } from "../parts.js";
import { best } from "../fuzzy.js";
import { channelOf, limitedBy, nowNs, replayed, titleOf, store, vehicleNames, viewNs } from "../store.js";
import { lmst, nsOfText, spanNs, utc } from "../time.js";
import { judged } from "../status.js";

const state = { typed: "", text: "", rate: 0, timer: null, told: [] };
const RATES = [60, 600, 3600, 21600];
const STEP = 500; // ms

export default {
  id: "archive", title: "Archive", key: "r", group: "anomaly",
  help: [
    "Pick an instant: with the slider, by a sol and an hour, or from what happened. From then on every screen shows what was known on the ground at that instant, within a violet frame; alarms go on in the live view, and nothing can be commanded.",
    "Play goes forward from there. The full stop brings you back to live, from any screen; in a replay, which has no live view, to the end of the run.",
  ],
  hints: [["[ ]", "an hour back, on"], [".", "live"]],
  keys: { "[": () => move(-3600e9), "]": () => move(3600e9), Escape: () => stop() },
  open: askInstants,
  view,
};

const move = (by) => lookAt(Math.min(nowNs(), viewNs() + by));

function stop() {
  clearInterval(state.timer);
  Object.assign(state, { rate: 0, timer: null });
}

function play(rate) {
  stop();
  state.rate = rate;
  if (store.time.live) return say("Pick an instant first.", true);
  let under = false;
  state.timer = setInterval(async () => {
    if (under) return;
    if (store.time.live || viewNs() >= nowNs()) return stop();
    under = true;
    await lookAt(Math.min(nowNs(), viewNs() + rate * STEP * 1e6));
    under = false;
  }, STEP);
  return redraw();
}

function typed() {
  const ns = nsOfText(state.typed);
  if (ns === null) return say(`${state.typed}: allowed is a sol and an hour, as 12 14:30`, true);
  if (ns < 0 || ns > nowNs()) return say(`${state.typed}: allowed is ${lmst(0)} to ${lmst(nowNs())}`, true);
  return lookAt(ns);
}

function view() {
  const at = viewNs();
  return [
    panel("Instant", [
      h("div", { class: "filters", key: "typed" },
        h("label", { for: "instant" }, "Sol and local mean time"),
        h("input", { id: "instant", "data-find": true, class: "short", type: "text", placeholder: "12 14:30", value: state.typed, oninput: (event) => { state.typed = event.target.value; }, onkeydown: (event) => { if (event.key === "Enter") typed(); } }),
        button("Look", typed), button("an hour back", () => move(-3600e9), { keys: "[" }), button("an hour on", () => move(3600e9), { keys: "]", disabled: store.time.live }),
        h("span", { class: "soft" }, "play"), RATES.map((rate) => button(`${rate}×`, () => play(rate), { key: String(rate), cls: state.rate === rate ? "main" : "", disabled: store.time.live })),
        button("stop", stop, { disabled: state.rate === 0 }), button(replayed() ? "end" : "live", () => { stop(); lookAt(null); }, { keys: ".", disabled: store.time.live }),
        h("strong", null, store.time.live ? "live" : `${lmst(at, true)}, ${spanNs(nowNs() - at)} before ${replayed() ? "the end" : "now"}`)),
      h("input", { key: "slider", class: "slider", type: "range", "aria-label": "Instant", min: 0, max: 10000, value: String(Math.round((10000 * at) / Math.max(1, nowNs()))), onchange: (event) => lookAt((Number(event.target.value) / 10000) * nowNs()) }),
      h("p", { class: "soft ends", key: "ends" }, h("span", null, lmst(0)), h("span", null, `${utc(at)} UTC`), h("span", null, lmst(nowNs()))),
    ], { cls: "small" }),
    h("div", { class: "split", key: "body" },
      goTo(at),
      panel(`All values at ${lmst(at)}`, [
        h("div", { class: "filters", key: "find" }, h("input", { type: "search", placeholder: "channel", "aria-label": "Find a channel", value: state.text, oninput: (event) => { state.text = event.target.value; redraw(); } })),
        table("Values", columns, values(), { key: (row) => `${row[0]} ${row[1]}`, empty: "nothing was known yet" }),
      ], { cls: "tall", key: "values" })),
  ];
}

// What happened before this page was there too, and what is later than the instant looked at.
const MOST_TOLD = 1000;

async function askInstants() {
  const asked = [{ name: "mode_changed" }, { severity: "WARNING_LO" }].map((which) => link.ask("events", { ...which, limit: MOST_TOLD }));
  const told = await Promise.allSettled(asked); // a link that was lost, the page says
  state.told = told.flatMap((each) => (each.value ? listOf(each.value).map(asEvent) : []));
  redraw();
}

// All of them, those about the instant looked at where they are too many; the last one before it marked.
function goTo(at) {
  const all = instants();
  const here = store.time.live ? 0 : all.findIndex((each) => each.ns <= at);
  const first = Math.max(0, Math.min((here < 0 ? all.length : here) - MOST_ROWS / 2, all.length - MOST_ROWS));
  const shown = all.slice(first, first + MOST_ROWS);
  const key = (each) => `${each.ns} ${each.text}`;
  const left = all.length - shown.length;
  return panel("Go to", [
    table("Instants", [
      { head: "when", cls: "nowrap", cell: (each) => lmst(each.ns) },
      { head: "what", cls: "grow", cell: (each) => breakable(each.text) },
      { head: "", cell: (each) => button("look", () => lookAt(each.ns), { cls: "quiet" }) },
    ], shown, {
      key, picked: !store.time.live && here >= 0 ? key(all[here]) : undefined, mark: (each) => (each.ns > at ? "soft" : ""),
      empty: "nothing has happened yet: changes of mode, warnings and phases of the procedure stand here",
    }),
    left > 0 && h("p", { class: "soft", key: "left" }, `${left} further from the instant looked at are left out`),
  ], { cls: "tall" });
}

function instants() {
  const phases = (store.procedure?.log ?? []).filter((line) => line.text.includes("phase") || line.text.includes("COMPLETED")).map((line) => ({ ns: line.time_ns, text: `procedure: ${line.text}${line.step.includes("[") ? "" : `, ${line.step}`}` }));
  const modes = [...state.told, ...store.events].filter((event) => event.name === "mode_changed" || ["WARNING_LO", "WARNING_HI", "FATAL"].includes(event.severity)).map((event) => ({ ns: event.received_ns, text: `${titleOf(event.vehicle)}: ${event.text}` }));
  const found = new Map([...phases, ...modes].map((each) => [`${each.ns} ${each.text}`, each]));
  return [...found.values()].filter((each) => each.ns <= nowNs()).sort((a, b) => b.ns - a.ns);
}

function values() {
  const map = store.time.live ? store.values : store.time.values ?? new Map();
  const names = vehicleNames();
  const rows = [...map.values()].sort((a, b) => names.indexOf(a[0]) - names.indexOf(b[0]));
  return best(state.text, rows, (row) => [[row[1], 3], [row[0], 2], [titleOf(row[0]), 2]], 200);
}

const columns = [
  { head: "vehicle", cls: "nowrap", cell: (row) => titleOf(row[0]) },
  { head: "channel", cell: (row) => breakable(row[1], 9) },
  { head: "value", cls: "right told", cell: (row) => h("strong", null, breakable(toldBy(row), 12)) },
  { head: "", cls: "nowrap", cell: (row) => unitOf(channelOf(row[0], row[1])?.unit) },
  { head: "", cls: "nowrap", cell: (row) => judged(row, limitedBy(row[0], channelOf(row[0], row[1]))) },
  { head: "age", cls: "nowrap right soft", cell: (row) => spanNs(viewNs() - row[3]) },
];

