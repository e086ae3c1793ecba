// Scores without leaving the page: a form is sent as it would be, the panel is fetched anew, and what went wrong stands in it.
// In a review the page is left for the next one: there forms go their own way.
export function scores({ stay }) {
  document.addEventListener("keydown", (event) => {
    const form = event.target.closest("form[data-score]");
    if (!form || event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    form.requestSubmit(form.querySelector("button"));
  });

  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("form[data-score]");
    if (!form || !stay) return;
    event.preventDefault();
    const said = form.querySelector("output");
    const data = new URLSearchParams(new FormData(form, event.submitter));
    const { trace_id: trace, span_id: span } = Object.fromEntries(data);
    said.textContent = "Saving";
    try {
      const answer = await fetch(form.action, { method: "POST", body: data, headers: { accept: "application/json" } });
      if (!answer.ok) throw new Error(await reason(answer));
      await refresh(trace, span);
    } catch (error) {
      said.textContent = `Not saved: ${error.message}`;
    }
  });

  async function reason(answer) {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    return page.querySelector("main p:not(.code)")?.textContent ?? `status ${answer.status}`;
  }

  async function refresh(trace, span) {
    const answer = await fetch(`/traces/${trace}/spans/${span}.html`);
    const old = document.querySelector("#scores");
    if (!answer.ok || document.querySelector(".panel")?.dataset.key !== span) return; // the reader has moved on
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("#scores");
    const had = old.contains(document.activeElement);
    old.replaceWith(document.importNode(fresh, true));
    const place = document.querySelector("#scores");
    const note = place.querySelector("output");
    note.textContent = "Saved";
    if (had) {
      place.tabIndex = -1;
      place.focus({ preventScroll: true });
    }
  }

  const open = (what) => {
    const field = document.querySelector(`[data-focus="${what}"]`);
    if (!field) return;
    field.closest("details").open = true;
    field.focus();
  };
  const judge = (what) => document.querySelector(`[data-verdict="${what}"]`)?.click();
  return { right: () => judge("right"), wrong: () => judge("wrong"), open };
}
