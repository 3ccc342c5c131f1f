// What screens may ask of the page: requests, words for the user, another screen, drawing anew.
import * as adapt from "./adapt.js";
import { Link } from "./link.js";
import { linked, nowNs, replayed, rowsToMap, store, takeHistory, takeParts, takePoll, takeRows, takeSnapshot } from "./store.js";
import { setEpoch } from "./time.js";

let scheduled = false;
let drawAll = () => {};
let owed = 0; // frames taken and not painted

export const link = new Link(take, told);

export function start(draw) {
  drawAll = draw;
  link.open();
}

// Draws at the browser's next frame; then what was painted is told, so that more may come.
export function redraw() {
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(() => {
    if (scheduled) drawNow();
    for (; owed > 0; owed--) link.painted();
  });
}

// At once, so that the focus can move before the next key comes.
export function drawNow() {
  scheduled = false;
  drawAll();
}

// A key is heard by the page as it is by now: one that follows a button, or what mission control has
// just told, belongs into the field that this opens, though no frame was painted in between.
export function drawBeforeAKey() {
  if (scheduled) drawNow();
}

function take(poll) {
  owed++;
  const was = store.link.api;
  const missed = takePoll(poll);
  if (store.stale.length) askAgain([...new Set(store.stale.splice(0))]);
  if (missed || (!was && store.link.api)) refresh();
  judgeAnew();
  redraw();
}

// A value comes once; what it is worth by now depends on its vehicle, which goes silent and is heard
// again later, and on the set of limits that is in force: then all are asked for as they are judged now.
let judgedBy = "";

async function judgeAnew() {
  const sets = Object.values(store.limits?.vehicles ?? {}).map(({ set, settling }) => [set, settling]);
  const by = JSON.stringify([store.clock?.stale ?? [], store.limits?.name, sets]);
  if (by === judgedBy || !there || !store.link.socket) return;
  judgedBy = by;
  try {
    takeRows(listOf(await link.ask("values")));
  } catch {
    judgedBy = ""; // the link was lost: the page says so
  }
  redraw();
}

function told(up, why) {
  const was = store.link.socket;
  store.link.socket = up;
  store.link.why = why;
  // An attempt to come back that fails is no other loss.
  if (!up && was) store.link.since = Date.now();
  else if (up) refresh();
  redraw();
}

async function askAgain(topics) {
  const told = await ask("snapshot", { topics });
  if (told?.authority) store.authority = told.authority;
  if (told?.limits) store.limits = told.limits;
  judgeAnew();
}

// What entries do not tell one by one is asked for again, as mission time goes on.
const MISSION_TIME = 600e9; // ns
const TOPICS = ["pass", "custody", "limits"];
const WITH_PROCEDURE = new Set(["procedures", "plan", "archive"]);
let freshAt = 0;

export async function freshen() {
  if (linked() && store.procedureIsOld && WITH_PROCEDURE.has(router.screen)) await readProcedure();
  await askProcedures();
  const now = store.clock?.time_ns ?? 0;
  if (!store.link.socket || !store.link.api || Math.abs(now - freshAt) < MISSION_TIME) return;
  freshAt = now;
  try {
    takeParts(await link.ask("snapshot", { topics: TOPICS }));
  } catch {
    freshAt = 0; // the link was lost: the page says so
  }
  redraw();
}

// Which procedures there are, and what they wait for, when any has gone on since.
let procedureNews = -1;

async function askProcedures() {
  if (!linked() || procedureNews === store.procedureNews) return;
  procedureNews = store.procedureNews;
  try {
    store.procedures = listOf(await link.ask("procedures"));
  } catch {
    procedureNews = -1; // the link was lost: the page says so
  }
  redraw();
}

// The procedure that runs, with its steps; throws the sentence where there is none.
export async function readProcedure() {
  store.procedureIsOld = false;
  const told = await link.ask("procedure").catch(() => null);
  if (told?.steps) store.procedure = adapt.procedure(told);
  redraw();
}

// Asks for the state as a whole: at the beginning, and when something was missed.
let refreshing = null;

export function refresh() {
  refreshing ??= askAll().catch((error) => say(error.message, true)).finally(() => {
    refreshing = null;
    arrive();
    redraw();
  });
  return refreshing;
}

// Whether the state was asked for once: before, screens would find no command to list and keys nothing
// to act upon, so the page waits, and then opens the screen that was wished for meanwhile.
let there = false;
export const isThere = () => there;

function arrive() {
  if (there || store.hello === null) return;
  there = true;
  go(router.screen, router.words);
}

async function askAll() {
  const before = store.hello?.branch_of?.run ?? "";
  store.hello = await link.ask("hello");
  store.service = await link.ask("service").catch(() => null);
  const parent = store.hello.branch_of;
  if (store.journal && parent && parent.run !== before) say(`This page shows a branch now: it goes on from ${parent.run}${parent.checkpoint ? ` at ${parent.checkpoint}` : ""}, which is kept.`);
  setEpoch(store.hello.epoch_utc, store.hello.sols_at_zero);
  if (!store.dictionary || store.dictionary.hash !== store.hello.dictionary_hash) {
    const answer = await fetch("/dictionary.json");
    if (answer.ok) store.dictionary = { ...(await answer.json()), hash: store.hello.dictionary_hash };
  }
  takeSnapshot(await link.ask("snapshot"));
  arrive();
  const [history, events] = await Promise.all([
    link.ask("history", { limit: replayed() ? 200 : 100 }),
    link.ask("events", { limit: 200 }),
  ]);
  takeHistory(listOf(history));
  store.events = listOf(events).map(adapt.event);
  if (replayed() && store.time.live) await lookAt(null);
}

// What came of a topic before this page was there, with what it has: the newest first.
const BACK = 2000; // entries of the journal that are looked through
const MOST_BACK = 300;

export async function askBack(topic, known) {
  if (!store.link.socket) return known;
  try {
    const last = store.clock?.journal_last ?? store.journal;
    const entries = listOf(await link.ask("since", { number: Math.max(0, last - BACK), topics: [topic], limit: 500 }));
    const numbers = new Set(known.map((each) => each.n));
    return [...known, ...entries.filter((each) => !numbers.has(each.n))].sort((a, b) => b.n - a.n).slice(0, MOST_BACK);
  } catch {
    return known; // the link was lost: the page says so
  }
}

// The rows of an answer, whatever they are called in it.
export function listOf(answer) {
  if (Array.isArray(answer)) return answer;
  return Object.values(answer ?? {}).find(Array.isArray) ?? [];
}

// A word for the user, in the line at the foot of the page; never over the page.
export function say(text, bad = false) {
  store.said = { text, bad, n: store.said.n + 1, at: Date.now() };
  redraw();
}

// Asks for a change; says what came of it. Answers the result, or null when it was refused.
export async function order(name, words, done) {
  try {
    const key = `${store.hello?.you?.name}-${crypto.randomUUID()}`;
    const result = await link.ask(name, words, key);
    if (done) say(typeof done === "function" ? done(result) : done);
    return result ?? {};
  } catch (error) {
    say(error.message, true);
    return null;
  } finally {
    redraw();
  }
}

// A read; null when it was refused, which is said.
export async function ask(name, words) {
  try {
    return await link.ask(name, words);
  } catch (error) {
    say(error.message, true);
    return null;
  } finally {
    redraw();
  }
}

// The one time of all views: null is live.
export async function lookAt(ns) {
  if (ns === null && !replayed()) {
    store.time = { live: true, at: null, values: null };
    lookAnew();
    say("Live.");
    return;
  }
  const at = Math.max(0, Math.round(ns ?? nowNs()));
  const [rows, events, commands, tubes, alarms] = await Promise.all([
    ask("values", { at_ns: at }), ask("events", { until_ns: at, limit: 200 }), ask("history", { until_ns: at, limit: 200 }),
    ask("custody", { at_ns: at }), ask("alarms", { at_ns: at }),
  ]);
  if (rows && events && commands && tubes && alarms) {
    store.time = {
      live: false, at, values: rowsToMap(listOf(rows)), events: listOf(events).map(adapt.event), commands: listOf(commands).map(adapt.command),
      tubes: listOf(tubes).map(adapt.tube), alarms: alarms.journaled ? alarms.alarms : null, limitSets: rows.limit_sets ?? {},
    };
    lookAnew();
  }
  redraw();
}

// Told that the views are of another instant.
let lookAnew = () => {};
export const onLook = (listen) => { lookAnew = listen; };

const listeners = [];
export const router = { screen: "overview", words: {} };

export function go(screen, words = {}) {
  Object.assign(router, { screen, words });
  history.replaceState(null, "", `#${screen}`);
  if (there) for (const listen of listeners) listen(screen, words);
  drawNow();
}

export const onGo = (listen) => listeners.push(listen);
