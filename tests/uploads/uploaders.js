// How each uploader builds the application and uploads its source maps. Each gets a directory to build into, the number of
// the build, and the environment with the address and the key.
"use strict";

const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

const MAIN = path.join(__dirname, "app", "main.js");
const modules = (set) => path.join(process.env.UPLOADERS, set, "node_modules");
const from = (set, name) => require(require.resolve(name, { paths: [modules(set)] }));
// Packages that are only modules of the other kind.
const load = (set, name) => {
  const parts = name.split("/");
  const root = path.join(modules(set), ...(name.startsWith("@") ? parts.slice(0, 2) : parts.slice(0, 1)));
  const manifest = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"));
  const key = parts.length > (name.startsWith("@") ? 2 : 1) ? `./${parts.slice(name.startsWith("@") ? 2 : 1).join("/")}` : ".";
  let target = manifest.exports?.[key] ?? manifest.module ?? manifest.main;
  while (typeof target === "object") target = target.import ?? target.default ?? target.node ?? target.require;
  return import(path.join(root, target));
};

const define = (build) => ({ __BUILD__: JSON.stringify(`build-${build}`) });
const options = { telemetry: false, silent: false };

async function bundle(out, build, plugins = [], sourcemap = "external") {
  const esbuild = from("tools", "esbuild");
  await esbuild.build({
    entryPoints: [MAIN],
    outfile: path.join(out, "main.js"),
    bundle: true,
    minify: true,
    sourcemap,
    define: define(build),
    plugins,
    nodePaths: [modules("tools")],
    logLevel: "error",
  });
}

const run = (set, command, parameters, env) =>
  execFileSync(path.join(modules(set), ".bin", command), parameters, { env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

async function webpack(set, out, build) {
  const { default: webpack } = { default: from("tools", "webpack") };
  const { sentryWebpackPlugin } = from(set, "@sentry/webpack-plugin");
  const compiler = webpack({
    mode: "production",
    entry: MAIN,
    output: { path: out, filename: "main.js" },
    devtool: "hidden-source-map",
    resolve: { modules: [modules("tools")] },
    plugins: [new webpack.DefinePlugin(define(build)), sentryWebpackPlugin(options)],
  });
  const stats = await new Promise((resolve, reject) => compiler.run((error, done) => (error ? reject(error) : resolve(done))));
  if (stats.hasErrors()) throw new Error(stats.toString());
  await new Promise((resolve) => compiler.close(resolve));
}

async function vite(set, out, build) {
  const { build: viteBuild } = await load("tools", "vite");
  const { sentryVitePlugin } = await load(set, "@sentry/vite-plugin");
  await viteBuild({
    root: path.dirname(MAIN),
    configFile: false,
    logLevel: "error",
    define: define(build),
    resolve: { alias: { "@sentry/browser": path.join(modules("tools"), "@sentry", "browser") } },
    build: {
      outDir: out,
      emptyOutDir: false,
      minify: "esbuild",
      sourcemap: "hidden",
      rollupOptions: { input: MAIN, output: { entryFileNames: "main.js", format: "iife" } },
    },
    plugins: [sentryVitePlugin(options)],
  });
}

async function rollup(set, name, key, out, build) {
  const { rollup: rollupBuild } = await load("tools", "rollup");
  const plugin = (await load(set, name))[key];
  // Rollup does not look for packages: the application is bundled before, without minifying it.
  const esbuild = from("tools", "esbuild");
  const before = path.join(out, "..", "sentry-browser.mjs");
  await esbuild.build({
    entryPoints: [path.join(modules("tools"), "@sentry", "browser")],
    outfile: before,
    bundle: true,
    format: "esm",
    logLevel: "error",
  });
  const resolve = {
    name: "resolve",
    resolveId: (id) => (id === "@sentry/browser" ? before : null),
    transform: (code) => ({ code: code.replace("__BUILD__", define(build).__BUILD__), map: null }),
    renderChunk: async (code) => {
      const small = await esbuild.transform(code, { minify: true, sourcemap: true, sourcefile: "main.js" });
      return { code: small.code, map: small.map };
    },
  };
  const bundle = await rollupBuild({ input: MAIN, plugins: [resolve, plugin(options)], onwarn: () => {} });
  await bundle.write({ file: path.join(out, "main.js"), format: "iife", sourcemap: "hidden" });
  await bundle.close();
}

async function commandLine(set, out, build, env) {
  await bundle(out, build);
  const log = run(set, "sentry-cli", ["sourcemaps", "inject", out], env);
  const release = ["--release", `shop@${build}`];
  return log + run(set, "sentry-cli", ["sourcemaps", "upload", ...release, out], env);
}

async function newCommandLine(out, build, env) {
  await bundle(out, build);
  const log = run("new", "sentry", ["sourcemap", "inject", out], env);
  return log + run("new", "sentry", ["sourcemap", "upload", out], env);
}

async function esbuild(set, name, key, out, build) {
  const plugin = (await load(set, name))[key];
  await bundle(out, build, [plugin(options)]);
}

exports.UPLOADERS = {
  "sentry-cli-2": (out, build, env) => commandLine("cli2", out, build, env),
  "sentry-cli-3": (out, build, env) => commandLine("cli3", out, build, env),
  sentry: newCommandLine,
  "webpack-5": (out, build) => webpack("plugins5", out, build),
  "webpack-11": (out, build) => webpack("plugins11", out, build),
  "vite-5": (out, build) => vite("plugins5", out, build),
  "vite-11": (out, build) => vite("plugins11", out, build),
  "esbuild-5": (out, build) => esbuild("plugins5", "@sentry/esbuild-plugin", "sentryEsbuildPlugin", out, build),
  "esbuild-11": (out, build) => esbuild("plugins11", "@sentry/bundler-plugins/esbuild", "sentryEsbuildPlugin", out, build),
  "rollup-5": (out, build) => rollup("plugins5", "@sentry/rollup-plugin", "sentryRollupPlugin", out, build),
  "rollup-11": (out, build) => rollup("plugins11", "@sentry/bundler-plugins/rollup", "sentryRollupPlugin", out, build),
};

// Builds without uploading, and without debug ids. The script names its map.
exports.plain = async (out, build) => {
  await bundle(out, build, [], "linked");
};

// Builds without uploading, but with debug ids.
exports.withoutUpload = async (out, build, env) => {
  await bundle(out, build);
  run("cli3", "sentry-cli", ["sourcemaps", "inject", out], env);
};
