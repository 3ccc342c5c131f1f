// What mission control tells, in the one form in which the page keeps it.

export function command(row) {
  return {
    ...row, rungs: (row.rungs ?? []).filter((rung) => !rung.not_counted),
    strange: (row.rungs ?? []).filter((rung) => rung.not_counted),
    expected_ns: row.expected_ns ?? row.windows?.expected_ns ?? null, user: row.user ?? "", note: row.note ?? "",
  };
}

// An event of the archive, or of the journal: there the entry's time is when it was heard.
export function event(row) {
  return { ...row, vehicle: row.vehicle ?? row.source };
}

export const entryEvent = ({ t, vehicle, data }) => ({ received_ns: t, ...data, vehicle });

// A tube by the reports of all: where nobody has told of it yet, none is at fault.
export function tube(row) {
  const last = row.hand_overs?.at(-1);
  const untold = row.place === "unreported";
  const problem = untold ? "" : (row.problem ?? "").replaceAll("_", " ") || (row.place === "unknown" ? row.openly_unknown?.at(-1) ?? "" : "");
  return {
    ...row, tube: row.tube ?? row.id, vehicle: row.vehicle ?? row.holder ?? "", problem,
    place: row.place === "unknown" && row.last_seen ? `last seen: ${row.last_seen}` : row.place ?? row.last_seen,
    status: row.status ? heldAt(row.status, row.place) : (untold ? "not_told_yet" : row.problem || row.place === "unknown" ? "unknown" : row.place === "in transit" ? "in_transit" : heldAt("held", row.place)),
    since_ns: row.since_ns ?? (last ? last.time * 1e9 : null),
  };
}

// What lies on the ground is in nobody's hold, though a vehicle's ledger answers for it.
const heldAt = (status, place) => (status === "held" && place === "ground" ? "on_ground" : status);

export function custodyStep(row) {
  return {
    ...row, status: heldAt(row.status, row.place), vehicle: row.vehicle ?? row.owner ?? row.source, occurred_ns: row.occurred_ns ?? row.since_ns,
    verified_by: row.verified_by ?? row.evidence?.verified_by, reading: row.reading ?? row.evidence?.reading,
  };
}

export function pass(row) {
  const past = row.state === undefined || row.state !== "coming";
  return {
    ...row, bytes_expected: row.bytes_expected ?? row.expected_bytes ?? null,
    bytes_come: row.bytes_come ?? (past ? row.bytes ?? null : null),
  };
}

// A procedure: `hold` says what it waits for people to do; of the steps before its place those are
// done that were begun, the others were passed over.
export function procedure(told) {
  if (!told || told.position === undefined) return told?.state ? told : told && { ...told, state: stateOf(told), steps: (told.steps ?? []).map((each, place) => step(each, place, told)), log: lines(told.log) };
  const { hold } = told;
  return {
    ...told, state: stateOf(told), step: told.position,
    steps: (told.steps ?? []).map((each, place) => step(each, place, told)), log: lines(told.log),
    prompt: ["prompt", "approval"].includes(hold?.kind) ? { ...hold, command: orderOf(hold.command), prompt: hold.id, choices: hold.kind === "approval" ? ["approve", "refuse"] : hold.answers } : null,
    poll: hold?.kind === "poll" ? { poll: hold.id, question: hold.text, answers: hold.said ?? {}, awaited: awaited(hold) } : null,
  };
}

const orderOf = (command) => (typeof command === "object" && Object.keys(command ?? {}).length === 0 ? null : command);

// The roles of a poll of which nobody has said go yet.
export const awaited = ({ roles, said }) => (roles ?? []).filter((role) => !Object.values(said ?? {}).includes(role));

function stateOf({ ended, hold, pace, position }) {
  if (position === undefined) return "not run";
  if (ended) return "ended";
  if (hold) return hold.kind === "failed" || hold.kind === "paused" ? hold.kind : "waiting";
  return pace === "pause" ? "pausing" : "running";
}

function step(each, place, { position, ended, hold, begun }) {
  const number = each.position ?? place;
  const now = number === position && !ended;
  const since = begun?.find(([one]) => one === number)?.[1] ?? null;
  const past = begun ? since !== null : number < position || ended;
  const state = position === undefined ? "waiting" : now ? (hold?.kind === "failed" ? "failed" : hold ? "waits" : "running") : past ? "done" : number < position || ended ? "passed over" : "waiting";
  return { ...each, number, since, text: each.text ?? each.what ?? each.do, label: each.label || each.path, state, detail: each.detail ?? (now ? hold?.text ?? "" : "") };
}

const lines = (log) => (log ?? []).map((line) => (Array.isArray(line) ? { time_ns: line[0], step: line[1], text: line[2] } : line));

export function snapshot(told) {
  return {
    ...told, alarms: told.alarms ?? told.alarm ?? [], passes: (told.passes ?? told.pass ?? []).map(pass),
    custody: (told.custody?.tubes ?? told.custody ?? []).map(tube), stack: (told.stack ?? []).filter(isStaged),
    procedure: procedure(told.procedure ?? told.proc ?? null),
  };
}

const GONE = new Set(["released", "cancelled", "expired", "refused"]);
export const isStaged = (item) => !GONE.has(item.state);
