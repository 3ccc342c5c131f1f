// All that the page knows, in one place, each list bounded. Screens read it; news change it.
import * as adapt from "./adapt.js";
import { isOpen, waitsForSomebody, kindOfSeverity, RANK, isBad } from "./status.js";

const MOST_EVENTS = 500;
const MOST_COMMANDS = 200;
const MOST_AUDITS = 300;
const MOST_STACK = 200;

export const store = {
  hello: null,
  dictionary: null,
  link: { socket: false, api: true, since: Date.now(), why: "" },
  clock: null, // the newest of the run
  service: null, // of the server: which run it serves, and what it does not do
  bench: null, // what is real in it; null: nothing
  note: "", // a line of the server's, until it is put away
  values: new Map(), // "vehicle channel" → row
  vehicles: new Map(), // name → {name, mode, stale, silence_s, last_heard_ns}
  alarms: new Map(),
  stack: new Map(),
  released: new Map(), // stage → identifiers of the commands that it became
  left: new Map(), // stage → what is on the stack no more, as it was at last
  putAway: new Set(), // stages of it that the page shows no more
  commands: new Map(), // the newest first
  events: [], // the newest first
  custody: new Map(), // tube → {tube, place, ...}
  passes: [],
  procedure: null,
  procedureIsOld: true, // whether the mission's own has gone on since it was asked for
  procedureNews: 0, // how often any has gone on
  procedures: [], // all of them, with what each waits for
  authority: {},
  audits: [],
  faults: [], // what trainers did, the newest first
  faultsNow: { faults: [], hits: [] }, // for trainers: what breaks, and what it hit
  drill: { state: "none", prompts: [] }, // with people: what is asked of them
  drillNews: 0, // how often one was begun or ended: then it is asked for anew
  limits: null, // {name, sets, limits}: of the ground, those in force
  stale: [], // when something changed that entries do not tell whole: what is to be asked again
  journal: 0, // number that the snapshot was true at
  last: {}, // number of each topic's newest entry
  time: { live: true, at: null, values: null, events: null, commands: null, tubes: null, alarms: null }, // what is known at `at`
  said: { text: "", bad: false, n: 0, at: 0 },
};

export const nowNs = () => store.clock?.time_ns ?? 0;
export const user = () => store.hello?.you ?? { name: "", roles: [] };
export const may = (...roles) => roles.some((role) => user().roles.includes(role));
export const vehicleNames = () => (store.hello?.vehicles ?? []).map((each) => each.name);

const TITLES = { arm: "Transfer arm", entry: "Entry capsule", mav: "MAV", rover: "Fetch rover" };

export const titleOf = (name) => TITLES[name] ?? (name ? name[0].toUpperCase() + name.slice(1) : "");
export const linked = () => store.link.socket && store.link.api;


// A run that has ended, looked at: there is no live view of it, and nothing is commanded.
export const replayed = () => store.hello?.host === "replay";

// The instant that the views are of.
export const viewNs = () => (store.time.live ? nowNs() : store.time.at);

// Whether a vehicle has been silent for longer than light time and passes explain, as of now.
export const isStale = (name) => store.clock?.stale?.includes(name) ?? store.vehicles.get(name)?.stale ?? false;

// A channel's row [vehicle, channel, value, occurred_ns, received_ns, state], of the views' instant.
export function valueOf(vehicle, channel) {
  const values = store.time.live ? store.values : store.time.values;
  return values?.get(`${vehicle} ${channel}`);
}

export function channelOf(vehicle, channel) {
  return store.dictionary?.vehicles[vehicle]?.channels[channel];
}

// The same with the limits of the set in force, where that has some of its own.
export function limitedBy(vehicle, entry) {
  const own = entry && store.limits?.limits?.[`${vehicle}.${entry.name}`];
  return own ? { ...entry, ...own } : entry;
}

export function takeSnapshot(told) {
  const snapshot = adapt.snapshot(told);
  const last = snapshot.journal_last ?? snapshot.number ?? 0;
  if (last < store.journal) forget(); // another run goes on here
  store.drillNews++;
  store.limits = snapshot.limits ?? null;
  replace(store.stack, snapshot.stack, "stage");
  replace(store.left, (told.stack ?? []).filter((item) => !adapt.isStaged(item)), "stage");
  replace(store.alarms, snapshot.alarms, "number");
  replace(store.vehicles, snapshot.vehicles, "name");
  replace(store.custody, snapshot.custody, "tube");
  store.authority = snapshot.authority ?? {};
  store.procedure = snapshot.procedure?.steps?.length ? snapshot.procedure : store.procedure;
  store.procedureIsOld = true;
  store.procedureNews++;
  store.passes = snapshot.passes ?? [];
  store.journal = snapshot.journal_last ?? snapshot.number ?? 0;
  store.last = {};
}

// What was told of a run that is not the one here any more.
function forget() {
  store.values.clear();
  for (const known of [store.released, store.left, store.putAway]) known.clear();
  Object.assign(store, { audits: [], faults: [], faultsNow: { faults: [], hits: [] }, procedure: null });
}

// Parts of a snapshot: only what is in it is taken.
export function takeParts(told) {
  const snapshot = adapt.snapshot(told);
  replace(store.vehicles, snapshot.vehicles, "name");
  if (told.custody) replace(store.custody, snapshot.custody, "tube");
  if (told.passes ?? told.pass) store.passes = snapshot.passes;
  if (told.limits) store.limits = told.limits;
}

function replace(map, list, key) {
  map.clear();
  for (const each of list ?? []) map.set(each[key], each);
}

export function rowsToMap(rows) {
  return new Map((rows ?? []).map((row) => [`${row[0]} ${row[1]}`, row]));
}

export function takeHistory(commands) {
  store.commands = new Map(commands.slice(0, MOST_COMMANDS).map((each) => [each.identifier, adapt.command(each)]));
}

// A frame of news. Answers whether entries were missed.
export function takePoll(poll) {
  if (poll.link) Object.assign(store.link, { api: poll.link.up, apiWhy: poll.link.why, since: Date.parse(poll.link.since) || Date.now() });
  if (poll.note) store.note = poll.note;
  if (poll.clock) store.clock = poll.clock;
  takeRows(poll.telemetry ?? []);
  for (const entry of poll.journal ?? []) takeEntry(entry);
  return poll.missed === true;
}

// Rows of values; one that is older than what is known changes nothing.
export function takeRows(rows) {
  for (const row of rows) {
    const name = `${row[0]} ${row[1]}`;
    if ((store.values.get(name)?.[4] ?? 0) > row[4]) continue;
    store.values.set(name, row);
    hearOf(row);
  }
}

function hearOf(row) {
  const known = store.vehicles.get(row[0]) ?? { name: row[0] };
  known.last_heard_ns = Math.max(known.last_heard_ns ?? 0, row[4] ?? 0);
  if (row[1] === "mode") known.mode = row[2];
  store.vehicles.set(row[0], known);
}

export function takeEntry(entry) {
  if (entry.n <= store.journal || entry.n <= (store.last[entry.topic] ?? 0)) return;
  store.last[entry.topic] = entry.n;
  TAKES[entry.topic]?.(entry);
}

const TAKES = {
  ev(entry) {
    store.events.unshift(adapt.entryEvent(entry));
    store.events.length = Math.min(store.events.length, MOST_EVENTS);
  },
  alarm({ data }) {
    store.alarms.set(data.number, data);
    if (!isOpen(data)) store.alarms.delete(data.number);
  },
  stack({ data, what, who }) {
    if (data.identifiers?.length) store.released.set(data.stage, data.identifiers);
    if (store.released.size > MOST_STACK) store.released.delete(store.released.keys().next().value);
    for (const identifier of data.identifiers ?? []) {
      const command = store.commands.get(identifier);
      if (command) Object.assign(command, { user: data.by, note: command.note || data.note });
    }
    if (adapt.isStaged(data)) store.stack.set(data.stage, data);
    else {
      store.stack.delete(data.stage);
      store.left.set(data.stage, data);
      if (store.left.size > MOST_STACK) store.left.delete(store.left.keys().next().value);
    }
    if (what === "refused" && (data.hands ?? [data.by]).includes(user().name)) {
      store.note = `${data.stage}, ${titleOf(data.vehicle)} ${data.command}: ${data.problems?.at(-1) ?? `refused by ${who}`}`;
    }
    if (store.stack.size > MOST_STACK) store.stack.delete(store.stack.keys().next().value);
  },
  cmd({ t, what, who, data, vehicle }) {
    if (what === "rung") takeRung(data);
    else if (data.command) putCommand({ rungs: [], user: who || stagedBy(data.identifier), vehicle, issued_ns: t, sent_ns: null, ...data });
    else if (what === "sent" && store.commands.has(data.identifier)) Object.assign(store.commands.get(data.identifier), { sent_ns: t, ...data });
    else if (store.commands.has(data.identifier)) Object.assign(store.commands.get(data.identifier), data);
  },
  custody({ data }) {
    store.custody.set(data.tube, adapt.tube({ ...store.custody.get(data.tube), ...data, since_ns: data.occurred_ns }));
  },
  proc({ data }) {
    store.procedureNews++;
    if ((data.procedure ?? "mission") === "mission") store.procedureIsOld = true;
  },
  authority({ vehicle, data }) {
    if (data.holder === undefined || data.offered_to === undefined) store.stale.push("authority");
    else store.authority[vehicle] = { holder: data.holder, offered_to: data.offered_to };
  },
  pass({ data }) {
    const others = store.passes.filter((each) => each.vehicle !== data.vehicle || each.start_ns !== data.start_ns);
    store.passes = [...others, data].sort((a, b) => a.start_ns - b.start_ns).slice(-200);
  },
  limits() {
    store.stale.push("limits");
  },
  audit(entry) {
    store.audits.unshift(entry);
    store.audits.length = Math.min(store.audits.length, MOST_AUDITS);
  },
  fault(entry) {
    store.faults.unshift(entry);
    store.faults.length = Math.min(store.faults.length, 100);
    if (entry.what.startsWith("drill_")) store.drillNews++;
  },
};

function putCommand(command) {
  const others = [...store.commands.values()].filter((each) => each.identifier !== command.identifier);
  takeHistory([command, ...others]);
}

const stagedBy = (identifier) => [...store.stack.values()].find((item) => item.identifiers?.includes(identifier))?.by ?? "";

function takeRung({ identifier, rung, status, detail, occurred_ns, received_ns }) {
  const command = store.commands.get(identifier);
  if (!command) return;
  if (rung && !command.rungs.some((each) => each.rung === rung && each.occurred_ns === occurred_ns)) {
    command.rungs = [...command.rungs, { rung, occurred_ns, received_ns, detail }];
  }
  // After a bad rung nothing turns green.
  if (!isBad(command.status)) Object.assign(command, { status: status ?? rung, detail: detail || command.detail });
}

// As they were known at the instant of the views. Of a run that nobody operated there is no journal to
// know it by: then those that had been raised, with what became of them.
function alarmsKnown(live) {
  if (live || !store.time.alarms) return [...store.alarms.values()].filter((alarm) => !replayed() || alarm.raised_ns <= viewNs());
  return store.time.alarms;
}

export function openAlarms(live = store.time.live) {
  const rank = (alarm) => RANK.indexOf(kindOfSeverity(alarm.severity));
  return alarmsKnown(live).filter(isOpen).sort(
    (a, b) => waitsForSomebody(b) - waitsForSomebody(a) || rank(b) - rank(a) || b.last_ns - a.last_ns);
}

export const alarmOf = (number) => (store.time.live || !store.time.alarms ? store.alarms.get(number) : store.time.alarms.find((each) => each.number === number));

export function latestUnacknowledged(live = store.time.live) {
  const waiting = openAlarms(live).filter(waitsForSomebody);
  return waiting.sort((a, b) => b.last_ns - a.last_ns)[0];
}
