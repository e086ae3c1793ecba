// Spans that run grow: their bars, their times and those of the trace, by the server's clock, several times a second, or
// once a second for whoever wants less motion. What grew out of its axis is asked for anew.
export function growing(list) {
  const ahead = Number(document.body.dataset.clock) - Date.now(); // how much later it is at the server
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let full = () => {};
  let told = null;

  // The words of the server's durations.
  function words(ms) {
    const seconds = ms / 1000;
    if (ms < 0.9995) return `${Math.round(ms * 1000)} µs`;
    if (ms < 9.995) return `${ms.toFixed(2)} ms`;
    if (ms < 999.5) return `${Math.round(ms)} ms`;
    if (seconds < 9.995) return `${seconds.toFixed(2)} s`;
    if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
    const whole = Math.round(seconds);
    const two = (number) => String(number).padStart(2, "0");
    if (whole < 3600) return `${Math.floor(whole / 60)} m ${two(whole % 60)} s`;
    if (whole < 86400) return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} m`;
    return `${Math.floor(whole / 86400)} d ${two(Math.floor((whole % 86400) / 3600))} h`;
  }

  function tick() {
    const now = Date.now() + ahead;
    for (const cell of document.querySelectorAll("[data-since]")) {
      const text = words(Math.max(0, now - Number(cell.dataset.since)));
      if (cell.textContent !== text) cell.textContent = text;
    }
    const { from, until } = list.dataset;
    if (!until) return;
    const at = (100 * (now - from)) / (until - from);
    for (const bar of list.querySelectorAll("[data-grows]")) bar.setAttribute("x2", `${Math.min(at, 100).toFixed(2)}%`);
    if (at >= 100 && told !== until) {
      told = until;
      full();
    }
  }

  function again() {
    if (!document.hidden && document.querySelector("[data-since]")) tick();
    setTimeout(again, calm.matches ? 1000 : 200);
  }
  again();
  return {
    tick,
    outgrown(then) {
      full = then;
    },
  };
}
