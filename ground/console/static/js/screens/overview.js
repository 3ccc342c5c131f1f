// Every vehicle at a glance, the commands under way, the contacts, what happened.
import { go } from "../app.js";
import { h } from "../dom.js";
import { commandsKnown, eventsKnown } from "../known.js";
import { commandTable } from "../ladder.js";
import { number, panel, table } from "../parts.js";
import { picture } from "./map.js";
import { contactRows, passColumns } from "./passes.js";
import { eventColumns } from "./events.js";
import { isOver, isSafe, kindOfSeverity, kindOfValue, severityOfValue, status, wordOfKind, worst } from "../status.js";
import { channelOf, isStale, openAlarms, store, titleOf, valueOf, vehicleNames, viewNs } from "../store.js";
import { span } from "../time.js";

const ENERGY = "state_of_charge";

export default {
  id: "overview", title: "Overview", key: "o", group: "in a pass",
  help: [
    "One card for each vehicle: its mode, its worst alarm, its energy, and how old the newest word from it is. A number opens the vehicle.",
    "Below: commands that are under way with the hour by which an answer is due, the contacts, and the newest events.",
  ],
  view,
};

function view() {
  const under = commandsKnown().filter((each) => !isOver(each.status));
  const recent = under.length ? under : commandsKnown().slice(0, 8);
  return [
    h("div", { class: "cards", key: "cards" }, vehicleNames().map(card)),
    h("div", { class: "split wide-left", key: "lower" },
      h("div", { class: "column", key: "main" },
        panel(under.length ? "Commands under way" : "Last commands", commandTable(recent.slice(0, 30), { short: true }), { cls: "under", key: "commands" }),
        panel("Site", picture(), { cls: "tall" })),
      h("div", { class: "column", key: "side" },
        panel("Contacts", table("Contacts", passColumns({ short: true }), contactRows().slice(0, 5), { key: passKey, empty: "no pass is known" }), { cls: "small" }),
        panel("Events", table("Newest events", eventColumns({ short: true }), eventsKnown().slice(0, 30), { key: eventKey }), { cls: "tall" }))),
  ];
}

const passKey = (pass) => `${pass.start_ns} ${pass.end_ns}`;
const eventKey = (event) => `${event.vehicle} ${event.occurred_ns} ${event.number} ${event.name}`;

function card(name, place) {
  const known = store.vehicles.get(name) ?? {};
  const alarms = openAlarms().filter((alarm) => alarm.vehicle === name);
  const rows = [...(store.time.live ? store.values : store.time.values ?? new Map()).values()].filter((row) => row[0] === name);
  const heard = rows.reduce((newest, row) => Math.max(newest, row[3] ?? 0), 0);
  const silent = rows.length === 0;
  const mode = valueOf(name, "mode")?.[2] ?? (store.time.live ? known.mode : undefined);
  const stale = store.time.live ? isStale(name) : rows.some((row) => row[5] === "STALE");
  // What is wrong with a vehicle is so also while it is silent: the worst wins.
  const told = worst([isSafe(mode) ? "caution" : "normal", ...alarms.map((alarm) => kindOfSeverity(alarm.severity)), ...rows.map((row) => kindOfSeverity(severityOfValue(row[5])))]);
  const kind = silent ? "off" : stale && told === "normal" ? "standby" : told;
  const what = isSafe(mode) && kind === "caution" ? "safe state" : wordOfKind(kind);
  const word = silent ? "not heard yet" : kind === "standby" ? "stale" : stale ? `${what}, stale` : what;
  const holder = store.time.live ? store.authority[name]?.holder : "";
  return h("button", { type: "button", class: `card ${kind}`, key: name, onclick: () => go("vehicle", { vehicle: name }) },
    h("span", { class: "card-head" }, h("kbd", null, place + 1), h("strong", null, titleOf(name))),
    status(kind, word),
    h("span", { class: "mode mono" }, mode ?? "-"),
    energy(name),
    h("span", { class: "soft line" }, alarms.length ? `${alarms.length} alarm${alarms.length > 1 ? "s" : ""}: ${alarms[0].name}` : "no alarm"),
    h("span", { class: "soft line" }, silent ? "nothing received" : `${span((viewNs() - heard) / 1e9)} old`, holder && `, held by ${holder}`));
}

function energy(name) {
  const row = valueOf(name, ENERGY);
  if (!row) return h("span", { class: "meter none" }, h("span", { class: "soft" }, channelOf(name, ENERGY) ? "charge not told yet" : "no battery of its own"));
  if (typeof row[2] !== "number") return h("span", { class: "meter none" }, status("caution", "charge not known"));
  const percent = Math.round(100 * row[2]);
  return h("span", { class: "meter", title: "state of charge" },
    h("svg", { class: "gauge", viewBox: "0 0 100 6", preserveAspectRatio: "none", "aria-hidden": "true" },
      h("rect", { class: "ground", width: 100, height: 6 }),
      h("rect", { class: kindOfValue(row[5]), width: Math.max(0, Math.min(100, percent)), height: 6 })),
    h("span", null, `${number(percent)} %`));
}

export { eventKey, passKey };
