import { defineConfig, type Plugin } from "vite";
import { keepBuilds } from "../scripts/keep-builds.ts";

/** GraphiQL's two typefaces come with every script and style inlined, 360 kB; the page needs upright Latin, 66 kB. */
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
