// Writes the API's description from its contract, so that the daemon only has to serve a file.
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { version } = require("../package.json");
const { openApi } = require("../.build/openapi/openapi.cjs");
writeFileSync(new URL("../dist/openapi.json", import.meta.url), `${JSON.stringify(openApi(version), null, 2)}\n`);
