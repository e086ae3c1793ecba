// The trace page: a click on a span fetches its panel instead of the page; subtrees fold; rows take arrow keys. All of it
// works on rows that are not in the page, which are fetched when they come into view.
import { growing } from "./growing.js";
import { minimap } from "./minimap.js";
import { Outline } from "./outline.js";
import { rowsOf } from "./rows.js";

const TEXT = "tracekit.text";

export function tree() {
  const trace = document.body.dataset.trace;
  const list = document.querySelector(".rows");
  const pane = document.querySelector(".tree-pane");
  const panelPane = document.querySelector(".panel-pane");
  const chosen = new Map(); // id to whether the reader has folded it: it holds on when the trace grows
  const query = () => new URLSearchParams(list.dataset.query);
  let outline = new Outline(list.dataset.outline);
  let picked = list.dataset.picked === "" ? null : Number(list.dataset.picked);
  let id = document.querySelector(".panel").dataset.key;
  let newest = 0;

  const link = (line) => line.querySelector(".open[data-span]");

  // One row takes the Tab key, the arrows do the rest.
  function dress(line, index) {
    if (outline.folds(index)) line.setAttribute("aria-expanded", String(!outline.closed[index]));
    const current = index === picked;
    line.setAttribute("aria-selected", String(current));
    link(line).tabIndex = current ? 0 : -1;
    const twist = line.querySelector("[data-twist]");
    if (twist) twist.tabIndex = -1;
  }

  const rows = rowsOf({ pane, rows: list, trace, dress });
  const map = minimap({ rows, count: () => outline.count, jump });

  function redress() {
    for (const line of rows.lines()) dress(line, rows.indexOf(line));
  }

  function settle() {
    rows.resize();
    rows.draw();
    map.seen();
  }

  async function show(index, { push = true, focus = true, block = "nearest" } = {}) {
    if (index === null || index < 0 || index >= outline.count) return;
    for (const opened of outline.reveal(index)) remember(opened, false);
    picked = index;
    rows.resize();
    rows.scroll(index, block);
    redress();
    const ticket = ++newest;
    const line = await rows.wait(index);
    if (ticket !== newest) return; // a later pick overtook this one
    id = line.dataset.key;
    redress();
    if (focus) link(line).focus({ preventScroll: true });
    await open(ticket, push);
  }

  async function open(ticket, push = true) {
    const asked = query();
    asked.set("span", id);
    const answer = await fetch(`/traces/${trace}/spans/${id}.html?${asked}`);
    if (!answer.ok || ticket !== newest) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (ticket !== newest) return;
    panelPane.replaceChildren(...page.body.childNodes);
    panelPane.scrollTop = 0;
    if (push) history.replaceState(null, "", `/traces/${trace}?${asked}`);
    lead();
  }

  // Links to another view of the trace lead to the span that is chosen now.
  function lead() {
    for (const link of document.querySelectorAll(".survey a[data-show], .found a")) {
      const there = new URL(link.href);
      there.searchParams.set("span", id);
      link.href = there.pathname + there.search;
    }
  }

  function remember(index, closed) {
    const line = rows.line(index);
    if (line) chosen.set(line.dataset.key, closed);
  }

  function fold(index, closed) {
    if (index === null || !outline.fold(index, closed)) return false;
    remember(index, closed);
    settle();
    return true;
  }

  function jump(index, { select = false } = {}) {
    if (index < 0 || index >= outline.count) return;
    if (select) return show(index, { block: "center" });
    for (const opened of outline.reveal(index)) remember(opened, false);
    rows.resize();
    rows.scroll(index, "center");
  }

  function step(by) {
    const here = picked === null ? -1 : outline.position[picked];
    const target = Math.min(Math.max(here + by, 0), outline.sight.length - 1);
    return show(outline.sight[target]);
  }

  // Texts as Markdown, or as they are: the choice is kept, and the address says it.
  function read(text) {
    const asked = query();
    if (text) asked.set("text", text);
    else asked.delete("text");
    list.dataset.query = `?${asked}`;
    localStorage.setItem(TEXT, text);
    return open(++newest);
  }

  list.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
    const line = event.target.closest(".line");
    if (!line) return;
    const index = rows.indexOf(line);
    if (event.target.closest("[data-twist]")) {
      event.preventDefault();
      fold(index, !outline.closed[index]);
    } else if (event.target.closest(".open[data-span]")) {
      event.preventDefault();
      show(index);
    }
  });

  panelPane.addEventListener("click", (event) => {
    const toggle = event.target.closest("[data-text]");
    if (!toggle || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    read(toggle.dataset.text);
  });

  for (const part of pane.querySelectorAll("[data-part]")) part.parentElement.remove(); // all rows are a scroll away
  rows.adopt(outline);
  if (picked !== null) rows.scroll(picked, "center");
  pane.addEventListener("scroll", () => map.seen(), { passive: true });
  map.seen();
  if (localStorage.getItem(TEXT) === "markdown" && !query().has("text")) read("markdown");
  const grows = growing(list);

  return {
    outgrown: grows.outgrown,
    address() {
      const asked = query();
      const [first, last] = rows.view();
      asked.set("span", id);
      asked.set("from", Math.max(0, first - 4));
      asked.set("rows", Math.min(2_000, last - first + 8));
      for (const [key, closed] of chosen) asked.append(closed ? "fold" : "open", key);
      return `${location.origin}/traces/${trace}?${asked}`;
    },
    step,
    page: (by) => step(by * rows.page()),
    first: () => step(-Infinity),
    last: () => step(Infinity),
    close() {
      if (picked !== null && !fold(picked, true)) show(outline.parent(picked));
    },
    open() {
      if (picked !== null && !fold(picked, false) && outline.folds(picked)) show(picked + 1);
    },
    nextError() {
      return show(outline.nextMarked(picked ?? -1));
    },
    critical: () => follow(query().get("show") === "critical" ? "all" : "critical"),
    before: () => document.querySelector("[data-before]")?.click(),
    behind: () => document.querySelector("[data-behind]")?.click(),
    markdown: () => panelPane.querySelector("[data-text]")?.click(),
    // The page was asked for anew and everything but the rows is taken over: `page` is what came.
    refreshed(page) {
      const fresh = page.querySelector(".rows");
      outline = new Outline(fresh.dataset.outline);
      picked = fresh.dataset.picked === "" ? null : Number(fresh.dataset.picked);
      for (const name of ["aria-rowcount", "data-outline", "data-from", "data-until"]) {
        if (fresh.hasAttribute(name)) list.setAttribute(name, fresh.getAttribute(name));
        else list.removeAttribute(name);
      }
      rows.renew(outline, fresh);
      map.seen();
      lead();
      grows.tick();
    },
  };

  function follow(show) {
    document.querySelector(`[data-show="${show}"]`)?.click();
  }
}
