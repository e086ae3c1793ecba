// Ctrl+Enter runs the query.
export function sql() {
  const form = document.querySelector("form[data-sql]");
  form?.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    form.requestSubmit();
  });
}
