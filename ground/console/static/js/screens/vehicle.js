// One vehicle: where it is in its statechart, how it came there, its resources, its alarms.
import { go, order, redraw } from "../app.js";
import { h } from "../dom.js";
import { eventsKnown } from "../known.js";
import { breakable, button, commanding, panel, table, toldBy, unitOf } from "../parts.js";
import { eventColumns, eventKey, select } from "./events.js";
import { isSafe, judged, severityStatus, shape, status, waitsForSomebody, wordOfAlarm } from "../status.js";
import { channelOf, limitedBy, may, openAlarms, store, titleOf, user, valueOf, vehicleNames, viewNs } from "../store.js";
import { lmst, spanNs } from "../time.js";
import { caption, drawTrend } from "../trend.js";

const state = { vehicle: "", offers: {} }; // to whom each vehicle is to be offered
const RESOURCES = ["state_of_charge", "battery_temperature", "net_power", "array_power", "electronics_temperature", "avionics_temperature", "joint_temperature"];
const WHOLE = 300; // letters: there is room for names of many
const HEALTH = ["monitors_violated", "response_running", "loads_shed", "sensors_set_aside", "armed_command", "computer_side", "boot_number", "mailbox_depth", "messages_corrupt", "storage_failing"];

export default {
  id: "vehicle", title: "Vehicle", key: "v", group: "anomaly", ofVehicle: true,
  help: [
    "The states that the vehicle can be in, those inside others within them. The one that it was in by its newest report is lit; those that it has been in lately carry the time at which it entered.",
    "Who holds the vehicle is who may stage and release for it. Take it when nobody does; offer it to hand it over.",
  ],
  hints: [["1-7", "vehicle"], ["c", "command it"]],
  keys: { c: () => go("command", { vehicle: state.vehicle, find: true }) },
  open(given) {
    if (given?.vehicle) state.vehicle = given.vehicle;
  },
  view,
};

function view() {
  state.vehicle ||= vehicleNames()[0] ?? "";
  const name = state.vehicle;
  const entry = store.dictionary?.vehicles[name];
  if (!entry) return h("p", { class: "plain soft" }, "This vehicle is not in the dictionary.");
  const row = valueOf(name, "mode");
  const mode = row?.[2] ?? "";
  const trends = RESOURCES.filter((channel) => channel in entry.channels).slice(0, 2);
  return [
    h("div", { class: "filters", key: "filters" },
      select("Vehicle", name, vehicleNames().map((each) => [each, titleOf(each)]), (value) => { state.vehicle = value; }),
      h("span", null, mode ? [h("strong", { class: "mono" }, mode), h("span", { class: "soft" }, ` as of ${spanNs(viewNs() - row[3])} ago`)] : h("span", { class: "soft" }, "no mode was told yet")),
      h("span", { class: "gap" }), holding(name), button("Command", () => go("command", { vehicle: name, find: true }), { cls: "main", keys: "c" })),
    h("div", { class: "split wide-left", key: `body ${name}` },
      h("div", { class: "column", key: "left" },
        panel("Statechart", chart(entry, mode, entered(name)), { cls: "most", side: h("span", { class: "soft" }, `${entry.states.length} states`) }),
        h("div", { class: "pair", key: "trends" }, trends.map((channel) => panel(caption(name, channel), h("canvas", { class: "trend", role: "img", "aria-label": `${channel} over 3 sols`, draw: (canvas) => drawTrend(canvas, name, channel, 3) }), { cls: "trendpanel", key: channel, side: [h("strong", null, toldBy(valueOf(name, channel))), " ", unitOf(channelOf(name, channel)?.unit)] })))),
      h("div", { class: "column", key: "right" },
        panel("Health", health(name, entry), { cls: "small" }),
        panel("Alarms", alarms(name), { cls: "small" }),
        panel("What it told", table("Events of the vehicle", eventColumns({ short: true, of: name }), eventsKnown().filter((event) => event.vehicle === name && event.received_ns <= viewNs()).slice(0, 60), { key: eventKey }), { cls: "tall" }))),
  ];
}

// When each state was entered last, by the events that were heard.
function entered(name) {
  const found = new Map();
  for (const event of eventsKnown()) {
    if (event.vehicle !== name || event.name !== "mode_changed" || event.received_ns > viewNs()) continue;
    const path = String(event.data?.after ?? "");
    if (!found.has(path)) found.set(path, event.occurred_ns);
  }
  return found;
}

function chart(entry, mode, times) {
  const top = entry.states.filter((path) => !path.includes("."));
  return h("ul", { class: "chart", "aria-label": "States" }, top.map((path) => box(path, entry.states, mode, times)));
}

function box(path, states, mode, times) {
  const depth = path.split(".").length;
  const inside = states.filter((each) => each.startsWith(`${path}.`) && each.split(".").length === depth + 1);
  const lit = mode === path;
  const within = mode.startsWith(`${path}.`);
  const when = times.get(path);
  return h("li", { key: path, class: `state ${lit ? "lit" : within ? "within" : ""} ${lit && isSafe(path) ? "safe" : ""} ${inside.length ? "holds" : ""}`, "aria-current": lit ? "true" : undefined },
    h("span", { class: "state-name" }, lit && shape(isSafe(path) ? "caution" : "normal"), path.split(".").at(-1).replaceAll("_", " "), lit && h("span", { class: "unseen" }, " (now)"), when !== undefined && h("span", { class: "soft when" }, lmst(when))),
    inside.length > 0 && h("ul", null, inside.map((each) => box(each, states, mode, times))));
}

function health(name, entry) {
  const row = (channel) => valueOf(name, channel);
  return table("Health", [
    { head: "", cls: "nowrap soft", cell: (channel) => channel.replaceAll("_", " ") },
    { head: "", cls: "grow", cell: (channel) => (row(channel) ? h("strong", null, breakable(toldBy(row(channel), WHOLE))) : h("span", { class: "soft" }, "never told")) },
    { head: "", cls: "nowrap", cell: (channel) => judged(row(channel), limitedBy(name, entry.channels[channel])) },
    { head: "age", cls: "right nowrap soft", cell: (channel) => (row(channel) ? spanNs(viewNs() - row(channel)[3]) : "") },
  ], HEALTH.filter((channel) => channel in entry.channels), { key: (channel) => channel });
}

function alarms(name) {
  const found = openAlarms().filter((alarm) => alarm.vehicle === name);
  if (found.length === 0) return h("p", null, status("normal", "no alarm"));
  return table("Alarms of the vehicle", [
    { head: "", cls: "nowrap", cell: (alarm) => severityStatus(alarm.severity) },
    { head: "", cls: "grow", cell: (alarm) => button(breakable(alarm.name), () => go("alarms", { number: alarm.number }), { cls: "quiet name" }) },
    { head: "", cell: (alarm) => h("span", { class: waitsForSomebody(alarm) ? "" : "soft" }, wordOfAlarm(alarm.state)) },
  ], found, { key: (alarm) => alarm.number });
}

export function holding(name) {
  const { holder, offered_to: offered } = store.authority[name] ?? {};
  if (!store.time.live) return null; // who held it then is not told
  const off = { disabled: !commanding() };
  const to = state.offers[name] ?? "";
  const act = (what, done, given = {}) => () => order(`authority_${what}`, { vehicle: name, ...given }, done);
  if (offered === user().name) return button("Accept", act("accept", `You hold ${name}.`), off);
  if (holder === user().name) return h("span", { class: "actions one-line", key: "holding" }, status("normal", "you hold it"),
    h("input", { type: "text", placeholder: "offer to", "aria-label": `Offer ${name} to`, class: "short", value: to, oninput: (event) => { state.offers[name] = event.target.value.trim(); redraw(); } }),
    button("Offer", act("offer", `Offered to ${to}.`, { to }), { disabled: !to || !commanding() }),
    button("Let go", act("release", `Nobody holds ${name}.`), off), offered && h("span", { class: "soft" }, `offered to ${offered}`));
  if (holder) return h("span", null, status("caution", `${holder} holds it`));
  return may("operator") ? button("Take", act("take", `You hold ${name}.`), off) : h("span", { class: "soft" }, "nobody holds it");
}

