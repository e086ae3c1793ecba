// What the keys do, in words. Fetched when it is first asked for: most pages are left without it.
const KEYS = [
  ["j k or ↓ ↑", "next, previous row"],
  ["Enter", "open it; the first row, where none is chosen"],
  ["← →", "fold, unfold a span"],
  ["n", "next error; next span found"],
  ["p", "critical path only, all spans"],
  ["[ ]", "previous, next trace of the session"],
  ["m", "read texts as Markdown, as they are"],
  ["u or Esc", "back to the list"],
  ["1 to 9", "on the list: the links above it"],
  ["f w", "on the list: the first failed span, what an evaluation lost"],
  ["c c", "on the list: compare this row with the next one chosen"],
  ["d", "on the list: export as dataset; there: download"],
  ["x", "tick the row, to compare it"],
  ["+ -", "judge the span right, wrong"],
  ["c l e", "on a span: comment, label, expected output"],
  ["s b", "in a review: skip, back"],
  ["/", "search; in a trace: find"],
  ["s", "share the trace"],
  ["t", "dark, light"],
  ["?", "this list"],
];
const WORDS = new Set(["or", "to"]); // between keys

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function entry([keys, words]) {
  const shown = keys.split(" ").map((key) => (WORDS.has(key) ? ` ${key} ` : element("kbd", {}, key)));
  return element("div", {}, element("dt", {}, ...shown), element("dd", {}, words));
}

export function fill(list) {
  list.replaceChildren(...KEYS.map(entry));
}
