// What the list can be narrowed to is counted when it is opened, and with each live update as long as it is open.
export function facets() {
  const fold = () => document.getElementById("facets");
  const address = () => {
    if (!fold()) return location.href;
    const here = new URL(location.href);
    if (fold().open) here.searchParams.set("facets", "1");
    else here.searchParams.delete("facets");
    return here.href;
  };

  async function count() {
    const note = fold().querySelector("[data-uncounted]");
    if (!note) return;
    note.textContent = "Counting";
    try {
      const answer = await fetch(address(), { headers: { accept: "text/html" } });
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("facets");
      fold().replaceChildren(fold().querySelector("summary"), ...[...fresh.children].slice(1));
    } catch (error) {
      note.textContent = `Not counted: ${error.message}`;
    }
  }

  document.addEventListener("toggle", (event) => event.target === fold() && fold().open && count(), true);
  return { address };
}
