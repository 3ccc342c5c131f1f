// How well words fit a text: all must be found, in any order; better where a name begins with one.

// `fields`: [text, weight] from what matters most to what matters least. 0: does not fit.
export function score(query, fields) {
  let total = 0;
  for (const word of query.toLowerCase().split(/\s+/).filter(Boolean)) {
    let best = 0;
    for (const [text, weight] of fields) best = Math.max(best, weight * fit(word, text.toLowerCase()));
    if (best === 0) return 0;
    total += best;
  }
  return total;
}

function fit(word, text) {
  const at = text.indexOf(word);
  if (at === 0) return 3;
  if (at > 0) return /[\s_.:(]/.test(text[at - 1]) ? 2 : 1.2;
  return text.length <= 40 && within(word, text) ? 0.5 : 0;
}

// The letters of the word, in order, perhaps with others between.
function within(word, text) {
  let at = 0;
  for (const letter of word) {
    at = text.indexOf(letter, at) + 1;
    if (at === 0) return false;
  }
  return word.length > 2;
}

export function best(query, things, fieldsOf, most) {
  return things
    .map((thing) => [query.trim() ? score(query, fieldsOf(thing)) : 1, thing])
    .filter(([points]) => points > 0)
    .sort((a, b) => b[0] - a[0])
    .slice(0, most)
    .map(([, thing]) => thing);
}
