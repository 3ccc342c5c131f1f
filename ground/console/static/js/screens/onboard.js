// What is loaded on board, as we sent it and as the vehicle tells it: the two compared.
import { go } from "../app.js";
import { h } from "../dom.js";
import { button, panel, table, toldBy, words } from "../parts.js";
import { commandStatus } from "../ladder.js";
import { eventColumns, eventKey, select } from "./events.js";
import { status } from "../status.js";
import { store, titleOf, valueOf, vehicleNames, viewNs } from "../store.js";
import { lmst, spanNs } from "../time.js";

const state = { vehicle: "" };
const LOADS = /^(load|activate|start|abort|enable|disable|arm_response|set_sensor|use_|announce|swap)/;
const TOLD = ["monitors_violated", "response_running", "loads_shed", "sensors_set_aside", "armed_command", "computer_side", "boot_number", "storage_failing"];
const WHOLE = 300; // letters: there is room for names of many
const EVENTS = /parameter|sequence|protection|monitor|response|boot|sensor/;

export default {
  id: "onboard", title: "On board", key: "b", group: "anomaly", ofVehicle: true,
  help: [
    "Left: the parameters, sequences, tables and switches that we sent, with how far each command came: only what COMPLETED is on board, as far as we know.",
    "Right: what the vehicle itself tells of its protection, and the events about it. A boot after a load is a reason to ask again.",
  ],
  hints: [["1-7", "vehicle"]],
  open(given) {
    if (given?.vehicle) state.vehicle = given.vehicle;
  },
  view,
};

function view() {
  state.vehicle ||= vehicleNames()[0] ?? "";
  const name = state.vehicle;
  const sent = [...store.commands.values()].filter((each) => each.vehicle === name && LOADS.test(each.command));
  const parameters = thought(sent);
  return [
    h("div", { class: "filters", key: "filters" }, select("Vehicle", name, vehicleNames().map((each) => [each, titleOf(each)]), (value) => { state.vehicle = value; }),
      h("span", { class: "gap" }), button("Ask for its status", () => go("command", { vehicle: name, command: "report_status" }))),
    h("div", { class: "split", key: `body ${name}` },
      h("div", { class: "column", key: "left" },
        panel("Parameters, as we think", table("Parameters", [
          { head: "parameter", cls: "grow mono", cell: ([key]) => key },
          { head: "value", cls: "right", cell: ([, each]) => h("strong", null, words(each.value)) },
          { head: "", cls: "nowrap", cell: ([, each]) => (each.active ? status("normal", "active") : each.loaded ? status("standby", "loaded, not active") : status("caution", "sent, not confirmed")) },
          { head: "since", cls: "nowrap", cell: ([, each]) => lmst(each.at) },
        ], [...parameters], { key: ([key]) => key, empty: "we have changed none: those of the vehicle's file hold" }), { cls: "tall" }),
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
        panel("Events about it", table("Events about what is on board", eventColumns({ short: true, of: name }), store.events.filter((event) => event.vehicle === name && EVENTS.test(event.name) && event.received_ns <= viewNs()).slice(0, 100), { key: eventKey, empty: "none was told" }), { cls: "tall" }))),
  ];
}

// Parameters by the loads that we sent, the oldest first, and whether they were made active since.
function thought(sent) {
  const found = new Map();
  for (const each of [...sent].reverse()) {
    const done = each.status === "COMPLETED";
    if (each.command === "load_parameters") {
      for (const [key, value] of Object.entries(each.arguments?.values ?? {})) found.set(key, { value, loaded: done, active: false, at: each.sent_ns });
    } else if (each.command === "activate_parameters" && done) {
      for (const entry of found.values()) if (entry.loaded) entry.active = true;
    }
  }
  return found;
}
