// A channel over time on a canvas: what the server made of it for so many pixels, with its limits.
import { listOf, link, redraw } from "./app.js";
import { channelOf, limitedBy, store, viewNs } from "./store.js";
import { number, unitOf } from "./parts.js";
import { lmst, SOL_NS } from "./time.js";

const MOST = 16; // series that are kept
const FRESH = 2000; // ms for which one counts as new
const kept = new Map();

export const SPANS = [[1, "1 sol"], [3, "3 sols"], [10, "10 sols"], [40, "40 sols"]];

function series(vehicle, channel, sols, pixels) {
  const end = viewNs();
  const begin = Math.max(0, end - sols * SOL_NS);
  const name = `${vehicle} ${channel} ${sols} ${store.time.live}`;
  const known = kept.get(name);
  const old = !known || performance.now() - known.asked > FRESH;
  const moved = !known || known.end !== end;
  if (old && moved && !known?.asking && store.link.socket) {
    const now = { ...known, asked: performance.now(), end, asking: true, begin: known?.begin ?? begin };
    kept.delete(name);
    kept.set(name, now);
    if (kept.size > MOST) kept.delete(kept.keys().next().value);
    link.ask("series", { vehicle, channel, t0_ns: Math.round(begin), t1_ns: Math.round(end), pixels: Math.max(1, Math.round(pixels)) })
      .then((rows) => Object.assign(now, { rows: listOf(rows), begin, shownEnd: end }))
      .catch((error) => Object.assign(now, { rows: [], problem: error.message }))
      .finally(() => { now.asking = false; redraw(); });
  }
  return kept.get(name);
}

const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// Draws on a canvas that is on the page; its size follows the page.
export function drawTrend(canvas, vehicle, channel, sols) {
  const scale = devicePixelRatio || 1;
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  if (width === 0 || height === 0) return;
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, width, height);
  pen.font = "11px 'DejaVu Sans', sans-serif";
  const data = series(vehicle, channel, sols, width - 60);
  const rows = data?.rows ?? [];
  if (!rows.some(isNumber)) {
    pen.textAlign = "left";
    pen.fillStyle = style("--soft");
    pen.fillText(data?.rows ? (data.problem ?? (rows.length ? "no number was told in this time" : "nothing was received in this time")) : "asking…", 60, height / 2);
    return;
  }
  plot(pen, rows, data, limitedBy(vehicle, channelOf(vehicle, channel)), { left: 54, right: width - 8, top: 8, bottom: height - 18 });
}

// What is no number, as of a gauge that is broken, is not drawn: there the line is broken, too.
const isNumber = (row) => typeof row[3] === "number" && row[1] !== null;

function plot(pen, all, data, entry, box) {
  const rows = all.filter(isNumber);
  let low = Math.min(...rows.map((row) => row[1]));
  let high = Math.max(...rows.map((row) => row[2]));
  const limits = [["--caution", entry?.yellow], ["--critical", entry?.red]].flatMap(([colour, band]) => (band ?? []).filter((limit) => limit !== null).map((limit) => [colour, limit]));
  const reach = high - low || Math.abs(high) * 0.1 || 1;
  // Limits that are near are drawn to scale; far ones would flatten the curve.
  const near = limits.filter(([, limit]) => limit > low - 0.8 * reach && limit < high + 0.8 * reach);
  for (const [, limit] of near) { low = Math.min(low, limit); high = Math.max(high, limit); }
  const edge = (high - low || reach) * 0.08;
  low -= edge; high += edge;
  const x = (ns) => box.left + ((box.right - box.left) * (ns - data.begin)) / (data.shownEnd - data.begin || 1);
  const y = (value) => box.bottom - ((box.bottom - box.top) * (value - low)) / (high - low);
  axes(pen, box, { low, high, begin: data.begin, end: data.shownEnd, x, y });
  pen.setLineDash([5, 4]);
  for (const [colour, limit] of near) {
    pen.strokeStyle = style(colour);
    line(pen, [[box.left, y(limit)], [box.right, y(limit)]]);
  }
  pen.setLineDash([]);
  pen.fillStyle = "#4dacff44";
  for (const [ns, least, most] of rows) if (most > least) pen.fillRect(x(ns), y(most), 1.5, Math.max(1, y(least) - y(most)));
  pen.strokeStyle = "#7cc4ff";
  pen.lineWidth = 1.5;
  for (const run of runsOf(all)) line(pen, run.map(([ns, , , last]) => [x(ns), y(last)]));
  if (!isNumber(all.at(-1))) return;
  const [ns, , , last] = rows.at(-1);
  pen.fillStyle = "#ffffff";
  pen.beginPath();
  pen.arc(x(ns), y(last), 2.5, 0, 7);
  pen.fill();
}

function runsOf(rows) {
  const runs = [[]];
  for (const row of rows) {
    if (isNumber(row)) runs.at(-1).push(row);
    else if (runs.at(-1).length) runs.push([]);
  }
  return runs;
}

function line(pen, points) {
  pen.beginPath();
  for (const [x, y] of points) pen.lineTo(x, y);
  pen.stroke();
}

function axes(pen, box, { low, high, begin, end, x, y }) {
  pen.lineWidth = 1;
  pen.strokeStyle = style("--line");
  pen.fillStyle = style("--soft");
  pen.textAlign = "right";
  for (const value of niceSteps(low, high, Math.max(2, Math.floor((box.bottom - box.top) / 28)))) {
    line(pen, [[box.left, y(value)], [box.right, y(value)]]);
    pen.fillText(number(value, 4), box.left - 5, y(value) + 4);
  }
  pen.textAlign = "center";
  const count = Math.max(1, Math.floor((box.right - box.left) / 130));
  for (let place = 0; place <= count; place++) {
    const ns = begin + ((end - begin) * (place + 0.5)) / (count + 1);
    pen.fillText(lmst(ns), x(ns), box.bottom + 14);
  }
}

function niceSteps(low, high, most) {
  const raw = (high - low) / most;
  const size = 10 ** Math.floor(Math.log10(raw));
  const by = [1, 2, 5, 10].map((each) => each * size).find((each) => each >= raw);
  const found = [];
  for (let value = Math.ceil(low / by) * by; value <= high; value += by) found.push(Math.abs(value) < by / 1e6 ? 0 : value);
  return found.slice(0, 20);
}

export const caption = (vehicle, channel) => `${channel}${unitOf(channelOf(vehicle, channel)?.unit) && `, ${unitOf(channelOf(vehicle, channel)?.unit)}`}`;
