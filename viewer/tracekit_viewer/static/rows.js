// The rows of a trace that are in view, and a few around them: those that leave it leave the page, those that come are
// fetched together. What was fetched is kept as text, which is small.
import { morph } from "./morph.js";

const AROUND = 4;
const AT_ONCE = 120;
const KEPT = 600; // texts of rows, or as many as the page came with

export function rowsOf({ pane, rows, trace, dress }) {
  const most = Math.max(KEPT, rows.children.length);
  let outline = null;
  let height = 30;
  let texts = new Map();
  let asked = new Set();
  let frame = 0;
  let round = 0; // answers to what was asked before the trace grew are worth nothing
  const there = new Map(); // index to line
  const waiting = new Map(); // index to those who wait for the line
  const mould = document.createElement("template");

  const indexOf = (line) => Number(line.getAttribute("aria-rowindex")) - 1;
  const above = () => rows.getBoundingClientRect().top - pane.getBoundingClientRect().top + pane.scrollTop;
  const bar = () => pane.querySelector(".axis").offsetHeight;

  // As it came: with its place it would have a style in its text, which the page's policy forbids.
  function keep(index, text) {
    texts.set(index, text);
    if (texts.size > most) texts.delete(texts.keys().next().value);
  }

  // Which positions are in view.
  function view() {
    const first = Math.floor((pane.scrollTop + bar() - above()) / height);
    const last = Math.ceil((pane.scrollTop + pane.clientHeight - above()) / height);
    const end = outline.sight.length;
    return [Math.min(Math.max(first, 0), end), Math.min(Math.max(last, 0), end)];
  }

  function put(index, line) {
    line.style.transform = `translateY(${outline.position[index] * height}px)`;
    dress(line, index);
  }

  function add(index, text) {
    mould.innerHTML = text;
    const line = mould.content.firstElementChild;
    put(index, line);
    // In the order of the rows, which is the order in which they are read and tabbed through.
    let behind = null;
    for (const [other, element] of there) if (other > index && (behind === null || other < indexOf(behind))) behind = element;
    rows.insertBefore(line, behind);
    there.set(index, line);
  }

  function draw() {
    frame = 0;
    const [first, last] = view();
    const from = Math.max(0, first - AROUND);
    const until = Math.min(outline.sight.length, last + AROUND);
    const wanted = new Set(outline.sight.subarray(from, until));
    for (const [index, line] of there) {
      const inside = outline.position[index] >= 0;
      // A row that has the focus stays, or the focus would be lost.
      if (wanted.has(index) || (inside && line.contains(document.activeElement))) put(index, line);
      else {
        line.remove();
        there.delete(index);
      }
    }
    const missing = [];
    for (const index of wanted) {
      if (there.has(index)) continue;
      if (texts.has(index)) add(index, texts.get(index));
      else if (!asked.has(index)) missing.push(index);
    }
    if (missing.length) load(missing.slice(0, AT_ONCE));
    settleWaiting();
  }

  function settleWaiting() {
    for (const [index, all] of waiting) {
      if (!there.has(index)) continue;
      waiting.delete(index);
      for (const done of all) done(there.get(index));
    }
  }

  async function load(indices) {
    const mine = round;
    for (const index of indices) asked.add(index);
    try {
      const query = new URLSearchParams(rows.dataset.query);
      query.set("at", ranges(indices));
      const answer = await fetch(`/traces/${trace}/rows.html?${query}`);
      if (!answer.ok || mine !== round) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (mine !== round) return;
      for (const line of page.body.children) keep(indexOf(line), line.outerHTML);
      if (page.body.children.length) plan();
    } finally {
      if (mine === round) for (const index of indices) asked.delete(index);
    }
  }

  function plan() {
    frame ||= requestAnimationFrame(draw);
  }

  function resize() {
    rows.style.height = `${outline.sight.length * height}px`;
  }

  function adopt(fresh) {
    outline = fresh;
    height = rows.firstElementChild?.getBoundingClientRect().height || height;
    for (const line of rows.children) {
      keep(indexOf(line), line.outerHTML);
      there.set(indexOf(line), line);
      put(indexOf(line), line);
    }
    rows.classList.add("windowed");
    resize();
    addEventListener("beforeprint", () => {
      for (const index of outline.sight) if (!there.has(index) && texts.has(index)) add(index, texts.get(index));
    });
    addEventListener("afterprint", draw);
    pane.addEventListener("scroll", plan, { passive: true });
    new ResizeObserver(plan).observe(pane);
    plan();
  }

  // The trace has grown: the lines in view stay where the reader sees them, and become what they are now.
  function renew(fresh, page) {
    round++;
    const [first] = view();
    const anchor = there.get(outline.sight[first]);
    const was = anchor ? outline.position[indexOf(anchor)] : 0;
    const held = new Map([...there.values()].map((line) => [line.dataset.key, line]));
    outline = fresh;
    texts = new Map();
    asked = new Set();
    there.clear();
    for (const line of page.children) {
      const old = held.get(line.dataset.key);
      keep(indexOf(line), line.outerHTML);
      if (!old) continue;
      morph(old, line);
      there.set(indexOf(line), old);
      held.delete(line.dataset.key);
    }
    for (const line of held.values()) line.remove();
    resize();
    for (const [index, line] of there) put(index, line);
    if (anchor?.isConnected) pane.scrollTop += (outline.position[indexOf(anchor)] - was) * height;
    draw();
  }

  return {
    adopt,
    renew,
    draw,
    plan,
    resize,
    view,
    line: (index) => there.get(index),
    lines: () => there.values(),
    indexOf,
    page: () => Math.max(1, Math.floor((pane.clientHeight - bar()) / height) - 1),
    // The row at the edge of what is in view, or in the middle of it.
    scroll(index, block = "nearest") {
      const top = above() + outline.position[index] * height;
      const room = pane.clientHeight - bar() - height;
      if (block === "center") pane.scrollTop = top - bar() - room / 2;
      else if (top < pane.scrollTop + bar()) pane.scrollTop = top - bar();
      else if (top + height > pane.scrollTop + pane.clientHeight) pane.scrollTop = top + height - pane.clientHeight;
    },
    // The line of a row that is in view, or will be once it has come.
    wait(index) {
      draw();
      if (there.has(index)) return Promise.resolve(there.get(index));
      return new Promise((done) => waiting.set(index, [...(waiting.get(index) ?? []), done]));
    },
  };
}

function ranges(indices) {
  const said = [];
  for (const index of [...indices].sort((a, b) => a - b)) {
    const last = said.at(-1);
    if (last && last[1] + 1 === index) last[1] = index;
    else said.push([index, index]);
  }
  return said.map(([first, last]) => (first === last ? first : `${first}-${last}`)).join(",");
}
