// What came down beside telemetry: images and records, whether all of it is here, asked for again.
import { go, link, listOf, redraw, say } from "../app.js";
import { h } from "../dom.js";
import { commandsKnown, eventsKnown } from "../known.js";
import { button, number, panel, prose, step, table } from "../parts.js";
import { status } from "../status.js";
import { commandStatus } from "../ladder.js";
import { eventColumns, eventKey } from "./events.js";
import { ascentSketch, placeSketch } from "../sketch.js";
import { titleOf, store, vehicleNames, viewNs } from "../store.js";
import { lmst } from "../time.js";
import { marks, trackOf } from "./map.js";

const FRESH = 600e9; // ns of mission time after which it is asked again
const state = { list: [], at: -Infinity, asking: false, picked: undefined, curve: null };
const ASKS = /record|image|picture|resend|send_|look_at/;
const TELLS = /record|image|picture|product|chunk|camera|seen|looked|found/;

export default {
  id: "products", title: "Products", key: "d", group: "after a pass",
  ofNow: "what has come of each product",
  help: [
    "Images and the ascent record, by what the vehicles told of them. Commands that send one, or send it again, stand at the side; Enter opens the form.",
    "j and k pick a product; what it tells is drawn below, from what came down: where a picture shows something, with how far wrong that may be; how an ascent went, by its own recorder. Pixels are not simulated, and none are made up.",
    "What the recorder let go, and what a pass brought less than was due, shows here as well.",
  ],
  hints: [["j k", "pick a product"]],
  keys: {
    j: () => pick(step(all(), keyOf, state.picked, 1)),
    k: () => pick(step(all(), keyOf, state.picked, -1)),
    Escape: () => pick(undefined),
  },
  open: () => { state.at = -Infinity; },
  view,
};

async function askList() {
  Object.assign(state, { asking: true, at: viewNs() });
  try {
    state.list = listOf(await link.ask("products"));
  } catch (error) {
    say(error.message, true);
  } finally {
    state.asking = false;
  }
  redraw();
}

const keyOf = (each) => `${each.kind} ${each.vehicle} ${each.name}`;

// What the list has, and what a rover's camera has found: as it was told.
function all() {
  const seen = new Set(state.list.map((each) => each.name));
  const found = eventsKnown().filter((event) => event.name === "tube_found" && event.received_ns <= viewNs() && !seen.has(event.data?.tube) && seen.add(event.data?.tube))
    .map((event) => ({ kind: "found", vehicle: event.vehicle, name: event.data.tube, east: event.data.east, north: event.data.north, error: 0, last_ns: event.received_ns }));
  return [...state.list, ...found];
}

function pick(key) {
  Object.assign(state, { picked: key, curve: null });
  const one = all().find((each) => keyOf(each) === key);
  if (one?.kind === "pieces") askCurve(one);
  redraw();
}

async function askCurve(one) {
  state.curve = { asking: true };
  try {
    state.curve = await link.ask("product", { vehicle: one.vehicle, name: one.name });
  } catch (error) {
    state.curve = { problem: error.message };
  }
  redraw();
}

// What the one that is picked tells, drawn; the newest find where nobody has picked.
function drawn() {
  const list = all();
  const one = list.find((each) => keyOf(each) === state.picked) ?? list.find((each) => each.kind !== "pieces") ?? list[0];
  if (!one) return h("p", { class: "empty soft" }, "no product has come down yet");
  if (one.kind === "pieces") {
    if (!state.curve) askCurve(one);
    if (state.curve.asking || state.curve.problem) return h("p", { class: "empty soft" }, state.curve.problem ?? "asking");
    return ascentSketch(state.curve);
  }
  const name = one.kind === "picture" ? titleOf(one.vehicle) : one.name;
  const others = marks().filter((mark) => mark.name !== one.name && mark.name !== one.vehicle).map((mark) => ({ ...mark, name: mark.tube ? mark.name : titleOf(mark.name) }));
  return [
    h("p", { class: "soft" }, one.kind === "picture"
      ? `${name} on a picture from orbit: ${number(one.east)} m east, ${number(one.north)} m north, 1 and 3 sigma about it. Drawn from the figures that were measured on it; pixels are not simulated.`
      : `${name} as the camera of the ${titleOf(one.vehicle)} found it: ${number(one.east)} m east, ${number(one.north)} m north. The line is the rover's way, as it told of it.`),
    placeSketch({ ...one, name, others, track: one.kind === "found" ? trackOf(one.vehicle) : [] }),
  ];
}

// What came whole, what did not, and the command that has the rest sent.
function whole() {
  return table("Whole or not", [
    { head: "vehicle", cls: "nowrap", cell: (each) => titleOf(each.vehicle) },
    { head: "product", cls: "grow", cell: (each) => [h("strong", null, each.name.replaceAll("_", " ")), each.kind !== "pieces" && h("span", { class: "soft" }, each.kind === "picture" ? " found on a picture" : " found by its camera")] },
    { head: "", cls: "nowrap", cell: (each) => (each.kind !== "pieces" ? `${number(each.east)} m east, ${number(each.north)} m north${each.error ? `, known to ${number(each.error)} m` : ""}` : `${each.here.toLocaleString("en")} of ${each.count.toLocaleString("en")} pieces`) },
    { head: "", cls: "nowrap", cell: (each) => (each.kind !== "pieces" ? status("normal", "here") : each.whole ? status("normal", "whole") : status("caution", "not whole")) },
    { head: "came", cls: "nowrap", cell: (each) => lmst(each.last_ns ?? null) },
    { head: "", cell: (each) => each.again && button("ask for the rest", () => go("command", each.again), { cls: "quiet" }) },
  ], all(), { key: keyOf, picked: state.picked, pick: (each) => pick(keyOf(each)), empty: "no product has come down yet" });
}

function view() {
  if (!state.asking && Math.abs(viewNs() - state.at) > FRESH) askList();
  const events = eventsKnown().filter((event) => TELLS.test(event.name) && event.received_ns <= viewNs()).slice(0, 150);
  const asked = commandsKnown().filter((each) => ASKS.test(each.command)).slice(0, 60);
  return h("div", { class: "split wide-left", key: "body" },
    h("div", { class: "column", key: "told" },
      panel("Products", whole(), { cls: "under", key: "whole" }),
      panel("What it tells", drawn(), { cls: "tall", key: "drawn" }),
      panel("What was told of them", table("Products told", eventColumns({}), events, { key: eventKey, empty: "no product was told of yet" }), { cls: "under", key: "events" })),
    h("div", { class: "column", key: "side" },
      panel("Ask for one, or again", table("Commands for products", [
        { head: "vehicle", cls: "nowrap", cell: (each) => titleOf(each.vehicle) },
        { head: "command", cls: "grow", cell: (each) => [button(each.command.name, () => go("command", { vehicle: each.vehicle, command: each.command.name }), { cls: "quiet" }), h("span", { class: "note soft" }, prose(each.command.doc.split("\n")[0]))] },
      ], offers(), { key: (each) => `${each.vehicle} ${each.command.name}`, empty: "no vehicle here has such a command" }), { cls: "tall" }),
      panel("Asked for", table("Asked for", [
        { head: "command", cls: "grow", cell: (each) => `${titleOf(each.vehicle)} ${each.command}` },
        { head: "", cls: "nowrap", cell: commandStatus },
        { head: "", cls: "nowrap", cell: (each) => lmst(each.issued_ns) },
      ], asked, { key: (each) => each.identifier, empty: "nothing was asked for" }), { cls: "tall" }),
      panel("Passes that brought less than was due", table("Thin passes", [
        { head: "vehicle", cls: "nowrap", cell: (pass) => titleOf(pass.vehicle) },
        { head: "pass", cls: "nowrap", cell: (pass) => lmst(pass.start_ns) },
        { head: "bytes", cls: "right", cell: (pass) => `${(pass.bytes_come ?? 0).toLocaleString("en")} of ${pass.bytes_expected.toLocaleString("en")}` },
      ], thin(), { key: (pass) => `${pass.vehicle} ${pass.start_ns}`, empty: "none" }), { cls: "tall" })));
}

function offers() {
  return vehicleNames().flatMap((vehicle) => Object.values(store.dictionary?.vehicles[vehicle]?.commands ?? {})
    .filter((command) => ASKS.test(command.name)).map((command) => ({ vehicle, command })));
}

const thin = () => store.passes.filter((pass) => pass.end_ns < viewNs() && pass.bytes_expected && (pass.bytes_come ?? 0) < 0.5 * pass.bytes_expected).slice(-20).reverse();
