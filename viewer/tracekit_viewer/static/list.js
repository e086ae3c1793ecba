// The list of traces: what is asked every day by one key, and comparing by two keys or two clicks.
export function list() {
  const rows = () => [...document.querySelectorAll("a[data-row]")];
  const tick = (row) => row.closest("tr").querySelector(".tick");
  const chosen = () => rows().find((row) => row.closest("tr").contains(document.activeElement));
  const ticked = () => document.querySelectorAll(".tick:checked").length;
  const submit = () => document.getElementById("compare").requestSubmit();

  // The first press chooses the row and goes on to the next one, the second compares.
  function compare() {
    const all = rows();
    const row = chosen() ?? all[0];
    if (!row) return;
    const had = ticked();
    if (had > 1 && !chosen()) return submit();
    if (had && !tick(row).checked) tick(row).checked = true;
    else if (!had) tick(row).checked = true;
    if (ticked() > 1) return submit();
    (all[all.indexOf(row) + 1] ?? row).focus();
  }

  // With one ticked, the link of another row compares the two; without any, it leads to what the row may be compared with.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-versus]");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey || !ticked()) return;
    const own = link.closest("tr").querySelector(".tick");
    if (own.checked && ticked() < 2) return;
    event.preventDefault();
    own.checked = true;
    submit();
  });

  return {
    compare,
    first: () => rows()[0]?.click(),
    failure: () => (chosen()?.closest("tr").querySelector(".broke") ?? document.querySelector(".broke"))?.click(),
    lost: () => document.querySelector("[data-lost]")?.click(),
    shortcut: (number) => document.querySelectorAll(".asking .chips:not(.lost) a")[number - 1]?.click(),
  };
}
