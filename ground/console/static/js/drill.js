// A drill with people, as the page knows it: what is asked of the crew, until when, what came of it.
import { go, link, redraw } from "./app.js";
import { h } from "./dom.js";
import { button, table, words } from "./parts.js";
import { status } from "./status.js";
import { nowNs, store } from "./store.js";
import { lmst, spanNs } from "./time.js";

const AGAIN = 1500; // ms between questions while a drill waits or is under way
const SELDOM = 4000; // ms otherwise: the crew is not told that one waits for its start
const state = { asked: -Infinity, asking: false, known: -1 };
const OPEN = new Set(["asked", "overdue"]);
const SIGNS = { not_yet: "off", asked: "caution", overdue: "critical", in_time: "normal", late: "serious" };
export const VERDICTS = { PASS: "normal", FAIL: "critical", UNKNOWN: "caution", ERROR: "serious" };

// Asked at the beginning, whenever a trainer has begun or ended one, and now and then.
export async function freshenDrill() {
  const under = ["waiting", "under_way"].includes(store.drill.state);
  const due = store.drillNews !== state.known || performance.now() - state.asked > (under ? AGAIN : SELDOM);
  if (state.asking || !due || !store.link.socket || !store.link.api) return;
  Object.assign(state, { asking: true, asked: performance.now(), known: store.drillNews });
  try {
    store.drill = await link.ask("drill");
  } catch { /* nothing is simulated here, or the link was lost */ } finally {
    state.asking = false;
  }
  redraw();
}

export const openPrompts = () => store.drill.prompts.filter((each) => OPEN.has(each.state));

// In view on every screen while something is asked.
export function drillBar() {
  const [first, ...more] = openPrompts();
  if (!first || !store.time.live) return null;
  const late = first.state === "overdue";
  return h("div", { class: `drillbar ${late ? "late" : ""}`, key: "drill", role: "status" },
    status(late ? "critical" : "caution", "drill"),
    h("strong", null, first.prompt),
    h("span", null, late ? `overdue since ${lmst(first.deadline_ns)}` : `until ${lmst(first.deadline_ns)}, in ${spanNs(first.deadline_ns - nowNs())}`),
    more.length > 0 && h("span", { class: "soft" }, `and ${more.length} more`),
    button("drill", () => go("drill"), { cls: "quiet", keys: "g x" }));
}

export function promptTable(trainer) {
  return table("Prompts", [
    { head: "", cls: "right soft", cell: (each) => each.number },
    { head: "asked of the crew", cls: "grow", cell: (each) => [h("strong", null, each.prompt), trainer && each.command && h("span", { class: "note soft" }, `wanted: ${[each.vehicle, each.command, words(each.arguments)].filter(Boolean).join(" ")}, after ${each.after}`), trainer && each.others?.length > 0 && h("span", { class: "note problem" }, `with other arguments: ${each.others.map((one) => `${one.by} ${words(one.arguments) || "none"}`).join("; ")}`)] },
    { head: "", cls: "nowrap", cell: (each) => status(SIGNS[each.state] ?? "off", each.state.replace("_", " ")) },
    { head: "asked", cls: "nowrap", cell: (each) => lmst(each.asked_ns, true) },
    { head: "until", cls: "nowrap", cell: (each) => lmst(each.deadline_ns, true) },
    { head: "done after", cls: "nowrap", cell: (each) => (each.done_ns === null ? "-" : spanNs(each.done_ns - each.asked_ns)) },
    { head: "by", cls: "nowrap", cell: (each) => each.by },
  ], store.drill.prompts, { key: (each) => each.number, empty: store.drill.state === "under_way" ? "nothing is asked yet" : "nobody is asked for anything" });
}
