// What every page does. Pages work without it. A page that can do more has an entry of its own (traces.js, trace.js, review.js,
// query.js), which hands its parts over; all others enter by main.js.
import { keys } from "./keys.js";
import { live } from "./live.js";

function toggleTheme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  localStorage.setItem("tracekit.theme", root.dataset.theme);
}

async function help() {
  const dialog = document.getElementById("help");
  if (!dialog.open) dialog.showModal();
  const said = dialog.querySelector("output");
  try {
    (await import("./help.js")).fill(dialog.querySelector(".keys"));
    said.textContent = "";
  } catch (error) {
    said.textContent = `Not fetched: ${error.message}`;
  }
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

export function page({ trace = null, list = null, judging = null, narrowing = null } = {}) {
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-theme-toggle]")) toggleTheme();
    else if (event.target.closest("[data-help]")) help();
    else {
      const button = event.target.closest("[data-copy], [data-copy-from]");
      if (button) copy(button);
    }
  });
  keys({ toggleTheme, help, trace, list, judging });
  live({ trace, narrowing, refreshTimes });
  setInterval(refreshTimes, 10_000);
}
