// The staged commands: what is wrong with each, who approves, when it can leave; and what came to nothing.
import { link, redraw } from "./app.js";
import { h } from "./dom.js";
import { button, commanding, table, words } from "./parts.js";
import { stageStatus, status } from "./status.js";
import { may, store, titleOf, user } from "./store.js";
import { lmst, spanNs } from "./time.js";

// `marked`: stages that are to be released together.
export const stackState = { picked: undefined, marked: new Set(), releasing: null, typed: "", note: "" };
const key = (item) => item.stage;

export const staged = () => [...store.stack.values()];
export const pickedStage = () => store.stack.get(stackState.picked);
export const canLeave = (item) => ["ready", "approved", "draft"].includes(item.state);
// Those that are marked and still staged, in the order of the stack, which is that of their release.
export const marked = () => staged().filter((item) => stackState.marked.has(item.stage));

export function toggleMark(stage = stackState.picked) {
  if (!store.stack.has(stage)) return;
  if (!stackState.marked.delete(stage)) stackState.marked.add(stage);
  redraw();
}

export function stackTable({ pick } = {}) {
  return table("Staged commands", [
    may("operator") && { head: "", cls: "nowrap", cell: (item) => h("input", { type: "checkbox", "aria-label": `Release ${item.stage} with others`, checked: stackState.marked.has(item.stage), onclick: (event) => event.stopPropagation(), onchange: () => toggleMark(item.stage) }) },
    { head: "", cls: "nowrap mono soft", cell: (item) => item.stage },
    { head: "vehicle", cls: "nowrap", cell: (item) => titleOf(item.vehicle) },
    { head: "command", cls: "grow", cell: (item) => [h("strong", null, item.command), " ", h("span", { class: "mono arguments" }, words(item.arguments)), item.note && h("span", { class: "note soft" }, item.note), terms(item) && h("span", { class: "note soft" }, terms(item)), problemsOf(item).map((problem) => h("span", { class: "note problem", key: problem }, problem))] },
    { head: "state", cls: "nowrap", cell: (item) => [standing(item), item.hazardous && h("span", { class: "note" }, status("serious", "hazardous", item.hazard)), item.approved_by && h("span", { class: "soft note wrap" }, `by ${item.approved_by}${said(item)}`)] },
    { head: "can leave", cls: "nowrap", cell: leave },
    { head: "answer from", cls: "nowrap", cell: (item) => lmst(outlookOf(item).estimated?.earliest_answer_ns) },
    { head: "by", cell: (item) => item.by },
  ].filter(Boolean), staged(), { key, picked: stackState.picked, pick: (item) => { stackState.picked = item.stage; pick?.(item); redraw(); }, empty: [h("span", null, "Nothing is staged. "), h("kbd", null, "c"), " finds a command, Enter opens its form."] });
}

const said = ({ approved_note: note }) => (note ? `: ${note}` : "");

// When and how it is to leave, where that is not as usual.
export function terms(item) {
  return [
    item.when && `waits for ${item.when}`, item.not_after && `not after ${lmst(item.not_after)}`,
    item.hazardous && (item.lifetime ?? 600) !== 600 && `armed for ${item.lifetime} s`, item.hazardous && item.unit === false && "FIRE waits for ARM's answer",
  ].filter(Boolean).join("; ");
}

// What one has staged and a director refused, or its time ran out, until it is put away.
export function fallenTable(again) {
  const mine = [...store.left.values()].filter((item) => ["refused", "expired"].includes(item.state) && !store.putAway.has(item.stage) && (item.hands ?? [item.by]).includes(user().name));
  if (mine.length === 0) return null;
  const away = (item) => () => { store.putAway.add(item.stage); redraw(); };
  return table("Came to nothing", [
    { head: "", cls: "nowrap mono soft", cell: (item) => item.stage },
    { head: "came to nothing", cls: "grow", cell: (item) => [`${titleOf(item.vehicle)} `, h("strong", null, item.command), " ", h("span", { class: "mono arguments" }, words(item.arguments)), (item.problems ?? []).map((problem) => h("span", { class: "note problem", key: problem }, problem))] },
    { head: "", cls: "nowrap", cell: (item) => stageStatus(item.state) },
    { head: "", cls: "nowrap", cell: (item) => [again && button("Stage it again", () => again(item)), " ", button("put away", away(item), { cls: "quiet" })] },
  ], mine.slice(-20).reverse(), { key: (item) => item.stage });
}

const AGAIN = 2000; // ms between questions
const OLD = 600e9; // ns of mission time for which a time of departure that waits for no pass counts
const outlooks = new Map(); // stage → what was asked anew

// When it can leave and be answered: as it was when it was staged, and asked anew when the pass that
// was meant then is over.
export function outlookOf(item) {
  const known = outlooks.get(item.stage);
  const seen = known?.estimated && known.version === item.version ? known : item;
  const now = store.clock?.time_ns ?? 0;
  const isOver = seen.window ? seen.window[1] < now : now - (seen.at_ns ?? seen.estimated?.earliest_sent_ns ?? 0) > OLD;
  if (isOver && commanding() && performance.now() - (known?.asked ?? -Infinity) > AGAIN) lookAhead(item, now);
  return seen;
}

async function lookAhead(item, now) {
  const { stage, version, vehicle, command, arguments: given, lifetime } = item;
  outlooks.set(stage, { ...outlooks.get(stage), asked: performance.now() });
  for (const each of outlooks.keys()) if (!store.stack.has(each)) outlooks.delete(each);
  try {
    const { window, estimated, problems } = await link.ask("dry_run", { vehicle, command, arguments: given, lifetime });
    outlooks.set(stage, { version, window, estimated, problems, at_ns: now, asked: performance.now() });
    redraw();
  } catch { /* it cannot leave any more, which its release says; or the link was lost */ }
}

// What stands in its way, as far as is known by now; what people have decided about it stays.
export const problemsOf = (item) => (item.state === "draft" ? outlookOf(item).problems : item.problems) ?? [];

// One that has a problem is kept, and refused where it is released with it.
export const standing = (item) => (item.state !== "draft" ? stageStatus(item.state) : problemsOf(item).length ? status("caution", "has a problem") : stageStatus("ready"));

export const leavesAt = (item) => outlookOf(item).estimated?.earliest_sent_ns ?? outlookOf(item).window?.[0] ?? null;

// When it can leave; by the orbiter it leaves for the pass over its vehicle.
export function leave(item) {
  const ns = leavesAt(item);
  if (ns === null) return h("span", { class: "soft" }, "no pass is known");
  const left = ns - (store.clock?.time_ns ?? 0);
  const { window } = outlookOf(item);
  return [left <= 1e9 ? "now" : `in ${spanNs(left)}`, " ", window && h("span", { class: "note soft" }, `for the pass at ${lmst(window[0])}`)];
}
