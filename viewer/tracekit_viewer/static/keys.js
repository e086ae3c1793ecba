// The keyboard: one table for all pages. Keys are left alone while something is being typed or a dialog is open.

export function keys({ toggleTheme, help, trace, judging }) {
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
  const list = document.querySelector("[data-up]");
  if (list) {
    if (list.dataset.up !== "here") list.href = sessionStorage.getItem("tracekit.list") ?? list.href;
    if (document.body.dataset.trace) sessionStorage.setItem("tracekit.opened", document.body.dataset.trace);
  }

  function up() {
    if (list) location.href = list.href;
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
    n: nextError,
    u: up,
    Escape: up,
    t: toggleTheme,
    x: () => document.activeElement.closest("tr")?.querySelector(".tick")?.click(),
    "+": () => judging?.right(),
    "-": () => judging?.wrong(),
    c: () => judging?.open("comment"),
    l: () => judging?.open("label"),
    e: () => judging?.open("expected"),
    s: () => document.querySelector("[data-skip]")?.click(),
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
    const arrow = event.key.startsWith("Arrow");
    if (arrow && trace && event.target.closest(".panel-pane")) return; // there the arrows scroll
    if (arrow && !trace && event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const action = table[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
}
