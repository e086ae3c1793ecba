// The map above the rows: a click leads to the span that began there, dragging moves the rows along, and a band shows
// which rows are in view.
export function minimap({ rows, count, jump }) {
  const map = () => document.querySelector(".map");
  let dragged = false;

  const target = (event) => event.target.closest("[data-jump]") ?? nearest(event.clientX);

  function nearest(x) {
    let found = null;
    let best = Infinity;
    for (const part of map().querySelectorAll("a:not(.mark-error)[data-jump]")) {
      const box = part.getBoundingClientRect();
      const far = x < box.left ? box.left - x : x > box.right ? x - box.right : 0;
      if (far < best) [best, found] = [far, part];
    }
    return found;
  }

  map().parentElement.addEventListener("pointerdown", (event) => {
    if (event.button || !event.target.closest(".map")) return;
    dragged = false;
    const from = event.clientX;
    const move = (later) => {
      if (!dragged && Math.abs(later.clientX - from) < 4) return;
      dragged = true;
      const part = nearest(later.clientX);
      if (part) jump(Number(part.dataset.jump));
    };
    const stop = () => {
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", stop);
      removeEventListener("pointercancel", stop);
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", stop);
    addEventListener("pointercancel", stop);
  });
  map().parentElement.addEventListener("dragstart", (event) => event.target.closest(".map") && event.preventDefault());
  map().parentElement.addEventListener("click", (event) => {
    if (!event.target.closest(".map") || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const part = target(event);
    if (!part) return;
    event.preventDefault();
    if (!dragged) jump(Number(part.dataset.jump), { select: true });
    dragged = false;
  });

  return {
    seen() {
      const band = map().querySelector(".seen");
      if (!band) return; // the map is still being made
      const [first, last] = rows.view();
      const total = count();
      const all = last - first >= total;
      band.setAttribute("y", all ? "0" : `${(100 * first) / total}%`);
      band.setAttribute("height", all ? "0" : `${Math.max((100 * (last - first)) / total, 1)}%`);
    },
  };
}
