// The trace page: a click on a span fetches its panel instead of the page; subtrees fold; rows take arrow keys; a long
// trace arrives in parts, the next one when the end of the rows comes near.
export function tree() {
  const trace = document.body.dataset.trace;
  const rows = document.querySelector(".rows");
  const pane = document.querySelector(".panel-pane");
  let newest = 0;
  let coming = null;

  const lines = () => [...rows.children];
  const seen = () => lines().filter((line) => !line.hidden);
  const picked = () => rows.querySelector('[aria-selected="true"]');
  const link = (line) => line.querySelector(".open[data-span]");

  function mark(line) {
    for (const other of rows.querySelectorAll('[aria-selected="true"]')) other.setAttribute("aria-selected", "false");
    line.setAttribute("aria-selected", "true");
    rove();
  }

  // One row takes the Tab key, the arrows do the rest.
  function rove() {
    const current = picked();
    for (const anchor of rows.querySelectorAll(".open[data-span]")) {
      anchor.tabIndex = current && current.contains(anchor) ? 0 : -1;
    }
  }

  async function show(line, { push = true, focus = true } = {}) {
    if (!line) return;
    reveal(line);
    mark(line);
    if (focus) link(line).focus({ preventScroll: true });
    line.scrollIntoView({ block: "nearest" });
    const ticket = ++newest;
    const answer = await fetch(`/traces/${trace}/spans/${line.dataset.key}.html`);
    if (!answer.ok || ticket !== newest) return; // a later pick overtook this one
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    pane.replaceChildren(...page.body.childNodes);
    pane.scrollTop = 0;
    if (push) history.replaceState(null, "", link(line).href);
  }

  function below(line) {
    const found = [];
    const level = Number(line.dataset.level);
    for (let next = line.nextElementSibling; next && Number(next.dataset.level) > level; next = next.nextElementSibling) found.push(next);
    return found;
  }

  // What is hidden follows from which rows are folded, in one pass.
  function settle() {
    let folded = Infinity;
    for (const line of lines()) {
      const level = Number(line.dataset.level);
      if (level <= folded) folded = Infinity;
      line.hidden = level > folded;
      if (!line.hidden && line.getAttribute("aria-expanded") === "false") folded = level;
    }
  }

  function fold(line, closed) {
    if (!line.hasAttribute("aria-expanded")) return false;
    if ((line.getAttribute("aria-expanded") === "false") === closed) return false;
    line.setAttribute("aria-expanded", String(!closed));
    settle();
    return true;
  }

  function parent(line) {
    const level = Number(line.dataset.level);
    let previous = line.previousElementSibling;
    while (previous && Number(previous.dataset.level) >= level) previous = previous.previousElementSibling;
    return previous;
  }

  function reveal(line) {
    if (!line.hidden) return;
    for (let above = parent(line); above; above = parent(above)) above.setAttribute("aria-expanded", "true");
    settle();
  }

  // Whether more rows came.
  function more() {
    if (!document.querySelector("[data-more]")) return Promise.resolve(false);
    coming ??= fetchMore().finally(() => (coming = null));
    return coming;
  }

  async function fetchMore() {
    const answer = await fetch(`/traces/${trace}/rows.html?from=${rows.children.length}`);
    if (!answer.ok) return false;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const known = new Set(lines().map((line) => line.dataset.key)); // a live page may have taken some over meanwhile
    const fresh = [...page.body.children].filter((line) => !known.has(line.dataset.key));
    rows.append(...fresh);
    const left = Number(rows.getAttribute("aria-rowcount")) - rows.children.length;
    const link = document.querySelector("[data-more]");
    if (left > 0) link.textContent = `${left.toLocaleString("en")} more spans`;
    else link.parentElement.remove();
    settle();
    rove();
    watch();
    return fresh.length > 0;
  }

  const near = new IntersectionObserver((seen) => seen.some((entry) => entry.isIntersecting) && more(), {
    rootMargin: "1200px",
    scrollMargin: "1200px",
  });

  function watch() {
    near.disconnect();
    const link = document.querySelector("[data-more]");
    if (link) near.observe(link);
  }

  rows.addEventListener("click", (event) => {
    const twist = event.target.closest("[data-twist]");
    if (twist) {
      const line = twist.closest(".line");
      fold(line, line.getAttribute("aria-expanded") !== "false");
      return;
    }
    const anchor = event.target.closest(".open[data-span]");
    if (!anchor || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
    event.preventDefault();
    show(anchor.closest(".line"));
  });

  settle();
  if (picked()) reveal(picked());
  rove();
  watch();
  picked()?.scrollIntoView({ block: "center" });

  return {
    address: () => `${link(picked()).href}&rows=${rows.children.length}`,
    async step(by) {
      const target = () => seen().indexOf(picked()) + by;
      while (target() >= seen().length && (await more()));
      const all = seen();
      show(all[Math.min(Math.max(target(), 0), all.length - 1)]);
    },
    close() {
      const line = picked();
      if (line && !fold(line, true)) show(parent(line));
    },
    open() {
      const line = picked();
      if (line && !fold(line, false) && below(line).length) show(below(line)[0]);
    },
    async nextError() {
      const failed = (all) => all.find((line) => line.classList.contains("m-error"));
      const next = () => failed(lines().slice(lines().indexOf(picked()) + 1));
      while (!next() && (await more()));
      show(next() ?? failed(lines()));
    },
    refreshed() {
      settle();
      rove();
      watch();
    },
  };
}
