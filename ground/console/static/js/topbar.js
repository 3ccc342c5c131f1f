// Always in view: the times, the next pass, the pace, who one is, whether the link stands; alarms.
import { go, lookAt, redraw } from "./app.js";
import { h } from "./dom.js";
import { greyed, lostSince, runEnded } from "./frame.js";
import { changePace, togglePace } from "./pace.js";
import { button } from "./parts.js";
import { kindOfSeverity, severityStatus, shape, status, waitsForSomebody } from "./status.js";
import { latestUnacknowledged, nowNs, openAlarms, replayed, store, titleOf, user } from "./store.js";
import { hms, lmst, span, spanNs, utc } from "./time.js";

export function topBar() {
  const clock = store.clock?.clock ?? {};
  return h("div", { class: "bar", key: "bar" },
    h("div", { class: "name", key: "name" }, h("strong", null, "Three Forks"), h("span", { class: "soft", title: branchOf() || store.hello?.title }, branchOf() ? `branch: ${store.hello.title}` : store.hello?.title ?? "")),
    timeField("UTC", clock.utc ? clock.utc.slice(0, 19).replace("T", " ") : "-", "utc"),
    timeField("Mars, local mean", lmst(store.clock?.time_ns ?? null, true), "lmst"),
    timeField("light time", clock.light_time_s === undefined ? "-" : span(clock.light_time_s), "light"),
    timeField("what you see happened at", [hms(clock.seen_at), soft(" UTC")], "seen"),
    !replayed() && timeField("sent now: first answer from", [hms(clock.answer_at), soft(" UTC")], "answer"),
    nextPass(clock.next_pass),
    pace(),
    who());
}

const soft = (text) => h("span", { class: "soft" }, text);

function branchOf() {
  const parent = store.hello?.branch_of;
  return parent ? `goes on from ${parent.run} at ${parent.checkpoint || lmst(parent.time_ns)}` : "";
}

function timeField(label, value, cls) {
  return h("div", { class: `field ${cls}`, key: cls }, h("span", { class: "label" }, label), h("span", { class: "value" }, value));
}

function nextPass(pass) {
  if (!pass) return timeField("next pass", "none known", "pass");
  const open = pass.start_ns <= nowNs();
  const left = (open ? pass.end_ns : pass.start_ns) - nowNs();
  return h("button", { type: "button", class: `field pass ${open ? "open" : ""}`, key: "pass", onclick: () => go("passes") },
    h("span", { class: "label" }, open ? "pass open, ends in" : "next pass in"),
    h("span", { class: "value" }, `${spanNs(left)} `, h("span", { class: "soft" }, titleOf(pass.vehicle))));
}

function pace() {
  const rate = store.clock?.pace;
  const word = store.clock === null ? "-" : rate === null ? "max" : rate === 0 ? "paused" : `${rate.toLocaleString("en")}×`;
  if (replayed()) return timeField("replay", "ended", "pace");
  if (store.clock?.ended) return timeField("the run has ended", String(store.clock.ended), "pace");
  return h("div", { class: "field pace", key: "pace" },
    h("span", { class: "label" }, store.clock?.until ? `pace, to ${lmst(store.clock.until * 1e9)}` : store.clock?.told ? `pace, until ${store.clock.told}` : "pace"),
    h("span", { class: "value" },
      h("span", { class: "rate", id: "pace" }, word), " ",
      button(rate === 0 ? "run" : "pause", togglePace, { cls: "quiet", why: "p" }),
      button("−", () => changePace(-1), { cls: "quiet", why: "[ slower" }),
      button("+", () => changePace(1), { cls: "quiet", why: "] faster" })));
}

function who() {
  const { name, roles } = user();
  return h("div", { class: "field user", key: "user" },
    h("span", { class: "label" }, runEnded() ? status("off", "run ended") : greyed() ? status("critical", "link lost") : status("normal", "linked")),
    h("span", { class: "value", title: `${name}: ${roles.join(", ")}` }, name, h("span", { class: "soft" }, ` ${roles.join(", ")}`)));
}

// Always there, so that nothing jumps; never over the page; the focus does not move.
export function alarmBar(screen) {
  if (runEnded() && greyed()) return h("div", { class: "alarmbar over", key: "alarms", role: "status" }, shape("off"), h("strong", null, lostSince()));
  if (greyed()) return h("div", { class: "alarmbar lost", key: "alarms", role: "alert" }, shape("critical"), h("strong", null, lostSince()));
  if (!store.time.live) return replayBar(screen);
  const open = openAlarms();
  const waiting = open.filter(waitsForSomebody);
  const newest = latestUnacknowledged();
  if (!newest) {
    const words = open.length ? `no alarm waits for you; ${open.length} known` : "no alarm";
    return h("div", { class: "alarmbar calm", key: "alarms" }, status("normal", words));
  }
  const counts = ["critical", "serious", "caution"].map((kind) =>
    [kind, waiting.filter((alarm) => kindOfSeverity(alarm.severity) === kind).length]).filter(([, n]) => n);
  return h("div", { class: `alarmbar ${kindOfSeverity(waiting[0].severity)}`, key: "alarms", role: "status" },
    counts.map(([kind, n]) => h("span", { class: "count", key: kind }, shape(kind), `${n}`)),
    severityStatus(newest.severity),
    h("strong", null, `${titleOf(newest.vehicle)}: ${newest.name}`),
    h("span", { class: "text" }, newest.text),
    h("span", { class: "soft" }, `${lmst(newest.last_ns)}, ${spanNs(nowNs() - newest.last_ns)} ago`),
    button("alarms", () => go("alarms"), { cls: "quiet", keys: "g a" }));
}

// A line of the server's for who has just come, until it is put away; and where the run flies to.
export function noteBar() {
  const { pace: rate, until, told } = store.clock ?? {};
  const ahead = rate !== null ? "" : told ? `The run flies at full speed until this is heard: ${told}.` : until ? `The run flies at full speed to ${lmst(until * 1e9)}.` : "";
  if (greyed() || (!store.note && !ahead)) return null;
  return h("div", { class: "notebar", key: "note", role: "status" },
    h("span", { class: "text" }, ahead || store.note),
    !ahead && button("put away", () => { store.note = ""; redraw(); }, { cls: "quiet" }));
}

// While one looks back: what of the screen is not of that instant, and who calls in the live view.
function replayBar({ ofNow }) {
  const waiting = replayed() ? [] : openAlarms(true).filter(waitsForSomebody);
  const kind = waiting.length ? kindOfSeverity(waiting[0].severity) : "off";
  return h("div", { class: "alarmbar replaying", key: "alarms", role: "status" },
    h("strong", null, `Looking at ${lmst(store.time.at, true)} (${utc(store.time.at)} UTC)`),
    ofNow && status("caution", `${replayed() ? "as at the end" : "as of now, not of then"}: ${ofNow}`),
    waiting.length > 0
      ? h("span", { class: "text" }, status(kind, `${waiting.length} alarm${waiting.length > 1 ? "s wait" : " waits"} in the live view`), ` ${titleOf(waiting[0].vehicle)}: ${waiting[0].name}`)
      : h("span", { class: "text" }, replayed() ? "replay of a run that has ended: nothing is sent, and no alarm is live" : "no commands from here; no alarm waits in the live view"),
    button(replayed() ? "to its end" : "back to live", () => lookAt(null), { keys: "." }));
}
