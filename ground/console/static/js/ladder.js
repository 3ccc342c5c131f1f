// How far a command has come: its rungs, with when each was heard, and by when the next is due.
import { order as askFor } from "./app.js";
import { h } from "./dom.js";
import { button, commanding, table, words } from "./parts.js";
import { isBad, isOver, kindOfCommand, shape, status } from "./status.js";
import { may, titleOf, viewNs } from "./store.js";
import { lmst, spanNs, utc } from "./time.js";

const USUAL = ["RECEIVED", "ACCEPTED", "STARTED", "COMPLETED"];

export function commandStatus(command) {
  return status(kindOfCommand(command.status), String(command.status ?? "-").toLowerCase().replaceAll("_", " "));
}

const order = (rung) => (USUAL.includes(rung.rung) ? USUAL.indexOf(rung.rung) : USUAL.length - 0.5);

// By their order on board.
export const byRung = (a, b) => a.occurred_ns - b.occurred_ns || order(a) - order(b);

// Those that were heard.
export function climbed(command) {
  return command.rungs.filter((rung) => rung.rung !== "PROGRESS").sort(byRung);
}

// Passed rungs as signs with their time; those to come as empty ones; after a bad one none.
export function ladder(command, { full = false } = {}) {
  const passed = climbed(command);
  const bad = passed.findIndex((rung) => isBad(rung.rung));
  const told = new Set(passed.map((rung) => rung.rung));
  const last = USUAL.findLastIndex((rung) => told.has(rung));
  const coming = bad >= 0 || isOver(command.status) ? [] : USUAL.slice(last + 1);
  const word = (text) => h("span", { class: full ? "" : "unseen" }, text);
  return h("ol", { class: full ? "ladder full" : "ladder" },
    command.sent_ns !== null && command.sent_ns !== undefined && h("li", { class: "passed", title: `sent ${lmst(command.sent_ns, true)}` }, shape("normal"), word("sent")),
    passed.map((rung, place) => h("li", {
      key: `${rung.rung} ${rung.occurred_ns}`,
      class: bad >= 0 && place > bad ? "after" : "passed",
      title: `${rung.rung.toLowerCase()} at ${lmst(rung.occurred_ns, true)}, heard ${lmst(rung.received_ns, true)} ${rung.detail ?? ""}`,
    }, shape(bad >= 0 && place > bad ? "off" : isBad(rung.rung) ? "critical" : "normal"), word(rung.rung.toLowerCase()))),
    coming.map((rung) => h("li", { key: rung, class: "coming", title: `${rung.toLowerCase()}: not heard yet` }, shape("standby"), word(rung.toLowerCase()))));
}

export function due(command) {
  if (isOver(command.status)) return h("span", { class: "soft" }, command.rungs.length ? `heard ${lmst(Math.max(...command.rungs.map((rung) => rung.received_ns)))}` : "");
  if (!command.expected_ns) return h("span", { class: "soft" }, "waits to leave");
  const left = command.expected_ns - viewNs();
  if (left < 0) return h("span", { class: "late" }, `due ${lmst(command.expected_ns)}, ${spanNs(-left)} late`);
  return h("span", null, `by ${lmst(command.expected_ns)}`, h("span", { class: "soft" }, `, in ${spanNs(left)}`));
}

// One command in full: each rung in words, with when it was so and when it was heard.
function whole(command, more) {
  return h("div", { class: "whole" },
    ladder(command, { full: true }),
    h("ul", null, climbed(command).map((rung) => h("li", { key: `${rung.rung} ${rung.occurred_ns}` },
      h("strong", null, rung.rung.toLowerCase()), ` ${lmst(rung.occurred_ns, true)}`, h("span", { class: "soft" }, `, ${utc(rung.occurred_ns)} UTC, heard ${spanNs(rung.received_ns - rung.occurred_ns)} later`), rung.detail && `: ${rung.detail}`))),
    h("p", { class: "soft" }, command.identifier, command.detail && `: ${command.detail}`),
    h("div", { class: "actions" }, more && button("Stage it again", (event) => { event.stopPropagation(); more(command); }),
      more && may("operator") && !isOver(command.status) && (command.sent_ns ?? null) === null &&
        button("Take it back", (event) => { event.stopPropagation(); takeBack(command); }, { disabled: !commanding(), why: "it has not left the ground; what travels with it is taken back as well" })));
}

const takeBack = ({ identifier }) => askFor("cancel", { identifier }, (told) => `Taken back: ${told.identifiers.join(", ")}.`);

export function commandTable(commands, { short = false, picked, pick, more, empty = "no command yet" } = {}) {
  const columns = [
    { head: "vehicle", cls: "nowrap", cell: (each) => titleOf(each.vehicle) },
    { head: "command", cls: "grow", cell: (each) => [h("strong", null, each.command), " ", h("span", { class: "mono arguments" }, words(each.arguments)), !short && each.note && h("span", { class: "note soft" }, each.note), picked === each.identifier && whole(each, more)] },
    { head: "status", cell: commandStatus },
    { head: "ladder", cell: ladder },
    { head: "answer", cls: "nowrap", cell: due },
    !short && { head: "by", cell: (each) => each.user || h("span", { class: "soft" }, "procedure") },
    !short && { head: "issued", cls: "nowrap", cell: (each) => lmst(each.issued_ns) },
  ].filter(Boolean);
  return table("Commands", columns, commands, { key: (each) => each.identifier, picked, pick, empty });
}
