import { defineConfig } from "vite";
import relay from "vite-plugin-relay";

// In place of each `graphql` text, the artifact that relay-compiler has made of it.
export default defineConfig({ plugins: [relay] });
