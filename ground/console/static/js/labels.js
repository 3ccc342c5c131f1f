// Words beside signs on a picture: each where it covers neither another's words nor a sign.
const LINE = 15; // pixels high
const LETTER = 7.4; // pixels wide, of the widest face that is used
const SIGN = 9; // pixels from the middle of a sign to its edge
const POINT = 3; // and from that of a line
const AWAY = SIGN + 3;

// Beside, above, below, at a slant, and then farther away, where a line leads to it.
const PLACES = [
  [AWAY, 4, "start"], [-AWAY, 4, "end"], [0, -AWAY - 5, "middle"], [0, AWAY + 12, "middle"],
  [AWAY, -10, "start"], [-AWAY, -10, "end"], [AWAY, 19, "start"], [-AWAY, 19, "end"],
  ...[2, 3, 4, 5, 6, 7, 8].flatMap((row) => [[AWAY, 4 - row * LINE, "start"], [-AWAY, 4 - row * LINE, "end"], [AWAY, 4 + row * LINE, "start"], [-AWAY, 4 + row * LINE, "end"]]),
];
const NEAR = 8; // of them need no line

// `wanted`: {key, x, y, text} in the order in which they choose; `signs`: points
// [x, y] of lines that are to be seen.
export function placeLabels(wanted, signs, { width, height }) {
  const about = (size) => ([x, y]) => [x - size, y - size, x + size, y + size];
  const taken = [...signs.map(about(POINT)), ...wanted.map(({ x, y }) => [x, y]).map(about(SIGN))];
  return wanted.map((label) => {
    let best = null;
    PLACES.forEach(([right, down, anchor], rank) => {
      if (best?.cost === 0) return;
      const box = boxOf(label, right, down, anchor);
      const cost = taken.reduce((sum, other) => sum + shared(box, other), 0) + 4 * outside(box, width, height);
      if (!best || cost < best.cost) best = { cost, rank, box, x: label.x + right, y: label.y + down, anchor };
    });
    taken.push(best.box);
    return { key: label.key, text: label.text, x: best.x, y: best.y, anchor: best.anchor, from: best.rank < NEAR ? null : [label.x, label.y] };
  });
}

function boxOf({ x, y, text }, right, down, anchor) {
  const wide = text.length * LETTER;
  const left = x + right - (anchor === "start" ? 0 : anchor === "end" ? wide : wide / 2);
  return [left, y + down - LINE + 3, left + wide, y + down + 3];
}

const shared = (a, b) => Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0])) * Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]));

function outside(box, width, height) {
  const inside = shared(box, [0, 0, width, height]);
  return (box[2] - box[0]) * (box[3] - box[1]) - inside;
}
