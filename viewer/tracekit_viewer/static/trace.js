// The entry of a trace.
import { page } from "./page.js";
import { scores } from "./scores.js";
import { tree } from "./tree.js";

page({ trace: tree(), judging: scores({ stay: true }) });
