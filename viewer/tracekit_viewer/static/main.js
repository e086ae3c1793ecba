// The entry: what every page does. Pages work without it; each module below adds one thing.
import { facets } from "./facets.js";
import { keys } from "./keys.js";
import { list } from "./list.js";
import { live } from "./live.js";
import { scores } from "./scores.js";
import { sql } from "./sql.js";
import { tree } from "./tree.js";

function toggleTheme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  localStorage.setItem("tracekit.theme", root.dataset.theme);
}

function help() {
  const dialog = document.getElementById("help");
  if (!dialog.open) dialog.showModal();
}

async function copy(button) {
  const from = button.dataset.copyFrom;
  let outcome = "done";
  try {
    const text = from ? await (await fetch(from)).text() : button.dataset.copy;
    await navigator.clipboard.writeText(text);
  } catch {
    outcome = "failed"; // no clipboard here, or no server any more: the button says so
  }
  button.classList.add(outcome);
  setTimeout(() => button.classList.remove(outcome), 1200);
}

// The words the server uses, so that a page left open does not lie about how long ago something was.
function ago(seconds) {
  if (seconds < 2) return "just now";
  for (const [limit, step, unit] of [[60, 1, "s"], [3600, 60, "m"], [86400, 3600, "h"], [604800, 86400, "d"]]) {
    if (seconds < limit) return `${Math.floor(seconds / step)} ${unit} ago`;
  }
  return null;
}

function refreshTimes() {
  for (const time of document.querySelectorAll("time[datetime]")) {
    const text = ago((Date.now() - Date.parse(time.dateTime)) / 1000);
    if (text && time.textContent !== text) time.textContent = text;
  }
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-theme-toggle]")) toggleTheme();
  else if (event.target.closest("[data-help]")) help();
  else {
    const button = event.target.closest("[data-copy], [data-copy-from]");
    if (button) copy(button);
  }
});

const trace = document.body.dataset.trace ? tree() : null;
const judging = trace || document.querySelector(".review .judging") ? scores({ stay: Boolean(trace) }) : null;
keys({ toggleTheme, help, trace, list: list(), judging });
sql();
live({ trace, narrowing: facets(), refreshTimes });
setInterval(refreshTimes, 10_000);
