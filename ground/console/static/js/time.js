// Times as people read them. Mission time is in nanoseconds; its zero is the epoch of `hello`.

const SOL_NS = 88_775_244_147_000;
const clock = { epochMs: 0, solsAtZero: 0 };

export function setEpoch(utc, solsAtZero) {
  clock.epochMs = Date.parse(utc);
  clock.solsAtZero = solsAtZero ?? 0;
}

const two = (number) => String(number).padStart(2, "0");

// "2028-08-17 22:36:40"
export function utc(ns) {
  if (ns === null || ns === undefined) return "-";
  const text = new Date(clock.epochMs + ns / 1e6).toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, 19)}`;
}

// "22:36:40" of an ISO text or of mission time
export function hms(time) {
  if (time === null || time === undefined) return "-";
  return typeof time === "number" ? utc(time).slice(11) : time.slice(11, 19);
}

// "Sol 12 12:11", local mean solar time
export function lmst(ns, seconds = false) {
  if (ns === null || ns === undefined) return "-";
  // What is a whole second but for the rounding of sols to ns is that second, and not the one before.
  const whole = Math.floor((clock.solsAtZero + ns / SOL_NS) * 86400 + 1e-6);
  const sol = Math.floor(whole / 86400);
  const second = whole - sol * 86400;
  const text = `Sol ${String(sol).replace("-", "−")} ${two(Math.floor(second / 3600))}:${two(Math.floor(second / 60) % 60)}`;
  return seconds ? `${text}:${two(second % 60)}` : text;
}

export function nsOfSol(sol) {
  return Math.round((sol - clock.solsAtZero) * SOL_NS);
}

export function solOfNs(ns) {
  return clock.solsAtZero + ns / SOL_NS;
}

// Mission time of "12 14:30" or "sol 12, 14:30:05"; null for what is no sol and hour.
export function nsOfText(text) {
  const found = /^(?:sol\s*)?(\d{1,5})(?:[\s,]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?$/i.exec(text.trim());
  if (!found) return null;
  const [sol, hour, minute, second] = found.slice(1).map((each) => Number(each ?? 0));
  return nsOfSol(sol + (hour * 3600 + minute * 60 + second) / 86400);
}

// "2 d 04 h", "3 h 12 m", "4 m 07 s", "12 s"
export function span(seconds) {
  if (seconds === null || seconds === undefined || Number.isNaN(seconds)) return "-";
  const sign = seconds < 0 ? "−" : "";
  const s = Math.floor(Math.abs(seconds));
  if (s >= 172800) return `${sign}${Math.floor(s / 86400)} d ${two(Math.floor(s / 3600) % 24)} h`;
  if (s >= 3600) return `${sign}${Math.floor(s / 3600)} h ${two(Math.floor(s / 60) % 60)} m`;
  if (s >= 60) return `${sign}${Math.floor(s / 60)} m ${two(s % 60)} s`;
  return `${sign}${s} s`;
}

export function spanNs(ns) {
  return ns === null || ns === undefined ? "-" : span(ns / 1e9);
}

export { SOL_NS };
