// What is staged, flown on a twin before it is sent; beside it what then really came.
import { link, redraw, say } from "./app.js";
import { whyNoPreview } from "./bench.js";
import { h } from "./dom.js";
import { button, commanding, number, table, words } from "./parts.js";
import { staged, stackState } from "./stack.js";
import { isBad, isOver, kindOfCommand, severityStatus, status } from "./status.js";
import { may, store, titleOf, valueOf } from "./store.js";
import { lmst, spanNs } from "./time.js";

const AGAIN = 1000; // ms between looks whether the twin is where the run is
const SAME = 60e9; // ns
const MOST = 20; // commands of one preview
const state = { told: null, warming: null, flying: false, refused: "" };

const canFly = (item) => item.state !== "waiting";
export const previewable = () => staged().filter(canFly).slice(0, MOST);

export async function askPreview() {
  const never = whyNoPreview();
  if (never) return say(`Nothing is flown: ${never}.`, true);
  const stages = previewable().map((item) => item.stage);
  // What was staged a moment ago is flown though its entry has not come yet.
  const fresh = stackState.picked;
  if (fresh && !store.stack.has(fresh) && !store.released.has(fresh)) stages.push(fresh);
  if (stages.length === 0) return say("Nothing is staged that a twin could fly.", true);
  if (state.flying) return undefined;
  Object.assign(state, { flying: true, refused: "" });
  redraw();
  try {
    for (;;) {
      const told = await link.ask("preview", { stages });
      state.warming = told.warming ?? null;
      if (!told.warming) {
        state.told = { ...told, skipped: staged().filter((item) => !canFly(item)).map((item) => item.stage) };
        break;
      }
      redraw();
      await new Promise((resolve) => setTimeout(resolve, AGAIN));
    }
    say("Flown on the twin; nothing has been sent.");
  } catch (error) {
    Object.assign(state, { refused: error.message, warming: null });
    say(error.message, true);
  } finally {
    state.flying = false;
    redraw();
  }
  return undefined;
}

export const previewed = () => state.flying || state.told !== null || state.refused !== "";

export function leavePreview() {
  if (!state.flying) Object.assign(state, { told: null, refused: "" });
  redraw();
}

export const previewButton = () => may("operator", "director", "engineer", "trainer", "admin") &&
  button(state.flying ? "Flying…" : "Preview", askPreview, { keys: "v", disabled: state.flying || !commanding() || whyNoPreview() !== "" || previewable().length === 0, why: whyNoPreview() || "fly what is staged on a twin; nothing is sent" });

// What the stack holds now is another thing than what was flown.
function isOld(told) {
  return told.items.some((item) => {
    const now = store.stack.get(item.stage);
    return now ? now.version !== item.version : !store.released.has(item.stage);
  });
}

export function previewBody() {
  const { told, warming } = state;
  if (warming) return h("p", { class: "soft", role: "status" }, `The twin flies to where the run is: ${Math.round(100 * warming.at_ns / Math.max(1, warming.now_ns))} %.`);
  if (state.refused) return h("p", { class: "problem" }, state.refused);
  if (!told && state.flying) return h("p", { class: "soft", role: "status" }, "The twin flies what is staged. Nothing is sent.");
  if (!told && whyNoPreview()) return h("p", { class: "soft" }, `Nothing is flown here: ${whyNoPreview()}.`);
  if (!told) return h("p", { class: "soft" }, "Nothing was flown yet. ", h("kbd", null, "v"), " flies what is staged on a twin of the run, and sends nothing.");
  const old = isOld(told);
  return [
    h("div", { class: old ? "outdated" : "", key: "told" },
      h("p", { class: "facts pad", key: "head" },
        old ? status("caution", "made before the stack was changed: preview again") : status("normal", "of what is staged"),
        " ", h("span", { class: "soft" }, `flown from ${lmst(told.begin_ns)} to ${lmst(told.end_ns)}${WHY[told.ended_by] ?? ""}`)),
      told.cautions?.length > 0 && h("ul", { class: "pad cautions", key: "cautions" }, told.cautions.map((each) => h("li", { key: each }, status("caution", each)))),
      table("Preview", columns, told.items, { key: (item) => item.stage }),
      h("div", { class: "previewed" }, Object.entries(told.vehicles).map(([name, seen]) => vehicle(name, seen)))),
    h("details", { key: "assumes" }, h("summary", null, "It assumes that"),
      h("ul", { class: "soft" }, told.assumes.map((each) => h("li", { key: each }, each)),
        told.skipped.length > 0 && h("li", { key: "skipped" }, `${told.skipped.join(", ")}: not flown; it is released already, and waits for its condition`))),
  ];
}

const WHY = { over: "", horizon: "; what is not over by then was not waited for", time: "; it took too long to fly on", ended: ", where its mission ends" };

const rungOf = (rungs, name) => rungs?.findLast((rung) => rung.rung === name);
const last = (rungs) => rungs?.at(-1);

const columns = [
  { head: "", cls: "nowrap mono soft", cell: (item) => item.stage },
  { head: "command", cls: "grow", cell: (item) => [titleOf(item.vehicle), " ", h("strong", null, item.command), " ", h("span", { class: "mono arguments" }, words(item.arguments)), (item.problems ?? []).map((problem) => h("span", { class: "note problem", key: problem }, problem))] },
  { head: "on the twin", cls: "nowrap", cell: (item) => verdict(item.status, item) },
  { head: "there", cls: "nowrap", cell: (item) => lmst(last(item.rungs)?.occurred_ns) },
  { head: "heard", cls: "nowrap", cell: (item) => lmst(last(item.rungs)?.received_ns) },
  { head: "what really came", cls: "nowrap", cell: really },
];

function verdict(word, { detail } = {}) {
  return [status(kindOfCommand(word), String(word).toLowerCase().replaceAll("_", " ")), detail && h("span", { class: "note soft wrap" }, detail)];
}

function really(item) {
  const identifiers = store.released.get(item.stage) ?? [];
  const commands = identifiers.map((identifier) => store.commands.get(identifier)).filter(Boolean);
  if (commands.length === 0) return h("span", { class: "soft" }, identifiers.length ? "released" : "not released");
  const command = commands.find((each) => isBad(each.status)) ?? commands.at(-1);
  const heard = last(command.rungs)?.received_ns;
  const expected = last(item.rungs)?.received_ns;
  const other = isOver(command.status) && command.status !== item.status;
  return [
    verdict(command.status, command),
    other && h("span", { class: "note problem" }, `the twin said ${item.status.toLowerCase()}`),
    heard && expected && isOver(command.status) && h("span", { class: "note soft" }, `heard ${lmst(heard)}, ${Math.abs(heard - expected) < SAME ? "as on the twin" : `${spanNs(Math.abs(heard - expected))} ${heard < expected ? "earlier" : "later"}`}`),
  ];
}

function vehicle(name, seen) {
  const { charge } = seen;
  const now = valueOf(name, "state_of_charge");
  return h("section", { key: name, "aria-label": `Preview of ${titleOf(name)}` },
    h("h3", null, titleOf(name)),
    h("p", null, "mode ", h("code", null, seen.mode ?? "-")),
    charge.begin !== null && h("p", null, `charge ${number(charge.begin, 2)}, lowest `, h("strong", null, number(charge.lowest, 2)), ` at ${lmst(charge.lowest_ns)}, in the end ${number(charge.end, 2)}`, now && h("span", { class: "soft" }, `; told last ${number(now[2], 2)}`)),
    seen.track.length > 1 && way(name, seen.track),
    seen.warnings.length > 0 && h("ul", { class: "notes" }, seen.warnings.slice(0, 5).map((each) => h("li", { key: `${each.name} ${each.occurred_ns}` }, severityStatus(each.severity), ` ${each.text}`))));
}

// The way from above, north up; where the vehicle was last heard to be is the ring.
function way(name, track) {
  const [east, north] = ["east", "north"].map((axis) => valueOf(name, axis)?.[2]);
  const points = track.map(([, x, y]) => [x, -y]);
  const all = Number.isFinite(east) && Number.isFinite(north) ? [...points, [east, -north]] : points;
  const [xs, ys] = [0, 1].map((axis) => all.map((point) => point[axis]));
  const size = Math.max(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys), 4);
  const edge = size * 0.12;
  const box = [Math.min(...xs) - edge, Math.min(...ys) - edge, size + 2 * edge, size + 2 * edge];
  const [x, y] = points.at(-1);
  return h("figure", { class: "way" },
    h("svg", { viewBox: box.map((each) => each.toFixed(2)).join(" "), role: "img", "aria-label": `Way of ${titleOf(name)} on the twin` },
      h("polyline", { points: points.map((point) => point.map((each) => each.toFixed(2)).join(",")).join(" "), "stroke-width": (size / 70).toFixed(3) }),
      h("circle", { class: "goal", cx: x.toFixed(2), cy: y.toFixed(2), r: (size / 35).toFixed(3) }),
      all.length > points.length && h("circle", { class: "here", cx: east.toFixed(2), cy: (-north).toFixed(2), r: (size / 25).toFixed(3), "stroke-width": (size / 90).toFixed(3) })),
    h("figcaption", { class: "soft" }, `to ${number(x, 4)} m east, ${number(-y, 4)} m north; ${number(size, 2)} m across`));
}
