// What is loaded on board, as we sent it and as the vehicle tells it: the two compared.
import { go, link, redraw } from "../app.js";
import { h } from "../dom.js";
import { commandsKnown, eventsKnown } from "../known.js";
import { breakable, button, panel, table, toldBy, words } from "../parts.js";
import { commandStatus } from "../ladder.js";
import { eventColumns, eventKey, select } from "./events.js";
import { status } from "../status.js";
import { store, titleOf, valueOf, vehicleNames, viewNs } from "../store.js";
import { lmst, spanNs } from "../time.js";

const state = { vehicle: "", told: null, seen: "", problem: "" };
const LOADS = /^(load|activate|start|abort|enable|disable|arm_response|set_sensor|use_|announce|swap)/;
const TOLD = ["monitors_violated", "response_running", "loads_shed", "sensors_set_aside", "armed_command", "computer_side", "boot_number", "storage_failing"];
const WHOLE = 300; // letters: there is room for names of many
const EVENTS = /parameter|sequence|protection|monitor|response|boot|sensor/;

export default {
  id: "onboard", title: "On board", key: "b", group: "anomaly", ofVehicle: true,
  help: [
    "Left: parameters and sequences as we think, by the commands that COMPLETED, beside what the vehicle has told of them; where the two differ, one of us is wrong. Below, what we sent, with how far it came.",
    "Right: what the vehicle itself tells of its protection, and the events about it. A boot after a load is a reason to ask again.",
  ],
  hints: [["1-7", "vehicle"]],
  open(given) {
    if (given?.vehicle) choose(given.vehicle);
    else freshen(true);
  },
  freshen: () => freshen(),
  looked: () => freshen(true),
  view,
};

const value = (each) => (each === null ? h("span", { class: "soft nowrap" }, "as in its file") : h("strong", null, words(each)));

const parameterColumns = [
  { head: "parameter", cls: "grow mono", cell: ([key]) => breakable(key) },
  { head: "we think", cls: "right", cell: ([, each]) => value(each.thought) },
  { head: "it told", cls: "right", cell: ([, each]) => value(each.told) },
  { head: "", cls: "nowrap", cell: ([, each]) => [status(each.agrees ? "normal" : "serious", each.agrees ? "agrees" : "differs"), each.staged !== null && h("span", { class: "note" }, status("standby", `${words(each.staged)} loaded, not active`))] },
];

const sequenceColumns = [
  { head: "sequence", cls: "grow", cell: ([key]) => h("strong", null, breakable(key)) },
  { head: "we think", cls: "nowrap", cell: ([, each]) => [each.thought || h("span", { class: "soft" }, "not ours"), each.loaded_ns !== null && h("span", { class: "note soft" }, `sent ${lmst(each.loaded_ns)}`)] },
  { head: "it told", cls: "nowrap", cell: ([, each]) => [each.told || h("span", { class: "soft" }, "nothing"), each.entry !== null && h("span", { class: "note" }, `at entry ${each.entry}${each.run === null ? "" : ` of run ${each.run}`}`)] },
  { head: "told at", cls: "nowrap", cell: ([, each]) => lmst(each.told_ns) },
];

const rest = ({ occurred_ns: _, ours: __, command: ___, ...more }) => more;

const protectionColumns = [
  { head: "when", cls: "nowrap", cell: (each) => lmst(each.occurred_ns) },
  { head: "what", cls: "grow", cell: (each) => [h("strong", null, breakable(String(each.command ?? "").replaceAll("_", " "))), " ", h("span", { class: "mono" }, words(rest(each)))] },
  { head: "", cls: "nowrap", cell: (each) => (each.ours ? status("normal", "ours") : status("caution", "its own")) },
];

// What is loaded, asked for anew when the vehicle has told something, or a command climbed; at an
// instant, as it was known then.
async function freshen(anyway = false) {
  const name = state.vehicle;
  const { live, at } = store.time;
  const seen = live ? `${name} ${store.journal} ${store.last.ev ?? 0} ${store.last.cmd ?? 0}` : `${name} at ${at}`;
  if (!name || !store.link.socket || (seen === state.seen && !anyway)) return;
  state.seen = seen;
  try {
    const told = await link.ask("on_board", { vehicle: name, ...(!live && { at_ns: at }) });
    if (state.vehicle === name && store.time.at === at) Object.assign(state, { told, problem: "" });
  } catch (error) {
    Object.assign(state, { problem: error.message, seen: "" });
  }
  redraw();
}

function choose(name) {
  Object.assign(state, { vehicle: name, told: null });
  freshen(true);
}

function view() {
  if (!state.vehicle) choose(vehicleNames()[0] ?? "");
  const name = state.vehicle;
  const sent = commandsKnown().filter((each) => each.vehicle === name && LOADS.test(each.command));
  const told = state.told ?? { parameters: {}, sequences: {}, protection: [] };
  const empty = (words) => (state.told ? words : state.problem || "it is asked for");
  return [
    h("div", { class: "filters", key: "filters" }, select("Vehicle", name, vehicleNames().map((each) => [each, titleOf(each)]), choose),
      h("span", { class: "gap" }), button("Ask for its status", () => go("command", { vehicle: name, command: "report_status" }))),
    h("div", { class: "split", key: `body ${name}` },
      h("div", { class: "column", key: "left" },
        panel("Parameters", table("Parameters", parameterColumns, Object.entries(told.parameters), { key: ([key]) => key, empty: empty("we have changed none: those of the vehicle's file hold") }), { cls: "tall" }),
        panel("Sequences", table("Sequences", sequenceColumns, Object.entries(told.sequences), { key: ([key]) => key, empty: empty("none was loaded") }), { cls: "tall" }),
        panel("Loads and switches that we sent", table("Loads", [
          { head: "command", cls: "grow", cell: (each) => [h("strong", null, each.command), " ", h("span", { class: "mono" }, words(each.arguments))] },
          { head: "", cls: "nowrap", cell: commandStatus },
          { head: "sent", cls: "nowrap", cell: (each) => lmst(each.sent_ns) },
        ], sent, { key: (each) => each.identifier, empty: "none was sent" }), { cls: "tall" })),
      h("div", { class: "column", key: "right" },
        panel("As the vehicle tells it", table("Told", [
          { head: "", cls: "nowrap", cell: (channel) => channel.replaceAll("_", " ") },
          { head: "", cls: "grow", cell: (channel) => h("strong", null, toldBy(valueOf(name, channel), WHOLE)) },
          { head: "age", cls: "right nowrap soft", cell: (channel) => (valueOf(name, channel) ? spanNs(viewNs() - valueOf(name, channel)[3]) : "never told") },
        ], TOLD.filter((channel) => channel in (store.dictionary?.vehicles[name]?.channels ?? {})), { key: (channel) => channel }), { cls: "small" }),
        panel("Changes of its protection", table("Protection", protectionColumns, told.protection, { key: (each) => `${each.occurred_ns} ${each.command} ${words(rest(each))}`, empty: empty("it has told of none") }), { cls: "tall" }),
        panel("Events about it", table("Events about what is on board", eventColumns({ short: true, of: name }), eventsKnown().filter((event) => event.vehicle === name && EVENTS.test(event.name) && event.received_ns <= viewNs()).slice(0, 100), { key: eventKey, empty: "none was told" }), { cls: "tall" }))),
  ];
}
