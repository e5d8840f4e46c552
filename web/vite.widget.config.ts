import { defineConfig } from "vite";

/** The widget alone: one script with a fixed name that any site can embed. Runs after the main build. */
export default defineConfig({
  publicDir: false,
  build: {
    outDir: "../api/static",
    emptyOutDir: false,
    target: ["es2020", "chrome80", "safari14"],
    reportCompressedSize: false,
    lib: { entry: "src/widget/index.ts", formats: ["iife"], name: "HotlineWidgetBundle", fileName: () => "widget.js" },
  },
});
