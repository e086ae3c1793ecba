// The entry of the list of traces.
import { facets } from "./facets.js";
import { list } from "./list.js";
import { page } from "./page.js";

page({ list: list(), narrowing: facets() });
