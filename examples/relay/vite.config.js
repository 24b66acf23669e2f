import { defineConfig } from "vite";
import relay from "vite-plugin-relay";

// Replaces each `graphql` text with the artifact that relay-compiler generated from it.
export default defineConfig({ plugins: [relay] });
