// Who holds which vehicle, and everything that people asked to change, with its answer.
import { askBack, redraw } from "../app.js";
import { h } from "../dom.js";
import { panel, table, words } from "../parts.js";
import { select } from "./events.js";
import { status } from "../status.js";
import { store, titleOf, vehicleNames } from "../store.js";
import { lmst, utc } from "../time.js";
import { holding } from "./vehicle.js";

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
  store.audits = await askBack("audit", store.audits);
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
      { head: "asked", cls: "nowrap", cell: (each) => String(each.data.request?.do ?? each.what).replaceAll("_", " ") },
      { head: "what", cls: "grow", cell: (each) => [h("span", { class: "mono" }, wordsOf(each.data.request)), each.data.request?.note && h("span", { class: "note soft" }, each.data.request.note), each.data.refused && h("span", { class: "note problem" }, each.data.refused)] },
      { head: "answer", cls: "nowrap", cell: (each) => (each.data.ok ? status("normal", "done") : status("serious", "refused")) },
    ], shown, { key: (each) => each.n, empty: "nobody has changed anything yet" }), { cls: "tall", side: select("Person", state.who, [["", "everybody"], ...people.map((each) => [each, each])], (value) => { state.who = value; }) }));
}

// A command as one writes it; of other requests each word with its name.
function wordsOf(request) {
  const { do: _, note, vehicle, command, arguments: given, ...rest } = request ?? {};
  return [vehicle, command, words(given), words(rest)].filter(Boolean).join(" ");
}
