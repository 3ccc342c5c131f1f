// The page's one way to draw: a tree of plain objects, put on the document with the fewest changes.
// Text goes in as text only; nothing here reads markup.

const SVG = "http://www.w3.org/2000/svg";
const DRAWN = new Set(["svg", "path", "circle", "rect", "line", "g", "polyline", "polygon", "text", "title"]);

export const MOST_ROWS = 200;

// A node of the tree. Properties: `key` (identity among siblings), `on*` (listeners), `class`,
// `value` and `checked` (as properties), `draw` (called with the element after each drawing),
// `focus` (focused when it is made), `own` (what it holds is drawn by somebody else), all others as
// attributes; null, undefined and false: none.
export function h(tag, props, ...children) {
  return { tag, props: props ?? {}, children: children.flat(Infinity).filter(isDrawn), svg: DRAWN.has(tag) };
}

function isDrawn(child) {
  return child !== null && child !== undefined && child !== false;
}

// Makes the children of `parent` those of the tree.
export function render(parent, tree) {
  const later = [];
  const focused = document.activeElement;
  patchChildren(parent, [tree].flat(Infinity).filter(isDrawn), parent.namespaceURI === SVG, later);
  // What was moved among its siblings has lost the focus.
  if (focused !== document.activeElement && focused !== document.body && parent.contains(focused)) focused.focus({ preventScroll: true });
  for (const draw of later) draw();
}

function patchChildren(parent, wanted, svg, later) {
  const keyed = new Map();
  for (const child of parent.childNodes) if (child.treeKey !== undefined) keyed.set(child.treeKey, child);
  let at = parent.firstChild;
  for (const node of wanted) {
    let element = node.props?.key === undefined ? at : keyed.get(node.props.key);
    if (!element || !fits(element, node)) {
      element = make(node, svg);
      if (node.props?.focus) later.push(() => element.focus());
    }
    if (element === at) at = at.nextSibling;
    else parent.insertBefore(element, at);
    update(element, node, svg, later);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

function fits(element, node) {
  if (node.tag === undefined) return element.nodeType === Node.TEXT_NODE;
  return element.treeTag === node.tag && element.treeKey === node.props.key;
}

function make(node, svg) {
  if (node.tag === undefined) return document.createTextNode(String(node));
  const element = svg || node.svg ? document.createElementNS(SVG, node.tag) : document.createElement(node.tag);
  element.treeTag = node.tag;
  element.treeKey = node.props.key;
  element.treeProps = {};
  return element;
}

function update(element, node, svg, later) {
  if (node.tag === undefined) {
    const text = String(node);
    if (element.data !== text) element.data = text;
    return;
  }
  const before = element.treeProps;
  element.treeProps = node.props;
  for (const name of Object.keys(before)) if (!(name in node.props)) set(element, name, undefined, before[name]);
  // What an element holds stands first: a select's value is one of its options.
  if (!node.props.own) patchChildren(element, node.children, svg || node.svg, later);
  for (const [name, value] of Object.entries(node.props)) {
    if (value !== before[name]) set(element, name, value, before[name]);
  }
  if (node.props.draw) later.push(() => node.props.draw(element));
}

function set(element, name, value, before) {
  if (name === "key" || name === "focus" || name === "draw" || name === "own") return;
  if (name.startsWith("on")) {
    if (!before && value) element.addEventListener(name.slice(2), hear);
  } else if (name === "value" || name === "checked") {
    if (element[name] !== value) element[name] = value ?? "";
  } else if (value === undefined || value === null || value === false) {
    element.removeAttribute(name);
  } else {
    element.setAttribute(name, value === true ? "" : value);
  }
}

function hear(event) {
  this.treeProps?.[`on${event.type}`]?.(event);
}
