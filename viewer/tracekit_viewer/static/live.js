// Live pages: the server says when its store has changed, the page asks for itself again and takes over the difference.
import { morph } from "./morph.js";

export function live({ trace, refreshTimes }) {
  if (!document.body.dataset.version) return;
  const pulse = document.querySelector("[data-pulse]");
  let shown = document.body.dataset.version;
  let wanted = shown;
  let busy = false;
  let stream = null;

  function say(state, words) {
    pulse.dataset.state = state;
    const text = pulse.querySelector("[data-pulse-text]");
    if (text.textContent !== words) text.textContent = words;
  }

  async function refresh() {
    if (busy) return;
    busy = true;
    try {
      while (wanted !== shown) {
        const target = wanted;
        const answer = await fetch(location.href, { headers: { accept: "text/html" } });
        if (!answer.ok) return;
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        for (const region of document.querySelectorAll("[data-live]")) {
          const fresh = page.querySelector(`[data-live="${region.dataset.live}"]`);
          if (fresh) morph(region, fresh);
        }
        shown = target;
        document.body.dataset.version = shown;
        trace?.refreshed();
        refreshTimes();
        await new Promise((done) => setTimeout(done, 300)); // a busy program commits often: a few swaps a second are enough
      }
    } finally {
      busy = false;
    }
  }

  function open() {
    stream = new EventSource("/live");
    stream.onopen = () => say("live", "Live");
    stream.onerror = () => say("lost", "Reconnecting");
    stream.onmessage = (event) => {
      wanted = event.data;
      refresh();
    };
  }

  function follow() {
    stream?.close();
    stream = null;
    if (document.hidden) say("paused", "Paused");
    else open();
  }

  document.addEventListener("visibilitychange", follow);
  addEventListener("pagehide", () => stream?.close());
  addEventListener("pageshow", (event) => event.persisted && follow());
  follow();
}
