// What the vehicles and the ground told, the newest first; narrowed by words, vehicle, severity.
import { ask, listOf, redraw } from "../app.js";
import { event as adaptEvent } from "../adapt.js";
import { h } from "../dom.js";
import { eventsKnown } from "../known.js";
import { breakable, pairs, panel, step, table, words } from "../parts.js";
import { kindOfSeverity, RANK, severityStatus } from "../status.js";
import { store, titleOf, vehicleNames, viewNs } from "../store.js";
import { lmst, spanNs, utc } from "../time.js";

const state = { text: "", vehicle: "", least: "off", picked: undefined, found: null };
const LEAST = [["off", "all"], ["normal", "activity and worse"], ["caution", "caution and worse"], ["serious", "warning and worse"]];
const SEVERITY = { normal: "ACTIVITY_HI", caution: "WARNING_LO", serious: "WARNING_HI" };

export const eventKey = (event) => `${event.vehicle} ${event.occurred_ns} ${event.number} ${event.name}`;

export default {
  id: "events", title: "Events", key: "e", group: "anomaly",
  help: [
    "What happened on board and when it was heard. Type words to narrow it: all of them have to be in the text; Enter searches the archive, beyond the newest that the page holds.",
  ],
  hints: [["/", "find"], ["j k", "down, up"]],
  keys: {
    j: () => { state.picked = step(shown(), eventKey, state.picked, 1); },
    k: () => { state.picked = step(shown(), eventKey, state.picked, -1); },
    Escape: () => { state.picked = undefined; state.found = null; },
  },
  open(given) {
    if (given?.vehicle) state.vehicle = given.vehicle;
  },
  view,
};

// `of`: the vehicle that all of them are of, which then is not said again.
export function eventColumns({ short = false, of = "" }) {
  return [
    { head: "happened", cls: "nowrap", cell: (event) => lmst(event.occurred_ns, !short) },
    !short && { head: "vehicle", cls: "nowrap", cell: (event) => titleOf(event.vehicle) },
    { head: "", cls: "nowrap", cell: (event) => severityStatus(event.severity) },
    !short && { head: "event", cls: "nowrap mono", cell: (event) => event.name },
    { head: "text", cls: "grow", cell: (event) => h("span", { class: short ? "clamped" : "", title: short ? event.text : undefined }, short && event.vehicle !== of && h("span", { class: "soft" }, `${titleOf(event.vehicle)}: `), breakable(event.text || event.name)) },
    !short && { head: "heard after", cls: "nowrap right", cell: (event) => h("span", { class: "soft" }, spanNs(event.received_ns - event.occurred_ns)) },
  ].filter(Boolean);
}

function shown() {
  const wanted = state.text.toLowerCase().split(/\s+/).filter(Boolean);
  const least = RANK.indexOf(state.least);
  return (state.found ?? eventsKnown()).filter((event) =>
    (state.vehicle === "" || event.vehicle === state.vehicle)
    && RANK.indexOf(kindOfSeverity(event.severity)) >= least
    && event.received_ns <= viewNs()
    && wanted.every((word) => `${event.name} ${event.text} ${event.vehicle}`.toLowerCase().includes(word)));
}

async function search() {
  const query = { limit: 200, text: state.text || undefined, source: state.vehicle || undefined, severity: SEVERITY[state.least] };
  const answer = await ask("events", JSON.parse(JSON.stringify(query)));
  if (answer) state.found = listOf(answer).map(adaptEvent);
  redraw();
}

function view() {
  const rows = shown();
  const one = rows.find((event) => eventKey(event) === state.picked);
  return [
    h("div", { class: "filters", key: "filters" },
      h("input", { "data-find": true, type: "search", placeholder: "words in the event", "aria-label": "Words in the event", value: state.text, oninput: (event) => { state.text = event.target.value; state.found = null; redraw(); }, onkeydown: (event) => { if (event.key === "Enter") search(); } }),
      select("Vehicle", state.vehicle, [["", "all vehicles"], ...vehicleNames().map((name) => [name, titleOf(name)])], (value) => { state.vehicle = value; }),
      select("Severity", state.least, LEAST, (value) => { state.least = value; }),
      h("span", { class: "soft" }, state.found ? `${rows.length} from the archive` : `${rows.length} of the newest ${eventsKnown().length}; Enter searches the archive`)),
    h("div", { class: one ? "split wide-left" : "split one", key: "body" },
      panel("Events", table("Events", eventColumns({}), rows, { key: eventKey, picked: state.picked, pick: (event) => { state.picked = eventKey(event); redraw(); }, mark: (event) => `sev-${kindOfSeverity(event.severity)}` }), { cls: "tall" }),
      one && panel("One event", details(one), { cls: "tall" })),
  ];
}

export function select(label, value, options, change) {
  return h("select", { "aria-label": label, value, onchange: (event) => { change(event.target.value); redraw(); } },
    options.map(([name, text]) => h("option", { value: name, key: name }, text)));
}

function details(event) {
  const entry = store.dictionary?.vehicles[event.vehicle]?.events[event.name];
  return [
    h("p", { class: "lead" }, event.text),
    pairs([
      ["vehicle", titleOf(event.vehicle)], ["event", h("code", null, event.name)], ["severity", severityStatus(event.severity)],
      ["happened", `${lmst(event.occurred_ns, true)}, ${utc(event.occurred_ns)} UTC`],
      ["heard", `${utc(event.received_ns)} UTC, ${spanNs(event.received_ns - event.occurred_ns)} later`],
      ["number", `${event.number}`],
      ...Object.entries(event.data ?? {}).map(([name, value]) => [name, h("code", null, words(value) || "none")]),
    ]),
    entry && h("p", { class: "soft" }, `Template: ${entry.text}`),
  ];
}
