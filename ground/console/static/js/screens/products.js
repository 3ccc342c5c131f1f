// What came down beside telemetry: images and records, whether all of it is here, asked for again.
import { go, link, listOf, redraw, say } from "../app.js";
import { h } from "../dom.js";
import { button, number, panel, table } from "../parts.js";
import { status } from "../status.js";
import { commandStatus } from "../ladder.js";
import { eventColumns, eventKey } from "./events.js";
import { titleOf, store, vehicleNames, viewNs } from "../store.js";
import { lmst } from "../time.js";

const FRESH = 600e9; // ns of mission time after which it is asked again
const state = { list: [], at: -Infinity, asking: false };
const ASKS = /record|image|picture|resend|send_|look_at/;
const TELLS = /record|image|picture|product|chunk|camera|seen|looked|found/;

export default {
  id: "products", title: "Products", key: "d", group: "after a pass",
  help: [
    "Images and the ascent record, by what the vehicles told of them. Commands that send one, or send it again, stand at the side; Enter opens the form.",
    "What the recorder let go, and what a pass brought less than was due, shows here as well.",
  ],
  open: () => { state.at = -Infinity; },
  view,
};

async function askList() {
  Object.assign(state, { asking: true, at: viewNs() });
  try {
    state.list = listOf(await link.ask("products"));
  } catch (error) {
    say(error.message, true);
  } finally {
    state.asking = false;
  }
  redraw();
}

// What came whole, what did not, and the command that has the rest sent.
function whole() {
  return table("Whole or not", [
    { head: "vehicle", cls: "nowrap", cell: (each) => titleOf(each.vehicle) },
    { head: "product", cls: "grow", cell: (each) => [h("strong", null, each.name.replaceAll("_", " ")), each.kind === "picture" && h("span", { class: "soft" }, " found on a picture")] },
    { head: "", cls: "nowrap", cell: (each) => (each.kind === "picture" ? `${number(each.east)} m east, ${number(each.north)} m north, known to ${number(each.error)} m` : `${each.here.toLocaleString("en")} of ${each.count.toLocaleString("en")} pieces`) },
    { head: "", cls: "nowrap", cell: (each) => (each.kind === "picture" ? status("normal", "here") : each.whole ? status("normal", "whole") : status("caution", "not whole")) },
    { head: "came", cls: "nowrap", cell: (each) => lmst(each.last_ns ?? null) },
    { head: "", cell: (each) => each.again && button("ask for the rest", () => go("command", each.again), { cls: "quiet" }) },
  ], state.list, { key: (each) => `${each.kind} ${each.vehicle} ${each.name}`, empty: "no product has come down yet" });
}

function view() {
  if (!state.asking && Math.abs(viewNs() - state.at) > FRESH) askList();
  const events = store.events.filter((event) => TELLS.test(event.name) && event.received_ns <= viewNs()).slice(0, 150);
  const asked = [...store.commands.values()].filter((each) => ASKS.test(each.command)).slice(0, 60);
  return h("div", { class: "split wide-left", key: "body" },
    h("div", { class: "column", key: "told" },
      panel("Products", whole(), { cls: "small", key: "whole" }),
      panel("What was told of them", table("Products told", eventColumns({}), events, { key: eventKey, empty: "no product was told of yet" }), { cls: "tall", key: "events" })),
    h("div", { class: "column", key: "side" },
      panel("Ask for one, or again", table("Commands for products", [
        { head: "vehicle", cls: "nowrap", cell: (each) => titleOf(each.vehicle) },
        { head: "command", cls: "grow", cell: (each) => [button(each.command.name, () => go("command", { vehicle: each.vehicle, command: each.command.name }), { cls: "quiet" }), h("span", { class: "note soft" }, each.command.doc.split("\n")[0])] },
      ], offers(), { key: (each) => `${each.vehicle} ${each.command.name}`, empty: "no vehicle here has such a command" }), { cls: "tall" }),
      panel("Asked for", table("Asked for", [
        { head: "command", cls: "grow", cell: (each) => `${titleOf(each.vehicle)} ${each.command}` },
        { head: "", cls: "nowrap", cell: commandStatus },
        { head: "", cls: "nowrap", cell: (each) => lmst(each.issued_ns) },
      ], asked, { key: (each) => each.identifier, empty: "nothing was asked for" }), { cls: "tall" }),
      panel("Passes that brought less than was due", table("Thin passes", [
        { head: "vehicle", cls: "nowrap", cell: (pass) => titleOf(pass.vehicle) },
        { head: "pass", cls: "nowrap", cell: (pass) => lmst(pass.start_ns) },
        { head: "bytes", cls: "right", cell: (pass) => `${(pass.bytes_come ?? 0).toLocaleString("en")} of ${pass.bytes_expected.toLocaleString("en")}` },
      ], thin(), { key: (pass) => `${pass.vehicle} ${pass.start_ns}`, empty: "none" }), { cls: "tall" })));
}

function offers() {
  return vehicleNames().flatMap((vehicle) => Object.values(store.dictionary?.vehicles[vehicle]?.commands ?? {})
    .filter((command) => ASKS.test(command.name)).map((command) => ({ vehicle, command })));
}

const thin = () => store.passes.filter((pass) => pass.end_ns < viewNs() && pass.bytes_expected && (pass.bytes_come ?? 0) < 0.5 * pass.bytes_expected).slice(-20).reverse();
