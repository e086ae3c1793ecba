// Ctrl+Enter runs the query, Enter in the field of a name saves it, and words are completed from the first time on that the
// query is gone into.
export function sql() {
  const form = document.querySelector("form[data-sql]");
  form.addEventListener("keydown", (event) => {
    const saving = event.target.closest("[data-save]");
    if (event.key !== "Enter" || !(saving || event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    form.requestSubmit(saving ? form.querySelector("[formaction]") : null);
  });
  const field = form.querySelector("[data-words]");
  field.addEventListener("focus", async () => (await import("./complete.js")).complete(field), { once: true });
}
