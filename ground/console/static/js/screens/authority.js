// Who holds which vehicle, and everything that people asked to change, with its answer.
import { link, listOf, redraw } from "../app.js";
import { h } from "../dom.js";
import { panel, table, words } from "../parts.js";
import { select } from "./events.js";
import { status } from "../status.js";
import { store, titleOf, vehicleNames } from "../store.js";
import { lmst, utc } from "../time.js";
import { holding } from "./vehicle.js";

const BACK = 2000; // entries of the journal that are looked through for the newest
const state = { who: "", asked: false };

export default {
  id: "authority", title: "Authority", key: "y", group: "always",
  help: [
    "A vehicle is held by one person, who alone stages and releases for it. It goes to another by offer and acceptance, or when it is let go.",
    "The audit is the journal of what people asked to change: who, what, when, and whether it was done or refused, with the sentence.",
  ],
  open: askAudits,
  view,
};

async function askAudits() {
  if (!store.link.socket) return;
  try {
    const last = store.clock?.journal_last ?? store.journal;
    const entries = listOf(await link.ask("since", { number: Math.max(0, last - BACK), topics: ["audit"], limit: 500 }));
    const known = new Set(store.audits.map((each) => each.n));
    store.audits = [...store.audits, ...entries.filter((each) => !known.has(each.n))].sort((a, b) => b.n - a.n).slice(0, 300);
  } catch { /* the link was lost: the page says so */ }
  redraw();
}

function view() {
  const people = [...new Set(store.audits.map((each) => each.who))].sort();
  const shown = store.audits.filter((each) => state.who === "" || each.who === state.who);
  return h("div", { class: "split even-right", key: "body" },
    panel("Who holds what", table("Authority", [
      { head: "vehicle", cls: "nowrap", cell: (name) => h("strong", null, titleOf(name)) },
      { head: "holder", cell: (name) => store.authority[name]?.holder || h("span", { class: "soft" }, "nobody") },
      { head: "", cls: "grow", cell: (name) => holding(name) },
    ], vehicleNames(), { key: (name) => name }), { cls: "tall" }),
    panel("Audit", table("Audit", [
      { head: "when", cls: "nowrap", cell: (each) => h("span", { title: utc(each.t) }, lmst(each.t, true)) },
      { head: "who", cls: "nowrap", cell: (each) => h("strong", null, each.who) },
      { head: "asked", cls: "nowrap", cell: (each) => each.data.request?.do ?? each.what },
      { head: "what", cls: "grow mono", cell: (each) => words(without(each.data.request)) },
      { head: "", cls: "nowrap", cell: (each) => (each.data.ok ? status("normal", "done") : status("serious", "refused")) },
      { head: "", cell: (each) => each.data.refused || "" },
    ], shown, { key: (each) => each.n, empty: "nobody has changed anything yet" }), { cls: "tall", side: select("Person", state.who, [["", "everybody"], ...people.map((each) => [each, each])], (value) => { state.who = value; }) }));
}

function without(request) {
  return Object.fromEntries(Object.entries(request ?? {}).filter(([name]) => name !== "do"));
}
