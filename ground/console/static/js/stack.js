// The staged commands: what is wrong with each, who approves, and letting them leave.
import { drawNow, link, order, redraw, say } from "./app.js";
import { h } from "./dom.js";
import { button, commanding, pairs, table, words } from "./parts.js";
import { stageStatus, status } from "./status.js";
import { may, store, titleOf, user } from "./store.js";
import { lmst, spanNs } from "./time.js";

export const stackState = { picked: undefined, releasing: null, typed: "", note: "" };
const key = (item) => item.stage;

export const staged = () => [...store.stack.values()];
export const pickedStage = () => store.stack.get(stackState.picked);
const ready = (item) => ["ready", "approved", "draft"].includes(item.state);

export function stackTable({ pick } = {}) {
  return table("Staged commands", [
    { head: "", cls: "nowrap mono soft", cell: (item) => item.stage },
    { head: "vehicle", cls: "nowrap", cell: (item) => titleOf(item.vehicle) },
    { head: "command", cls: "grow", cell: (item) => [h("strong", null, item.command), " ", h("span", { class: "mono arguments" }, words(item.arguments)), item.note && h("span", { class: "note soft" }, item.note), (item.problems ?? []).map((problem) => h("span", { class: "note problem", key: problem }, problem))] },
    { head: "state", cls: "nowrap", cell: (item) => [stageStatus(item.state), item.hazardous && h("span", { class: "note" }, status("serious", "hazardous", item.hazard)), item.approved_by && h("span", { class: "soft note" }, `by ${item.approved_by}`)] },
    { head: "can leave", cls: "nowrap", cell: leave },
    { head: "answer from", cls: "nowrap", cell: (item) => lmst(outlookOf(item).estimated?.earliest_answer_ns) },
    { head: "by", cell: (item) => item.by },
  ], staged(), { key, picked: stackState.picked, pick: (item) => { stackState.picked = item.stage; pick?.(item); redraw(); }, empty: [h("span", null, "Nothing is staged. "), h("kbd", null, "c"), " finds a command, Enter opens its form."] });
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
    const { window, estimated } = await link.ask("dry_run", { vehicle, command, arguments: given, lifetime });
    outlooks.set(stage, { version, window, estimated, at_ns: now, asked: performance.now() });
    redraw();
  } catch { /* it cannot leave any more, which its release says; or the link was lost */ }
}

export const leavesAt = (item) => outlookOf(item).estimated?.earliest_sent_ns ?? outlookOf(item).window?.[0] ?? null;

// When it can leave; by the orbiter it leaves for the pass over its vehicle.
function leave(item) {
  const ns = leavesAt(item);
  if (ns === null) return h("span", { class: "soft" }, "no pass is known");
  const left = ns - (store.clock?.time_ns ?? 0);
  return left <= 1e9 ? "now" : [`in ${spanNs(left)}`, outlookOf(item).window && h("span", { class: "note soft" }, "for the pass")];
}

export function stackActions({ edit } = {}) {
  const item = pickedStage();
  if (stackState.releasing) return confirm();
  const off = !commanding();
  const mine = item && item.by === user().name;
  return h("div", { class: "actions", key: "actions" },
    button("Release…", () => askRelease(), { cls: "main", keys: "Shift R", disabled: off || !item || !may("operator") }),
    edit && button("Edit", () => edit(item), { disabled: off || !item }),
    button("Unstage", () => order("unstage", { stage: item.stage }, `${item.stage} is off the stack.`), { disabled: off || !item }),
    item?.hazardous && may("director") && button("Approve…", () => askApproval(), { keys: "Shift A", disabled: off || mine, why: mine ? "you staged it: another person has to approve" : "" }),
    item?.hazardous && may("director") && button("Refuse", () => order("refuse", { stage: item.stage, note: stackState.note || "refused" }, "Refused."), { disabled: off || mine }));
}

// Releasing and approving take a page of their own and more than one key: what leaves is shown
// whole; for what is hazardous the vehicle's name has to be typed.
export function askRelease() {
  // What was staged a moment ago is asked for though its entry has not come yet.
  const item = pickedStage() ?? (stackState.picked ? { stage: stackState.picked } : staged().find(ready));
  if (!item) return say("Nothing is staged that could leave.", true);
  Object.assign(stackState, { picked: item.stage, releasing: { what: "release", stages: [item.stage], asked: performance.now() }, typed: "" });
  redraw();
}

export function askApproval() {
  const item = pickedStage() ?? staged().find((each) => each.state === "waiting_approval");
  if (!item) return say("Nothing waits for an approval.", true);
  stackState.picked = item.stage;
  Object.assign(stackState, { releasing: { what: "approve", stages: [stackState.picked], asked: performance.now() }, typed: "" });
  redraw();
}

export function leaveConfirm() {
  stackState.releasing = null;
}

function confirm() {
  const { what, stages, asked } = stackState.releasing;
  const items = stages.map((name) => store.stack.get(name)).filter(Boolean);
  if (items.length === 0) return h("p", { class: "soft", key: "awaited" }, `${stages.join(", ")} is not on the stack. `, h("kbd", null, "Esc"), " leaves this.");
  const [item] = items;
  const typing = item.hazardous;
  const agreed = !typing || stackState.typed === item.vehicle;
  const act = what === "release" ? () => release(stages) : () => approve(item);
  return h("form", { class: `confirm ${item.hazardous ? "grave" : ""}`, key: `confirm ${asked}`, "aria-label": `${what} ${item.stage}`, onsubmit: (event) => { event.preventDefault(); if (agreed) act(); } },
    h("h3", null, what === "release" ? "To be released" : "To be approved"),
    items.map((each) => pairs([
      ["command", h("strong", null, `${each.vehicle} ${each.command}`)],
      ["arguments", h("code", null, words(each.arguments) || "none")],
      ["leaves", [leave(each), " ", h("span", { class: "soft" }, lmst(leavesAt(each)))]],
      ["first answer from", lmst(outlookOf(each).estimated?.earliest_answer_ns, true)],
      each.mode && ["assumes the mode", h("code", null, each.mode)],
      each.note && ["note", each.note],
      each.hazardous && ["hazard", [status("serious", each.hazard || "hazardous"), ` ${each.approved_by ? `approved by ${each.approved_by}` : "ARM and FIRE; not approved"}`]],
      each.hash && ["hash", h("code", null, each.hash.slice(0, 16))],
    ])),
    typing && h("label", { for: "typed" }, `Type ${item.vehicle} to ${what}`),
    typing && h("input", { id: "typed", type: "text", autocomplete: "off", focus: true, value: stackState.typed, oninput: (event) => { stackState.typed = event.target.value.trim(); drawNow(); } }),
    h("div", { class: "actions" },
      h("button", { type: "button", focus: !typing, onclick: () => { leaveConfirm(); redraw(); } }, "Not now ", h("kbd", null, "Esc")),
      h("button", { type: "submit", class: item.hazardous ? "grave" : "main", disabled: !agreed || undefined }, what === "release" ? `Release to ${titleOf(item.vehicle)}` : "Approve")));
}

async function release(stages) {
  const found = await order("release", { stages }, (result) => `Released: ${(result.identifiers ?? []).join(", ")}.`);
  if (found) Object.assign(stackState, { releasing: null, picked: undefined });
  redraw();
}

async function approve(item) {
  if (await order("approve", { stage: item.stage, hash: item.hash, note: stackState.note }, `${item.stage} is approved.`)) stackState.releasing = null;
  redraw();
}
