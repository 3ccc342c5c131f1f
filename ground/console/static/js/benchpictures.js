// Small pictures of a bench: how times are spread, and how a device has been.
import { h } from "./dom.js";
import { span } from "./time.js";

const WIDTH = 168;
const HEIGHT = 30;
const SHORTEST = 60; // s that the picture of a life shows at least

// Bars over the logarithm of time, as high as the logarithm of how many: one late answer in ten thousand is seen.
export function spread({ method, bars, deadline_s: deadline }) {
  if (!bars?.length) return "";
  const low = Math.log2(bars[0][0]) - 1;
  const high = Math.max(Math.log2(bars.at(-1)[0]), deadline > 0 ? Math.log2(deadline) + 0.5 : -Infinity);
  const x = (seconds) => (WIDTH * (Math.log2(seconds) - low)) / (high - low);
  const most = Math.log1p(Math.max(...bars.map(([, count]) => count)));
  const step = Math.max(2, (WIDTH * 0.5) / (high - low)) - 1;
  const beyond = deadline > 0 ? bars.reduce((sum, [upper, count]) => sum + (upper > deadline ? count : 0), 0) : 0;
  const words = `answers of ${method} from ${ms(bars[0][0])} to ${ms(bars.at(-1)[0])} ms${deadline > 0 ? `, ${beyond} about or beyond the deadline` : ""}`;
  return h("svg", { class: "spread", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": words },
    bars.map(([upper, count]) => {
      const height = Math.max(1.5, ((HEIGHT - 2) * Math.log1p(count)) / most);
      return h("rect", { class: deadline > 0 && upper > deadline ? "late" : "bar", x: (x(upper) - step).toFixed(1), y: (HEIGHT - height).toFixed(1), width: step.toFixed(1), height: height.toFixed(1) });
    }),
    deadline > 0 && h("line", { class: "deadline", x1: x(deadline).toFixed(1), x2: x(deadline).toFixed(1), y1: 0, y2: HEIGHT }));
}

// From the first that is known to now, from the left to the right; words say the last of it.
export function life({ service, life: steps }) {
  if (!steps?.length) return "";
  const whole = Math.max(SHORTEST, steps[0][0]);
  const words = steps.slice(-4).map(([ago, state]) => `${state} ${span(ago)} ago`).join(", ");
  return h("svg", { class: "life", viewBox: `0 0 ${WIDTH} 8`, preserveAspectRatio: "none", role: "img", "aria-label": `${service}: ${words}` },
    steps.map(([ago, state], place) => {
      const from = WIDTH * (1 - ago / whole);
      const to = WIDTH * (1 - (steps[place + 1]?.[0] ?? 0) / whole);
      return h("rect", { class: `was ${state}`, x: from.toFixed(1), y: state === "lost" || state === "refused" ? 0 : state === "armed" ? 1 : 3, width: Math.max(1, to - from).toFixed(1), height: state === "lost" || state === "refused" ? 8 : state === "armed" ? 6 : 2 });
    }));
}

export const ms = (seconds) => (1e3 * seconds).toFixed(2);
