// The entry of the SQL page.
import { page } from "./page.js";
import { sql } from "./sql.js";

sql();
page();
