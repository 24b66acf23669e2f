import { defineConfig, type Plugin } from "vite";
import { keepBuilds } from "../scripts/keep-builds.ts";

/** Keeps only upright Latin fonts (66 kB). GraphiQL inlines two fonts in every writing system and style (360 kB). */
const latinOnly: Plugin = {
  name: "latin-only",
  enforce: "pre",
  transform: {
    filter: { id: /@graphiql\/react\/font\/.*\.css/ },
    handler: (css) =>
      css.replace(/@font-face\s*{[^}]*}/g, (face) => (/style: normal[^}]*U\+0000-00FF/.test(face) ? face : "")),
  },
};

export default defineConfig({
  base: "/graphiql/",
  plugins: [latinOnly, keepBuilds()],
  build: {
    target: "es2022",
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 4000,
    rolldownOptions: { checks: { moduleLevelDirective: false } },
  },
});
