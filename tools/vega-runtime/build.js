// Builds the runtime and the licences of what is in it. `node build.js FOLDER` writes them there; otherwise to where the
// package ships them from. The same packages give the same bytes.

import {createHash} from "node:crypto";
import {readFileSync, readdirSync, writeFileSync} from "node:fs";
import {dirname, join} from "node:path";
import {fileURLToPath} from "node:url";
import {build} from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const target = process.argv[2] ?? join(here, "../../mkdocs_dlplugin/assets/js");

const {metafile} = await build({
  absWorkingDir: here,
  entryPoints: ["entry.js"],
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2020",
  charset: "utf8",
  legalComments: "none",
  metafile: true,
  banner: {js: "/* Parts of Vega and D3; licences in vega-runtime.LICENSES.txt. Built by tools/vega-runtime. */"},
  outfile: join(target, "vega-runtime.js"),
});

const output = Object.values(metafile.outputs)[0];
const used = Object.entries(output.inputs)
  .filter(([, {bytesInOutput}]) => bytesInOutput)
  .map(([file]) => file.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1])
  .filter(Boolean);
const licences = new Map();
for (const name of [...new Set(used)].sort()) {
  const folder = join(here, "node_modules", name);
  const {version, license} = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[sc]e/i.test(entry));
  const text = readFileSync(join(folder, file), "utf8").replaceAll("\r", "").trim();
  licences.set(text, [...(licences.get(text) ?? []), `${name} ${version} (${license})`]);
}
const said = [...licences].map(([text, names]) => `${names.join("\n")}\n\n${text}\n`);
writeFileSync(join(target, "vega-runtime.LICENSES.txt"), said.join(`\n${"-".repeat(80)}\n\n`));

const bytes = readFileSync(join(target, "vega-runtime.js"));
const digest = createHash("sha256").update(bytes).digest("hex");
if (!process.argv[2]) writeFileSync(join(here, "SHA256"), `${digest}  vega-runtime.js\n`);
console.log(`${bytes.length} bytes, ${digest}`);
