import vue from "@vitejs/plugin-vue";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The citizen page and the console, built into the folder that the FastAPI app serves. */
export default defineConfig({
  plugins: [vue()],
  build: {
    outDir: "../api/static",
    emptyOutDir: true,
    modulePreload: { polyfill: false },
    // An inlined image would be a data: URL, which a strict content security policy refuses.
    assetsInlineLimit: 0,
    // A citizen's phone may be old; the console runs on office machines that are not much newer.
    target: ["es2020", "chrome80", "safari14"],
    reportCompressedSize: false,
    chunkSizeWarningLimit: 800,
    rolldownOptions: {
      input: { page: here("index.html"), console: here("console/index.html") },
      output: { assetFileNames: "assets/[name]-[hash][extname]" },
    },
  },
  server: { proxy: { "/api": "http://127.0.0.1:8000" } },
  // Element Plus imports style sheets, which Node cannot load by itself.
  test: {
    environment: "happy-dom",
    include: ["test/**/*.test.ts"],
    server: { deps: { inline: ["element-plus"] } },
    // A console page with all its fields takes seconds to mount while other work holds up the machine.
    testTimeout: 30_000,
  },
});
