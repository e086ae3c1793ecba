// Live pages: the server says when its store has changed, the page asks for itself again and takes over the difference.
import { morph } from "./morph.js";

// Of the time that a page takes to be made and fetched, at least so much passes before it is asked for again: a page that
// adds up a large store must not keep that busy.
const REST = 4;

export function live({ trace, narrowing, refreshTimes }) {
  if (!document.body.dataset.version) return;
  const pace = Number(document.body.dataset.pace ?? 300);
  const pulse = document.querySelector("[data-pulse]");
  let shown = document.body.dataset.version;
  let wanted = shown;
  let busy = false;
  let stream = null;
  let worry = 0;

  // With what is open now, even where the address does not name it: a span, what the list can be narrowed to.
  const address = () => trace?.address() ?? narrowing?.address() ?? location.href;

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
        const asked = address();
        const began = performance.now();
        const answer = await fetch(asked, { headers: { accept: "text/html" } });
        if (!answer.ok) return;
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        if (asked !== address()) continue; // the reader has moved on meanwhile
        const held = document.activeElement;
        for (const region of document.querySelectorAll("[data-live]")) {
          const fresh = page.querySelector(`[data-live="${region.dataset.live}"]`);
          if (fresh) morph(region, fresh);
        }
        if (held !== document.activeElement && held.isConnected) held.focus({ preventScroll: true }); // its row has moved
        shown = target;
        document.body.dataset.version = shown;
        trace?.refreshed(page);
        refreshTimes();
        const rest = Math.max(pace, REST * (performance.now() - began));
        await new Promise((done) => setTimeout(done, rest)); // a busy program commits often: a few swaps a second are enough
      }
    } catch {
      lost(); // the server went away in between; the stream says when it is back
    } finally {
      busy = false;
    }
  }

  // Streams end every minute and come back by themselves: only a longer silence is worth a word.
  function lost() {
    clearTimeout(worry);
    worry = setTimeout(() => say("lost", "Reconnecting"), 3_000);
  }

  function open() {
    stream = new EventSource("/live");
    stream.onopen = () => {
      clearTimeout(worry);
      say("live", "Live");
    };
    stream.onerror = lost;
    stream.onmessage = (event) => {
      wanted = event.data;
      refresh();
    };
  }

  function follow() {
    stream?.close();
    stream = null;
    clearTimeout(worry);
    if (document.hidden) say("paused", "Paused");
    else open();
  }

  trace?.outgrown(() => {
    if (!document.hidden) {
      shown = null; // nothing is new but the time
      refresh();
    }
  });
  document.addEventListener("visibilitychange", follow);
  addEventListener("pagehide", () => stream?.close());
  addEventListener("pageshow", (event) => event.persisted && follow());
  follow();
}
