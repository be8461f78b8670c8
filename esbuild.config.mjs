// Bundles the pages' scripts, styles and fonts into static/dist (never committed).
import { build, context } from "esbuild";
import { rmSync } from "node:fs";

// Styles are listed here, not by @import inside static/css: collectstatic would look for what they name.
const styles = [
  "@fontsource-variable/inter/wght.css",
  "@fontsource-variable/jetbrains-mono/wght.css",
  "./static/css/tokens.css",
  "./static/css/base.css",
  "./static/css/components.css",
  "./static/css/fields.css",
  "./static/css/floating.css",
  "./static/css/pages.css",
  "./static/css/new_render.css",
  "./static/css/libraries.css",
  "./static/css/machines.css",
  "./static/css/carbon.css",
  "./static/css/render.css",
  "./static/css/files.css",
  "./static/css/log.css",
  "./static/css/viewer.css",
  "./static/css/account.css",
];

const shared = {
  bundle: true,
  minify: true,
  target: ["chrome111", "firefox121", "safari16.4"],
  logLevel: "warning",
  legalComments: "none",
};

const scripts = { ...shared, entryPoints: { app: "static/src/app.js" }, outdir: "static/dist", format: "esm" };

const sheets = {
  ...shared,
  stdin: { contents: styles.map((file) => `@import "${file}";`).join("\n"), loader: "css", resolveDir: "." },
  outfile: "static/dist/app.css",
  loader: { ".woff2": "file" },
  assetNames: "fonts/[name]",
};

if (process.argv.includes("--watch")) {
  await Promise.all([scripts, sheets].map(async (options) => (await context(options)).watch()));
} else {
  rmSync("static/dist", { recursive: true, force: true });
  await Promise.all([build(scripts), build(sheets)]);
}
