// What is real: each device, who armed it, how late it is beside this machine's floor; arming and stopping.
import { drawNow, redraw } from "../app.js";
import { freshBench, orderBench, stopBench } from "../bench.js";
import { life, ms, spread } from "../benchpictures.js";
import { h } from "../dom.js";
import { button, panel, pairs, table } from "../parts.js";
import { status } from "../status.js";
import { may, store } from "../store.js";
import { span } from "../time.js";

const KINDS = { armed: "normal", safe: "standby", identified: "standby", found: "standby", absent: "caution", lost: "critical", refused: "critical" };
const TIMING = { ok: ["normal", "keeps its deadlines"], missed: ["serious", "misses deadlines"], unknown: ["standby", "unknown"] };
const state = { arming: null, minutes: "10", kinds: {} };

export default {
  id: "bench", title: "Bench", key: "h", group: "always",
  ofNow: "the bench",
  help: [
    "What of the vehicles is real hardware, simulated, or both beside one another. A device that is armed may move; the test conductor (the role conductor) arms it, by name and for a time, and that is told in the events, as is whoever was refused.",
    "STOP makes all that is real safe, at once, whatever else goes on; it latches until somebody releases it. Anybody may stop, also who only looks on.",
    "The stripe below a state is the device's life so far: high where it was armed, red and higher where it was lost. A conductor breaks a line in the ways that the bench file allows (faults), and mends it.",
    "A miss is an answer later than its deadline, a slip a period in which a cycle never began. Where this machine by itself is late (the floor), nobody knows of a device whether it is slow.",
  ],
  hints: [["!", "STOP: all that is real is safe"]],
  open: () => freshBench(Infinity),
  keys: { Escape: () => { state.arming = null; } },
  view,
};

function view() {
  if (!store.bench) return panel("Bench", h("p", { class: "empty soft" }, "Nothing is real in this run: all devices are simulated."), { cls: "tall" });
  const { title, stopped, devices } = store.bench;
  return [
    panel(title || "Bench", [
      h("div", { class: "actions", key: "stopped" }, stopped ? status("critical", stopped) : status("normal", "not stopped")),
      h("div", { class: "actions", key: "actions" },
        button("STOP all", stopBench, { cls: "grave", keys: "!" }),
        button("Release the stop", () => orderBench("release", {}, "The stop is released."), { disabled: !stopped || !acts() }),
        h("span", { class: "soft" }, ways())),
    ], { cls: "small" }),
    panel("Devices", [state.arming && confirm(), table("Devices", columns(), devices, { key: (each) => each.service, empty: "none" })], { cls: "tall" }),
    panel("How late", [floor(), table("How late", LATE, devices.flatMap((each) => each.methods.map((one) => ({ service: each.service, ...one }))), { key: (row) => `${row.service} ${row.method}`, empty: "nothing was asked of a real device yet" })], { cls: "tall" }),
  ];
}

const acts = () => may("conductor");

function ways() {
  const { key, file, input } = store.bench.stops;
  return ["also by ", key && `the key ${key} of its terminal, `, file && `the file ${file}, `, input && `the input ${input}, `, "msr hil stop RUN"];
}

function columns() {
  return [
    { head: "device", cls: "nowrap", cell: (each) => [h("strong", null, each.service), h("span", { class: "soft note" }, each.interface)] },
    { head: "is", cls: "nowrap", cell: (each) => status(each.mode === "real" ? "serious" : "off", each.mode) },
    { head: "state", cls: "grow", cell: (each) => [each.state ? status(KINDS[each.state] ?? "off", each.state) : h("span", { class: "soft" }, "simulated"), each.words && h("span", { class: "soft note" }, each.words), life(each)] },
    { head: "armed by", cls: "nowrap", cell: (each) => [each.armed_by, each.armed_left_s !== null && h("span", { class: "soft note" }, `for ${span(each.armed_left_s)} more`)] },
    { head: "who it is", cls: "nowrap", cell: (each) => [each.identity, each.boot > 0 && h("span", { class: "soft note" }, `boot ${each.boot}`), each.clock && h("span", { class: "soft note" }, clock(each.clock))] },
    { head: "its line", cls: "nowrap", cell: line },
    { head: "", cls: "nowrap", cell: actions },
  ];
}

function actions(each) {
  if (!each.state) return "";
  return h("div", { class: "actions" },
    button("Safe", () => orderBench("safe", { service: each.service }, `${each.service} is to be safe.`), { disabled: each.state !== "armed" }),
    each.mode !== "monitor" && button("Arm…", () => { Object.assign(state, { arming: each.service, typed: "" }); redraw(); }, { disabled: !acts() || each.state !== "safe" && each.state !== "armed" }));
}

const clock = ({ ppm, ppm_within: within, offset_within: half }) => (ppm === null ? `clock known to ${ms(half)} ms` : `clock ${ppm >= 0 ? "+" : ""}${ppm.toFixed(1)} ± ${within.toFixed(1)} ppm`);

// A conductor breaks the line of a device in the ways that the bench file allows, and mends it.
function line(each) {
  if (each.broken) {
    return h("div", { class: "actions" }, status("serious", each.broken),
      button("Mend", () => orderBench("heal", { service: each.service }, `The line of ${each.service} is to be mended.`), { disabled: !acts() }));
  }
  if (!each.faults?.length) return h("span", { class: "soft" }, "-");
  const kind = each.faults.includes(state.kinds[each.service]) ? state.kinds[each.service] : each.faults[0];
  return h("div", { class: "actions" },
    h("select", { "aria-label": `how the line of ${each.service} breaks`, class: "short", value: kind, onchange: (event) => { state.kinds[each.service] = event.target.value; redraw(); } },
      each.faults.map((one) => h("option", { value: one, key: one }, one))),
    button("Break", () => orderBench("inject", { service: each.service, kind }, `The line of ${each.service}: ${kind}.`), { disabled: !acts() }));
}

// Arming takes more than one key: the name of the device is typed, and for how long.
function confirm() {
  const device = store.bench.devices.find((each) => each.service === state.arming);
  if (!device) return null;
  const seconds = 60 * Number(state.minutes);
  const agreed = state.typed === device.service && seconds > 0 && seconds <= device.arm_for;
  return h("form", { class: "confirm grave", key: `arm ${device.service}`, "aria-label": `arm ${device.service}`, onsubmit: (event) => { event.preventDefault(); if (agreed) arm(device, seconds); } },
    h("h3", null, "To be armed: it may move then"),
    pairs([["device", h("strong", null, device.service)], ["who it is", device.identity], ["at most", span(device.arm_for)]]),
    h("label", { for: "arm-minutes" }, "for so many minutes"),
    h("input", { id: "arm-minutes", type: "text", class: "short", inputmode: "decimal", value: state.minutes, oninput: (event) => { state.minutes = event.target.value.trim(); drawNow(); } }),
    h("label", { for: "arm-name" }, `Type ${device.service} to arm it`),
    h("input", { id: "arm-name", type: "text", autocomplete: "off", focus: true, value: state.typed, oninput: (event) => { state.typed = event.target.value.trim(); drawNow(); } }),
    h("div", { class: "actions" },
      h("button", { type: "button", onclick: leave }, "Not now ", h("kbd", null, "Esc")),
      h("button", { type: "submit", class: "grave", disabled: !agreed || undefined }, "Arm")));
}

function leave() {
  state.arming = null;
  redraw();
}

async function arm(device, seconds) {
  if (await orderBench("arm", { service: device.service, seconds }, `${device.service} is to be armed.`)) leave();
}

function floor() {
  const [kind, word] = TIMING[store.bench.timing] ?? TIMING.unknown;
  const found = store.bench.floor;
  return h("div", { class: "actions", key: "floor" }, store.bench.devices.some((each) => each.methods.some((one) => one.deadline_s > 0)) && status(kind, word), " ",
    h("span", { class: "soft" }, found ? `floor of this machine ${found.during ? "during" : "before"} the flight, at ${found.rate_hz} Hz: p50 ${ms(found.p50_s)}, p99 ${ms(found.p99_s)}, max ${ms(found.max_s)} ms, ${(100 * found.miss_rate).toFixed(2)}% beyond the deadline` : "the floor was not measured: nothing has a deadline"));
}

const LATE = [
  { head: "device", cls: "nowrap", cell: (row) => row.service },
  { head: "method", cls: "nowrap", cell: (row) => h("strong", null, row.method) },
  { head: "calls", cls: "right", cell: (row) => row.n },
  { head: "p50 ms", cls: "right", cell: (row) => ms(row.p50_s) },
  { head: "p99 ms", cls: "right", cell: (row) => ms(row.p99_s) },
  { head: "max ms", cls: "right", cell: (row) => ms(row.max_s) },
  { head: "deadline ms", cls: "right", cell: (row) => (row.deadline_s ? ms(row.deadline_s) : "-") },
  { head: "spread", cls: "nowrap", cell: spread },
  { head: "misses", cls: "right", cell: (row) => (row.misses ? status("serious", String(row.misses)) : "0") },
  { head: "slips", cls: "right", cell: (row) => row.slips },
  { head: "no answer", cls: "right", cell: (row) => row.unanswered },
];
