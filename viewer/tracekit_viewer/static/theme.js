// Runs before the first paint: the remembered theme must not flash, and .js marks what needs scripts.
const root = document.documentElement;
root.classList.add("js");
const remembered = localStorage.getItem("tracekit.theme");
if (remembered === "dark" || remembered === "light") root.dataset.theme = remembered;
