// Make one element like another while keeping every node that has not changed: focus, scroll, selection and opened
// folds live in the nodes, so they survive. Children are matched by data-key, then by id, then by place.

const KEPT = new Set(["open", "hidden", "tabindex", "style", "aria-expanded", "aria-selected"]); // what the reader has set

export function morph(from, to) {
  if (from.isEqualNode(to)) return;
  for (const { name } of [...from.attributes]) if (!to.hasAttribute(name) && !KEPT.has(name)) from.removeAttribute(name);
  for (const { name, value } of to.attributes) {
    if (from.getAttribute(name) !== value && !(KEPT.has(name) && from.hasAttribute(name))) from.setAttribute(name, value);
  }
  children(from, to);
}

const keyOf = (node) => (node.nodeType === 1 ? node.dataset.key || node.id || null : null);

function children(from, to) {
  const keyed = new Map();
  for (const child of from.children) if (keyOf(child)) keyed.set(keyOf(child), child);
  let here = from.firstChild;
  for (const wanted of [...to.childNodes]) {
    const key = keyOf(wanted);
    const old = key ? keyed.get(key) : here && !keyOf(here) && here.nodeName === wanted.nodeName ? here : null;
    if (!old) {
      const fresh = document.importNode(wanted, true);
      if (key) fresh.classList.add("fresh");
      from.insertBefore(fresh, here);
      continue;
    }
    if (old === here) here = here.nextSibling;
    else from.insertBefore(old, here);
    keyed.delete(key);
    if (old.nodeType === 1) morph(old, wanted);
    else if (old.nodeValue !== wanted.nodeValue) old.nodeValue = wanted.nodeValue;
  }
  while (here) {
    const next = here.nextSibling;
    here.remove();
    here = next;
  }
}
