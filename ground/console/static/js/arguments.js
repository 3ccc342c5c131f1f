// An argument as one types it: what it may be, in words, and whether what stands there is that.

// Answers {value} or {problem}; an empty text leaves the argument out.
export function read(entry, text) {
  const type = entry.type;
  const trimmed = text.trim();
  if (trimmed === "") return entry.required ? { problem: "is needed" } : {};
  if (trimmed === "null") return type.optional ? { value: null } : { problem: `allowed is ${sentence(type)}` };
  return (READS[type.kind] ?? json)(trimmed, type);
}

const READS = {
  number: (text, type) => limited(Number(text.replace(",", ".")), text, type),
  integer: (text, type) => (/^[+-]?\d+$/.test(text) ? limited(Number(text), text, type) : { problem: `${text} is no whole number` }),
  text: (text, type) => {
    if (type.min_length && text.length < type.min_length) return { problem: `at least ${type.min_length} characters` };
    if (type.max_length && text.length > type.max_length) return { problem: `at most ${type.max_length} characters` };
    return { value: text };
  },
  boolean: (text) => (["true", "yes"].includes(text) ? { value: true } : ["false", "no"].includes(text) ? { value: false } : { problem: "allowed is yes or no" }),
  choice: (text, type) => {
    const found = type.choices.find((each) => String(each) === text);
    return found === undefined ? { problem: `allowed is one of ${type.choices.join(", ")}` } : { value: found };
  },
  list: (text, type) => {
    const item = type.items?.[0];
    if (text.startsWith("[") || !["text", "number", "integer", "choice"].includes(item?.kind)) return counted(json(text, type), type);
    const parts = text.split(/[,\s]+/).filter(Boolean).map((part) => read({ type: item, required: true }, part));
    const bad = parts.find((part) => part.problem);
    return bad ?? counted({ value: parts.map((part) => part.value) }, type);
  },
};

function limited(value, text, type) {
  if (!Number.isFinite(value)) return { problem: `${text} is no number` };
  const low = type.ge !== undefined ? value >= type.ge : type.gt === undefined || value > type.gt;
  const high = type.le !== undefined ? value <= type.le : type.lt === undefined || value < type.lt;
  return low && high ? { value } : { problem: `${text}: allowed is ${sentence(type)}` };
}

function counted(found, type) {
  if (found.problem) return found;
  if (!Array.isArray(found.value)) return { problem: "a list is needed" };
  const { length } = found.value;
  if (type.min_length !== undefined && length < type.min_length) return { problem: `at least ${type.min_length} are needed` };
  if (type.max_length !== undefined && length > type.max_length) return { problem: `at most ${type.max_length} are allowed` };
  return found;
}

function json(text, type) {
  try {
    const value = JSON.parse(text);
    const table = typeof value === "object" && value !== null && !Array.isArray(value);
    if (["table", "structure"].includes(type.kind) && !table) return { problem: 'a table is needed, as {"name": 1.5}' };
    return { value };
  } catch {
    return type.kind === "any" ? { value: text } : { problem: `${sentence(type)} is needed, as JSON` };
  }
}

// "number, 0 to 30", as the dictionary's pages say it.
export function sentence(type) {
  const noun = type.kind === "choice" ? `one of ${type.choices.join(", ")}`
    : type.kind === "structure" ? `structure of ${Object.keys(type.fields ?? {}).join(", ")}`
    : type.kind === "either" ? type.items.map(sentence).join(" or ")
    : type.items?.length ? `${type.kind} of ${sentence(type.items[0])}` : type.kind;
  const low = type.ge ?? type.gt;
  const high = type.le ?? type.lt;
  const range = low !== undefined && high !== undefined ? `, ${low} to ${high}`
    : low !== undefined ? `, ${type.ge !== undefined ? "at least" : "above"} ${low}`
    : high !== undefined ? `, ${type.le !== undefined ? "at most" : "below"} ${high}` : "";
  const length = type.kind === "text" || type.kind === "list" ? lengths(type) : "";
  return noun + range + length + (type.optional ? ", or null" : "");
}

function lengths({ kind, min_length: least, max_length: most }) {
  const what = kind === "text" ? "characters" : "of them";
  if (least !== undefined && most !== undefined) return `, ${least} to ${most} ${what}`;
  return most !== undefined ? `, at most ${most} ${what}` : "";
}

export function asTyped(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value) && value.every((each) => typeof each !== "object")) return value.join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
