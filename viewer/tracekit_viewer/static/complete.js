// Completion of a query: names of views and columns, keywords and functions, which the server tells. The list is a listbox
// under the caret; the text stays a plain field, a combobox only while the list is open. Up and Down choose, Tab or Enter
// take what is chosen, Escape closes, Ctrl+Space asks.
const MOST = 12;
const LEAST = 2; // letters that are typed before anything is offered by itself

export async function complete(field) {
  const answer = await fetch(field.dataset.words);
  if (!answer.ok) return; // the field works as it is
  const { views, keywords, functions } = await answer.json();
  const list = document.createElement("ul");
  const told = document.createElement("p");
  const mirror = document.createElement("div");
  list.id = "completions";
  list.role = "listbox";
  list.className = "completions";
  list.hidden = true;
  list.ariaLabel = "Completions";
  told.role = "status";
  told.className = "sr";
  mirror.className = "mirror";
  mirror.ariaHidden = "true";
  field.parentElement.classList.add("completing");
  field.after(list, told, mirror);
  let chosen = -1;
  let from = 0;

  // What stands before the caret: the word that is being written, and the name before a dot.
  function writing() {
    const before = field.value.slice(0, field.selectionStart);
    const found = /(?:([A-Za-z_]\w*)\.)?([A-Za-z_]\w*)?$/.exec(before);
    const [, owner, word = ""] = found;
    const rest = before.slice(0, before.length - word.length);
    return { owner, word, start: rest.length, quoted: quoted(rest), table: /\b(?:from|join)\s+$/i.test(rest) };
  }

  // Whether a string or a comment is open at the end of a text.
  function quoted(text) {
    const rest = text.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*\n|\/\*[^]*?\*\//g, " ");
    return /['"]|--|\/\*/.test(rest);
  }

  // The views that the query names, each by its name and by the other name it is given there.
  function named() {
    const found = new Map();
    for (const [, view, other] of field.value.matchAll(/(?<=\b(?:from|join)\s+|,\s*)([a-z_]\w*)(?=(?:\s+(?:as\s+)?([a-z_]\w*))?)/gi)) {
      const columns = views[view.toLowerCase()];
      if (!columns) continue;
      found.set(view.toLowerCase(), columns);
      if (other) found.set(other.toLowerCase(), columns);
    }
    return found;
  }

  function offers({ owner, word, table }) {
    const wanted = word.toLowerCase();
    const fits = (name) => name.startsWith(wanted) || name.includes(`_${wanted}`);
    const here = named();
    const upper = word !== "" && word === word.toUpperCase();
    const columns = (of) => of.map(([name, type]) => ({ name, note: type.toLowerCase() }));
    let all;
    if (owner) all = columns(here.get(owner.toLowerCase()) ?? views[owner.toLowerCase()] ?? []);
    else {
      const chosen = new Set(here.values());
      const near = table ? [] : chosen.size ? [...chosen] : Object.values(views);
      all = [
        ...near.flatMap(columns),
        ...Object.keys(views).map((name) => ({ name, note: "view" })),
        ...keywords.map((name) => ({ name: upper ? name.toUpperCase() : name, note: "keyword" })),
        ...functions.map((name) => ({ name, note: "function" })),
      ];
    }
    const seen = new Set();
    const kept = all.filter(({ name }) => fits(name.toLowerCase()) && name.toLowerCase() !== wanted && !seen.has(name) && seen.add(name));
    const starts = ({ name }) => (name.toLowerCase().startsWith(wanted) ? 0 : 1);
    return kept.sort((one, other) => starts(one) - starts(other)).slice(0, MOST);
  }

  function place() {
    mirror.textContent = field.value.slice(0, from);
    const mark = document.createElement("span");
    mark.textContent = "\u200b";
    mirror.append(mark);
    const room = field.parentElement.clientWidth - list.offsetWidth;
    list.style.left = `${Math.max(0, Math.min(field.offsetLeft + mark.offsetLeft, room))}px`;
    list.style.top = `${field.offsetTop + mark.offsetTop + mark.offsetHeight - field.scrollTop}px`;
  }

  function close() {
    if (list.hidden) return;
    list.hidden = true;
    told.textContent = "";
    for (const name of ["role", "aria-expanded", "aria-controls", "aria-autocomplete", "aria-activedescendant"]) field.removeAttribute(name);
  }

  function open(asked) {
    const now = writing();
    const found = now.quoted || (!asked && !now.owner && now.word.length < LEAST) ? [] : offers(now);
    if (!found.length) return close();
    from = now.start;
    list.replaceChildren(
      ...found.map(({ name, note }, number) => {
        const item = document.createElement("li");
        item.id = `completion-${number}`;
        item.role = "option";
        item.dataset.name = name;
        const kind = document.createElement("span");
        kind.className = "note";
        kind.textContent = note;
        item.append(name, kind);
        return item;
      }),
    );
    list.hidden = false;
    field.setAttribute("role", "combobox");
    field.setAttribute("aria-expanded", "true");
    field.setAttribute("aria-controls", list.id);
    field.setAttribute("aria-autocomplete", "list");
    told.textContent = `${found.length} completion${found.length === 1 ? "" : "s"}, first ${found[0].name}`;
    choose(-1);
    place();
  }

  function choose(number) {
    chosen = number;
    for (const [place, item] of [...list.children].entries()) item.setAttribute("aria-selected", String(place === number));
    const item = list.children[number];
    if (item) field.setAttribute("aria-activedescendant", item.id);
    else field.removeAttribute("aria-activedescendant");
    item?.scrollIntoView({ block: "nearest" });
  }

  function take(item) {
    field.setSelectionRange(from, field.selectionStart);
    // The one way to put text into a field that leaves the field's own undo as it is; the other is for browsers without it.
    if (!document.execCommand("insertText", false, item.dataset.name)) {
      field.setRangeText(item.dataset.name, from, field.selectionEnd, "end");
    }
    close();
  }

  field.addEventListener("input", () => open(false));
  field.addEventListener("blur", close);
  field.addEventListener("scroll", () => list.hidden || place());
  field.addEventListener("keydown", (event) => {
    if (event.ctrlKey && event.key === " ") {
      event.preventDefault();
      return open(true);
    }
    if (list.hidden || event.ctrlKey || event.metaKey || event.altKey) return;
    const last = list.children.length - 1;
    if (event.key === "ArrowDown") choose(chosen === last ? 0 : chosen + 1);
    else if (event.key === "ArrowUp") choose(chosen <= 0 ? last : chosen - 1);
    else if (event.key === "Tab" && !event.shiftKey) take(list.children[Math.max(chosen, 0)]);
    else if (event.key === "Enter" && chosen >= 0) take(list.children[chosen]);
    else if (event.key === "Escape") close();
    else return event.key.startsWith("Arrow") || event.key === "Home" || event.key === "End" ? close() : undefined;
    event.preventDefault();
    event.stopPropagation(); // Escape closes the list, and does not leave the field as well
  });
  list.addEventListener("mousedown", (event) => {
    event.preventDefault(); // the field keeps the focus
    const item = event.target.closest("li");
    if (item) take(item);
  });
}
