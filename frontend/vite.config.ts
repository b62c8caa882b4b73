import { gzipSync } from "node:zlib";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig, type Plugin } from "vite";
import { fakeServer } from "./dev/server.ts";
import { notices } from "./notices.ts";

const OUT = "../src/shaar/platform/desk/static/desk/workbench";

/** Beside each file its compressed twin, which the server hands out as it is. */
function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    closeBundle() {
      for (const name of readdirSync(OUT).sort()) {
        if (/\.(js|mjs|css)$/.test(name)) {
          writeFileSync(join(OUT, `${name}.gz`), gzipSync(readFileSync(join(OUT, name)), { level: 9 }));
        }
      }
    },
  };
}

/** The licences of what is bundled, beside it. */
function licences(): Plugin {
  return {
    name: "licences",
    apply: "build",
    closeBundle() {
      mkdirSync(OUT, { recursive: true });
      writeFileSync(join(OUT, "NOTICE.txt"), notices(import.meta.dirname));
    },
  };
}

export default defineConfig({
  base: "./",
  plugins: [fakeServer(), compressed(), licences()],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: OUT,
    emptyOutDir: true,
    target: "es2022",
    modulePreload: false,
    assetsInlineLimit: 0,
    cssCodeSplit: true,
    chunkSizeWarningLimit: 1300,
    rollupOptions: {
      preserveEntrySignatures: false,
      input: { workbench: "src/main.tsx" },
      output: {
        entryFileNames: "[name].js",
        // Words have a plain name, so that the page can ask for those of its language at once.
        chunkFileNames: (chunk: { name: string }) => (/^(en|ru|ky|kk)$/.test(chunk.name) ? "text-[name].js" : "[name]-[hash].js"),
        assetFileNames: (asset: { names: string[] }) => (asset.names.includes("workbench.css") ? "workbench.css" : "[name]-[hash][extname]"),
      },
    },
  },
  test: { environment: "node", include: ["tests/**/*.test.ts"] },
} as never);
