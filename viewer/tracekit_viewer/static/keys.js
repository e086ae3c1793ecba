// The keyboard: one table for all pages. Keys are left alone while something is being typed or a dialog is open.

const MOVES = new Set(["ArrowDown", "ArrowUp", "ArrowLeft", "ArrowRight", "PageDown", "PageUp", "Home", "End"]);

export function keys({ toggleTheme, help, trace, list, judging }) {
  const rows = () => [...document.querySelectorAll("a[data-row]")];
  const around = (row) => row.closest("tr, li");

  function step(by) {
    if (trace) return trace.step(by);
    const all = rows();
    const here = all.indexOf(document.activeElement);
    const target = all[here < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(here + by, 0), all.length - 1)];
    target?.focus({ preventScroll: true });
    if (target) around(target).scrollIntoView({ block: "nearest" });
  }

  function nextError() {
    if (trace) return trace.nextError();
    const failed = rows().filter((row) => around(row).classList.contains("m-error"));
    const all = rows();
    (failed.find((row) => all.indexOf(row) > all.indexOf(document.activeElement)) ?? failed[0])?.focus();
  }

  // Where the list was: its filter and its row. Each page leaves a note for the other.
  const above = document.querySelector("[data-up]");
  if (above) {
    if (above.dataset.up !== "here") above.href = sessionStorage.getItem("tracekit.list") ?? above.href;
    if (document.body.dataset.trace) sessionStorage.setItem("tracekit.opened", document.body.dataset.trace);
  }

  function up() {
    if (above) location.href = above.href;
  }

  if (document.body.classList.contains("list")) {
    sessionStorage.setItem("tracekit.list", location.href);
    const opened = sessionStorage.getItem("tracekit.opened");
    sessionStorage.removeItem("tracekit.opened");
    const row = rows().find((each) => each.closest("tr").dataset.key === opened);
    const back = performance.getEntriesByType("navigation")[0]?.type === "back_forward"; // the browser knows where
    row?.focus({ preventScroll: back });
    // It may have tried before the page was long enough; a row that is in sight stays where it is.
    if (row && back) addEventListener("load", () => requestAnimationFrame(() => around(row).scrollIntoView({ block: "nearest" })));
  }

  const table = {
    j: () => step(1),
    k: () => step(-1),
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
    ArrowLeft: () => trace?.close(),
    ArrowRight: () => trace?.open(),
    PageDown: () => trace?.page(1),
    PageUp: () => trace?.page(-1),
    Home: () => trace?.first(),
    End: () => trace?.last(),
    p: () => trace?.critical(),
    m: () => trace?.markdown(),
    "[": () => trace?.before(),
    "]": () => trace?.behind(),
    n: nextError,
    u: up,
    Escape: up,
    t: toggleTheme,
    x: () => document.activeElement.closest("tr")?.querySelector(".tick")?.click(),
    "+": () => judging?.right(),
    "-": () => judging?.wrong(),
    c: () => (list ? list.compare() : judging?.open("comment")),
    l: () => judging?.open("label"),
    e: () => judging?.open("expected"),
    f: () => list?.failure(),
    w: () => list?.lost(),
    d: () => document.querySelector("a.button[href^='/dataset']")?.click(),
    s: () => document.querySelector("[data-skip], #share-open")?.click(),
    b: () => document.querySelector("[data-before]")?.click(),
    "?": help,
    "/": () => (document.getElementById("q") ?? document.querySelector("[data-up]"))?.focus(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.closest("input:not(.tick), textarea, select")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const moves = MOVES.has(event.key);
    if (moves && trace && event.target.closest(".panel-pane")) return; // there they scroll
    if (moves && !trace && event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const chosen = event.target.closest("a, button, summary, input"); // what takes the Enter key itself
    const ofList = list && { Enter: chosen ? null : list.first, [/^[1-9]$/.test(event.key) ? event.key : ""]: () => list.shortcut(event.key) };
    const action = ofList?.[event.key] ?? table[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
}
