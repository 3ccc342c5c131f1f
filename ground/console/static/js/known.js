// What the ground knew at the instant that the views are of: live, all that it knows now.
import { isOver } from "./status.js";
import { store, viewNs } from "./store.js";

export const eventsKnown = () => (store.time.live ? store.events : store.time.events ?? []);

export function commandsKnown() {
  if (store.time.live) return [...store.commands.values()];
  return (store.time.commands ?? []).map((command) => asOf(command, viewNs()));
}

// How far a command was known to have come. When the ground gave one up is not told with it: not
// before an answer was due.
function asOf(command, at) {
  const rungs = command.rungs.filter((rung) => rung.received_ns <= at);
  const sent = (command.sent_ns ?? at + 1) <= at;
  const last = rungs.findLast((rung) => rung.rung !== "PROGRESS");
  const heard = rungs.length === command.rungs.length;
  const judged = heard && sent && (last?.rung === command.status || (command.expected_ns ?? 0) <= at);
  if (judged || (heard && command.sent_ns === null && isOver(command.status))) return command;
  return { ...command, rungs, sent_ns: sent ? command.sent_ns : null, expected_ns: sent ? command.expected_ns : null, status: last?.rung ?? (sent ? "SENT" : "WAITING"), detail: "", late: false };
}
