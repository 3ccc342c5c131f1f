// What came down beside telemetry: images and records, whether all of it is here, asked for again.
import { go } from "../app.js";
import { h } from "../dom.js";
import { button, panel, table } from "../parts.js";
import { commandStatus } from "../ladder.js";
import { eventColumns, eventKey } from "./events.js";
import { titleOf, store, vehicleNames, viewNs } from "../store.js";
import { lmst } from "../time.js";

const ASKS = /record|image|picture|resend|send_|look_at/;
const TELLS = /record|image|picture|product|chunk|camera|seen|looked|found/;

export default {
  id: "products", title: "Products", key: "d", group: "after a pass",
  help: [
    "Images and the ascent record, by what the vehicles told of them. Commands that send one, or send it again, stand at the side; Enter opens the form.",
    "What the recorder let go, and what a pass brought less than was due, shows here as well.",
  ],
  view,
};

function view() {
  const events = store.events.filter((event) => TELLS.test(event.name) && event.received_ns <= viewNs()).slice(0, 150);
  const asked = [...store.commands.values()].filter((each) => ASKS.test(each.command)).slice(0, 60);
  return h("div", { class: "split wide-left", key: "body" },
    panel("What was told of products", table("Products", eventColumns({}), events, { key: eventKey, empty: "no product was told of yet" }), { cls: "tall" }),
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
