// Contacts with each vehicle: a timeline, and a table with the bytes expected and come.
import { ask, listOf, redraw } from "../app.js";
import { pass } from "../adapt.js";
import { h } from "../dom.js";
import { button, commanding, fitted, panel, table } from "../parts.js";
import { status } from "../status.js";
import { store, titleOf, vehicleNames, viewNs } from "../store.js";
import { whyNoJump } from "../bench.js";
import { runToNextPass } from "../pace.js";
import { lmst, span, spanNs, utc } from "../time.js";
import { SOL_NS } from "../time.js";

const BEFORE = 1 * SOL_NS;
const AFTER = 2 * SOL_NS;
const state = { askedFor: null, light: [], links: [] };
const size = { width: 1200, height: 0 };
const LEFT = 110; // pixels for the names
const ROW = 24;
const MOST_LINKS = 5;

export default {
  id: "passes", title: "Passes", key: "s", group: "always",
  help: [
    "When each vehicle can be spoken to, one sol back and two ahead, with the line of now. Commands leave and telemetry comes only within these.",
    "Above them stand the light time and the conjunctions of Mars with the Sun, below at the right how the links of the spacecraft are, and were.",
    "Bytes come are what was received in and shortly after the pass; much less than expected means that something is missing. n runs to the next pass.",
  ],
  hints: [["n", "run to the next pass"]],
  open: askPasses,
  view,
};

async function askPasses() {
  if (!store.link.socket) return;
  const at = viewNs();
  state.askedFor = at;
  const answer = await ask("passes", { from_ns: Math.round(at - 2 * SOL_NS), to_ns: Math.round(at + 3 * SOL_NS) });
  if (!answer) return;
  store.passes = (answer.passes ?? listOf(answer)).map(pass);
  Object.assign(state, { light: answer.light_time ?? [], links: answer.links ?? [] });
  redraw();
}

function view() {
  if (state.askedFor === null || Math.abs(viewNs() - state.askedFor) > SOL_NS / 4) askPasses();
  const coming = store.passes.filter((pass) => pass.end_ns >= viewNs());
  const past = store.passes.filter((pass) => pass.end_ns < viewNs()).reverse();
  return [
    panel("Timeline", timeline(), { cls: "timeline", side: lightTime() }),
    h("div", { class: "split", key: "tables" },
      panel("To come", table("Passes to come", passColumns({}), coming, { key, empty: "no pass is predicted" }), { cls: "tall", side: button("Run to the next", runToNextPass, { cls: "quiet", keys: "n", disabled: !commanding() || whyNoJump() !== "", why: whyNoJump() }) }),
      h("div", { class: "column", key: "past" },
        panel("Past", table("Past passes", passColumns({ past: true }), past, { key, empty: "none yet" }), { cls: "tall" }),
        panel("Links of the spacecraft", links(), { cls: "small" }))),
  ];
}

// One way, now and when what is looked at ends; while Mars is behind the Sun nothing is sent.
function lightTime() {
  const at = viewNs();
  const now = state.light.findLast(([ns]) => ns <= at);
  if (!now) return h("span", { class: "soft" }, "light time not known");
  const last = state.light.at(-1);
  const turn = state.light.find(([ns, , dark]) => ns > at && dark !== now[2]);
  return [
    h("span", null, "one way ", h("strong", null, span(now[1])), last !== now && h("span", { class: "soft" }, `, ${lmst(last[0])}: ${span(last[1])}`)),
    now[2] ? status("caution", `conjunction: nothing is sent${turn ? ` until ${lmst(turn[0])}` : ""}`) : turn ? status("caution", `conjunction from ${lmst(turn[0])}`) : h("span", { class: "soft" }, "no conjunction"),
  ];
}

// How the link of each spacecraft is, as of the instant that is looked at, and how it was before.
function links() {
  const known = state.links.filter(([, since]) => since <= viewNs()).reverse();
  const newest = new Set(known.filter(([name], place) => known.findIndex(([other]) => other === name) === place));
  return table("Links", [
    { head: "spacecraft", cls: "grow", cell: (each) => (newest.has(each) ? h("strong", null, titleOf(each[0])) : h("span", { class: "soft" }, titleOf(each[0]))) },
    { head: "", cls: "nowrap", cell: ([, , up]) => (up ? status("normal", "up") : status("off", "down")) },
    { head: "bit/s", cls: "right", cell: ([, , up, rate]) => (up && rate ? rate.toLocaleString("en") : "-") },
    { head: "since", cls: "nowrap", cell: ([, since]) => lmst(since) },
  ], [...known.filter((each) => newest.has(each)), ...known.filter((each) => !newest.has(each))].slice(0, MOST_LINKS), { key: ([name, since]) => `${name} ${since}`, empty: "no link has been told of" });
}

const key = (pass) => `${pass.vehicle} ${pass.start_ns}`;

// Those to come, with all vehicles that one is over.
export function contactRows() {
  const found = new Map();
  for (const pass of store.passes) {
    if (pass.end_ns < viewNs()) continue;
    const name = `${pass.start_ns} ${pass.end_ns}`;
    found.set(name, { ...pass, vehicles: [...(found.get(name)?.vehicles ?? []), pass.vehicle] });
  }
  return [...found.values()];
}

export function passColumns({ short = false, past = false }) {
  return [
    { head: "vehicle", cls: short ? "grow" : "nowrap", cell: (pass) => (pass.vehicles ?? [pass.vehicle]).map(titleOf).join(", ") },
    { head: "begins", cls: short ? "nowrap" : "", cell: (pass) => (short ? lmst(pass.start_ns) : [h("span", { class: "nowrap" }, `${lmst(pass.start_ns)},`), " ", h("span", { class: "soft nowrap" }, `${utc(pass.start_ns).slice(5, 16)} UTC`)]) },
    { head: "lasts", cls: "nowrap", cell: (pass) => spanNs(pass.end_ns - pass.start_ns) },
    !past && { head: "", cls: "nowrap", cell: (pass) => (pass.start_ns <= viewNs() ? status("normal", "open") : h("span", { class: "soft" }, `in ${spanNs(pass.start_ns - viewNs())}`)) },
    !short && { head: past ? "bytes" : "bytes expected", cls: "right", cell: bytes },
  ].filter(Boolean);
}

function bytes(pass) {
  const come = pass.bytes_come ?? null;
  const expected = pass.bytes_expected ?? null;
  if (come === null) return expected === null ? "-" : h("span", { class: "soft" }, expected.toLocaleString("en"));
  return [come.toLocaleString("en"), expected !== null && h("span", { class: "soft" }, ` of ${expected.toLocaleString("en")}`)];
}

function timeline() {
  const vehicles = vehicleNames();
  const at = viewNs();
  const right = size.width - 10;
  const x = (ns) => LEFT + ((right - LEFT) * (ns - at + BEFORE)) / (BEFORE + AFTER);
  const height = ROW * vehicles.length + 26;
  const shown = store.passes.filter((pass) => pass.end_ns > at - BEFORE && pass.start_ns < at + AFTER).slice(0, 150);
  return h("svg", { class: "passes", height, viewBox: `0 0 ${size.width} ${height}`, role: "img", "aria-label": `Passes of ${vehicles.length} vehicles`, draw: fitted(size) },
    ticks(at).map((ns) => h("g", { key: `tick ${ns}` },
      h("line", { class: "tick", x1: x(ns), x2: x(ns), y1: 0, y2: height - 20 }),
      h("text", { class: "small", x: x(ns), y: height - 6, "text-anchor": "middle" }, lmst(ns)))),
    vehicles.map((name, row) => h("g", { key: name },
      h("text", { x: LEFT - 8, y: ROW * row + 17, "text-anchor": "end" }, titleOf(name)),
      h("line", { class: "rule", x1: LEFT, x2: right, y1: ROW * row + 12, y2: ROW * row + 12 }),
      !shown.some((pass) => pass.vehicle === name) && h("text", { class: "small", x: x(at) + 8, y: ROW * row + 16 }, "no pass of its own"))),
    shown.map((pass) => {
      const row = vehicles.indexOf(pass.vehicle);
      if (row < 0) return null;
      const left = Math.max(LEFT, x(pass.start_ns));
      const open = pass.start_ns <= at && pass.end_ns >= at;
      return h("rect", { key: key(pass), class: open ? "open" : pass.end_ns < at ? "past" : "coming", x: left, y: ROW * row + 4, width: Math.max(4, x(pass.end_ns) - left), height: ROW - 8, rx: 2 },
        h("title", null, `${titleOf(pass.vehicle)} ${lmst(pass.start_ns)}, ${spanNs(pass.end_ns - pass.start_ns)}`));
    }),
    h("line", { class: "now", x1: x(at), x2: x(at), y1: 0, y2: height - 18 }));
}

function ticks(at) {
  const step = SOL_NS / 2;
  const first = Math.ceil((at - BEFORE) / step) * step;
  return Array.from({ length: 6 }, (_, place) => first + place * step).filter((ns) => ns < at + AFTER * 0.92);
}
