// The entry of the review queue.
import { page } from "./page.js";
import { scores } from "./scores.js";

page({ judging: scores({ stay: false }) });
