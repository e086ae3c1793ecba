// The entry of pages that do nothing of their own.
import { page } from "./page.js";

page();
