// Where each tube is, and every hand-over on its way, with who verified it by what.
import { ask, listOf, redraw } from "../app.js";
import { custodyStep, snapshot } from "../adapt.js";
import { h } from "../dom.js";
import { panel, step, table } from "../parts.js";
import { status } from "../status.js";
import { store, titleOf, viewNs } from "../store.js";
import { lmst, spanNs } from "../time.js";

const AGAIN = 2500; // ms
// What was known at the instant of the views. Until somebody picks one (`own`), the newest is shown, also when another becomes that.
const state = { picked: undefined, own: false, steps: [], of: undefined, at: 0 };
const key = (tube) => tube.tube;
const STATUS = { held: "normal", released: "off", receiving: "standby", giving: "standby", unknown: "serious", lost: "critical", on_ground: "off", in_transit: "standby", not_told_yet: "off" };

export default {
  id: "tubes", title: "Tubes", key: "u", group: "after a pass",
  help: [
    "Each tube with its place and who answers for it, by the newest report. Pick one to see its chain of custody: every taking, carrying and handing over, with the sensor that saw it.",
    "A hand-over has two sides: one gives, one takes. Between the two reports the tube is under way, not lost; unknown means that nobody can say.",
  ],
  hints: [["j k", "down, up"]],
  keys: {
    j: () => pick(step(tubes(), key, state.picked, 1)),
    k: () => pick(step(tubes(), key, state.picked, -1)),
  },
  open(given) {
    if (given?.tube) Object.assign(state, { picked: given.tube, own: true });
    if (store.hello) again();
  },
  looked: () => state.picked && choose(state.picked),
  view,
};

const known = () => (store.time.live ? [...store.custody.values()] : store.time.tubes ?? []);
const asked = () => (store.time.live ? {} : { at_ns: store.time.at });

export const tubes = () => known().sort((a, b) => (b.since_ns ?? 0) - (a.since_ns ?? 0) || a.tube.localeCompare(b.tube));

function pick(tube) {
  state.own = true;
  choose(tube);
}

async function choose(tube) {
  state.picked = tube;
  if (!tube) return;
  const answer = await ask("custody", { tube, ...asked() });
  if (answer && state.picked === tube) Object.assign(state, { steps: listOf(answer).map(custodyStep), of: tube, at: performance.now() });
  redraw();
}

function view() {
  const all = tubes();
  if (!state.own && all.length && all[0].tube !== state.picked) choose(all[0].tube);
  else if (store.time.live && store.clock?.pace !== 0 && performance.now() - state.at > AGAIN) again();
  const steps = state.of === state.picked ? state.steps.filter((each) => (each.received_ns ?? 0) <= viewNs()) : [];
  const tube = all.find((each) => each.tube === state.picked);
  return h("div", { class: "split even-right", key: "body" },
    panel("Tubes", table("Tubes", columns, all, { key, picked: state.picked, pick: (each) => pick(each.tube), empty: "no report of a tube yet" }), { cls: "tall", side: h("span", { class: "soft" }, `${all.length} known`) }),
    panel(tube ? `Custody of ${tube.tube}` : "Custody", [path(steps), chain(steps)], { cls: "tall", key: "chain" }));
}

const columns = [
  { head: "tube", cls: "nowrap", cell: (tube) => [h("strong", null, tube.tube), tube.name && h("span", { class: "soft" }, ` ${tube.name}`)] },
  { head: "place", cell: (tube) => [words(tube.place), tube.problem && h("span", { class: "note problem" }, tube.problem)] },
  { head: "", cls: "nowrap", cell: (tube) => status(STATUS[tube.status] ?? "off", words(tube.status)) },
  { head: "answers for it", cls: "nowrap", cell: (tube) => titleOf(tube.vehicle ?? tube.owner ?? "") },
  { head: "since", cls: "nowrap", cell: (tube) => lmst(tube.since_ns) },
];

// Steps are not told one by one: what may have come since is asked for.
async function again() {
  state.at = performance.now();
  if (!store.time.live) return state.picked && choose(state.picked);
  const told = await ask("snapshot", { topics: ["custody"] });
  if (told) for (const each of snapshot(told).custody) store.custody.set(each.tube, each);
  if (state.picked) choose(state.picked);
}

const words = (text) => String(text ?? "-").replaceAll("_", " ");

// The places on its way, in order.
function path(steps) {
  const places = [];
  for (const each of steps) if (each.place && ["held", "on_ground"].includes(each.status) && places.at(-1) !== each.place) places.push(each.place);
  if (places.length === 0) return null;
  return h("ol", { class: "path", "aria-label": "Places on its way" }, places.slice(-8).map((place, at) => h("li", { key: `${at} ${place}` }, words(place))));
}

function chain(steps) {
  return table("Chain of custody", [
    { head: "happened", cls: "nowrap", cell: (each) => [lmst(each.occurred_ns), h("span", { class: "note soft" }, `heard ${spanNs(each.received_ns - each.occurred_ns)} later`)] },
    { head: "step", cls: "nowrap", cell: (each) => [h("strong", null, words(each.step)), h("span", { class: "note soft" }, titleOf(each.vehicle ?? each.source), each.counterpart && `, with ${titleOf(each.counterpart)}`)] },
    { head: "place, and what saw it", cls: "grow", cell: (each) => [
      status(STATUS[each.status] ?? "off", words(each.status)), ` ${words(each.place)}`, each.destination && h("span", { class: "soft" }, ` → ${words(each.destination)}`),
      each.verified_by && h("span", { class: "note soft" }, `by ${words(each.verified_by)}${each.reading === null || each.reading === undefined ? "" : `: ${reading(each.reading)}`}`)] },
  ], steps, { key: (each) => `${each.vehicle} ${each.occurred_ns} ${each.step} ${each.status}`, empty: "no step of it was told yet" });
}

const reading = (value) => (typeof value === "number" ? value.toPrecision(4) : String(value));
