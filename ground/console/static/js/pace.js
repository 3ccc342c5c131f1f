// What people can do to the pace of a run.
import { order, say } from "./app.js";
import { whyNoJump } from "./bench.js";
import { store, titleOf } from "./store.js";
import { lmst } from "./time.js";

const PACES = [1, 10, 60, 300, 1000, 3000, 10000];

let paceBefore = 60;

export function togglePace() {
  const rate = store.clock?.pace;
  if (rate !== 0) paceBefore = rate;
  setPace(rate === 0 ? paceBefore : 0);
}

export function changePace(by) {
  const rate = store.clock?.pace ?? Infinity;
  const next = by > 0 ? PACES.find((each) => each > rate) : PACES.findLast((each) => each < rate);
  if (next !== undefined) setPace(next);
}

export function setPace(rate, until) {
  const why = until === undefined ? "" : whyNoJump();
  if (why) return say(`${why}.`, true);
  const words = until !== undefined ? `${goal(until)}, and stands there.` : rate === 0 ? "Paused." : rate === null ? "As fast as it goes." : `${rate.toLocaleString("en")} mission seconds a second.`;
  return order("pace", until === undefined ? { rate } : { rate, ...until }, words);
}

function goal({ until, told }) {
  if (until === "pass") return "It runs to the next pass";
  if (until !== undefined) return `It flies to ${lmst(until * 1e9)}`;
  return `It flies until ${told.verdict ? `${told.verdict} has its verdict` : `${titleOf(told.vehicle)} tells ${told.event}`}`;
}

export const runToNextPass = () => setPace(3000, { until: "pass" });
