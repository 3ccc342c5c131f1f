// Letting staged commands leave, approving and refusing them: a page of its own and more than one key.
import { drawNow, order, redraw, say } from "./app.js";
import { h } from "./dom.js";
import { button, commanding, pairs, table, words } from "./parts.js";
import { canLeave, leave, leavesAt, marked, outlookOf, pickedStage, problemsOf, staged, stackState, terms } from "./stack.js";
import { status } from "./status.js";
import { may, store, titleOf, user } from "./store.js";
import { lmst } from "./time.js";

export function stackActions({ edit } = {}) {
  if (stackState.releasing) return confirm();
  const item = pickedStage();
  const several = marked().length;
  const off = !commanding();
  const mine = item && (item.hands ?? [item.by]).includes(user().name);
  const director = item?.hazardous && may("director");
  const why = mine ? "you staged it: another person has to decide" : "";
  return h("div", { class: "actions", key: "actions" },
    button(several ? `Release ${several}…` : "Release…", askRelease, { cls: "main", keys: "Shift R", disabled: off || !(item || several) || !may("operator") }),
    edit && button("Edit", () => edit(item), { disabled: off || !item }),
    button("Unstage", () => order("unstage", { stage: item.stage }, `${item.stage} is off the stack.`), { disabled: off || !item }),
    director && button("Approve…", askApproval, { keys: "Shift A", disabled: off || mine, why }),
    director && button("Refuse…", askRefusal, { keys: "Shift X", disabled: off || mine, why }));
}

function ask(what, stages) {
  Object.assign(stackState, { picked: stages[0], releasing: { what, stages, asked: performance.now() }, typed: "", note: "" });
  redraw();
}

// Those that are marked, all or none; else the one that is picked.
export function askRelease() {
  const together = marked().map((item) => item.stage);
  // What was staged a moment ago is asked for though its entry has not come yet.
  const stage = pickedStage()?.stage ?? (stackState.picked || staged().find(canLeave)?.stage);
  if (together.length === 0 && !stage) return say("Nothing is staged that could leave.", true);
  return ask("release", together.length ? together : [stage]);
}

export const askApproval = () => decideOn("approve");
export const askRefusal = () => decideOn("refuse");

function decideOn(what) {
  if (!may("director")) return say("Directors approve and refuse.", true);
  const item = pickedStage() ?? staged().find((each) => each.state === "waiting_approval");
  return item ? ask(what, [item.stage]) : say("Nothing waits for an approval.", true);
}

export function leaveConfirm() {
  stackState.releasing = null;
}

const HEADS = { release: "To be released", approve: "To be approved", refuse: "To be refused" };

function confirm() {
  const { what, stages, asked } = stackState.releasing;
  const items = stages.map((name) => store.stack.get(name)).filter(Boolean);
  if (items.length < stages.length) return h("p", { class: "soft", key: "awaited" }, `${stages.filter((name) => !store.stack.has(name)).join(", ")} is not on the stack. `, h("kbd", null, "Esc"), " leaves this.");
  const grave = items.some((item) => item.hazardous);
  // The name of each vehicle to which something hazardous goes; who refuses says why instead.
  const names = what === "refuse" ? "" : [...new Set(items.filter((item) => item.hazardous).map((item) => item.vehicle))].join(" ");
  const agreed = what === "refuse" ? stackState.note.trim() !== "" : stackState.typed.trim().replace(/\s+/g, " ") === names;
  const act = { release: () => release(stages), approve: () => approve(items[0]), refuse: () => refuse(items[0]) }[what];
  const vehicles = [...new Set(items.map((item) => titleOf(item.vehicle)))].join(", ");
  const last = { release: `Release ${items.length > 1 ? `${items.length} ` : ""}to ${vehicles}`, approve: "Approve", refuse: "Refuse" }[what];
  return h("form", { class: `confirm ${grave ? "grave" : ""}`, key: `confirm ${asked}`, "aria-label": `${what} ${stages.join(", ")}`, onsubmit: (event) => { event.preventDefault(); if (agreed) act(); } },
    h("h3", null, HEADS[what], items.length > 1 && h("span", { class: "soft" }, ` ${items.length}, in this order: all of them, or none`)),
    items.length > 1 ? table("To be released together", together, items, { key: (each) => each.stage }) : pairs(facts(items[0])),
    what !== "release" && [
      h("label", { for: "decision-note" }, what === "refuse" ? `Why, for ${items[0].by}` : `Note for ${items[0].by}`),
      h("input", { id: "decision-note", type: "text", maxlength: 500, autocomplete: "off", focus: what === "refuse", value: stackState.note, oninput: (event) => { stackState.note = event.target.value; drawNow(); } }),
    ],
    names && h("label", { for: "typed" }, `Type ${names} to ${what}`),
    names && h("input", { id: "typed", type: "text", autocomplete: "off", focus: true, value: stackState.typed, oninput: (event) => { stackState.typed = event.target.value; drawNow(); } }),
    h("div", { class: "actions" },
      h("button", { type: "button", focus: !names && what !== "refuse", onclick: () => { leaveConfirm(); redraw(); } }, "Not now ", h("kbd", null, "Esc")),
      h("button", { type: "submit", class: grave ? "grave" : "main", disabled: !agreed || undefined, title: what === "refuse" ? "needs the reason" : undefined }, last)));
}

const facts = (each) => [
  ["command", h("strong", null, `${each.vehicle} ${each.command}`)],
  ["arguments", h("code", null, words(each.arguments) || "none")],
  ["leaves", [leave(each), " ", h("span", { class: "soft" }, lmst(leavesAt(each)))]],
  ["first answer from", lmst(outlookOf(each).estimated?.earliest_answer_ns, true)],
  terms(each) && ["when and how", terms(each)],
  each.mode && ["assumes the mode", h("code", null, each.mode)],
  each.note && ["note", each.note],
  ...problemsOf(each).map((problem) => ["problem", h("span", { class: "problem" }, problem)]),
  each.hazardous && ["hazard", [status("serious", each.hazard || "hazardous"), ` ${each.approved_by ? `approved by ${each.approved_by}` : "ARM and FIRE; not approved"}`]],
  each.hash && ["hash", h("code", null, each.hash.slice(0, 16))],
];

// Several, a row each: all of what leaves is in view at once.
const together = [
  { head: "", cls: "nowrap mono soft", cell: (each) => each.stage },
  { head: "command", cls: "grow", cell: (each) => [h("strong", null, `${each.vehicle} ${each.command}`), " ", h("span", { class: "mono arguments" }, words(each.arguments) || "none"), [terms(each), each.note].filter(Boolean).map((text) => h("span", { class: "note soft", key: text }, text)), problemsOf(each).map((problem) => h("span", { class: "note problem", key: problem }, problem)), each.hazardous && h("span", { class: "note", key: "hazard" }, status("serious", each.hazard || "hazardous"), ` ${each.approved_by ? `approved by ${each.approved_by}` : "ARM and FIRE; not approved"}`)] },
  { head: "leaves", cls: "nowrap", cell: leave },
  { head: "answer from", cls: "nowrap", cell: (each) => lmst(outlookOf(each).estimated?.earliest_answer_ns) },
  { head: "hash", cls: "nowrap mono", cell: (each) => (each.hash ?? "").slice(0, 16) },
];

async function release(stages) {
  const found = await order("release", { stages }, (result) => `Released: ${(result.identifiers ?? []).join(", ") || `${stages.join(", ")}, which wait for their conditions`}.`);
  if (found) {
    Object.assign(stackState, { releasing: null, picked: undefined });
    for (const stage of stages) stackState.marked.delete(stage);
  }
  redraw();
}

async function approve(item) {
  if (await order("approve", { stage: item.stage, hash: item.hash, note: stackState.note }, `${item.stage} is approved.`)) Object.assign(stackState, { releasing: null, note: "" });
  redraw();
}

async function refuse(item) {
  if (await order("refuse", { stage: item.stage, note: stackState.note.trim() }, `${item.stage} is refused; ${item.by} is told why.`)) Object.assign(stackState, { releasing: null, note: "" });
  redraw();
}
