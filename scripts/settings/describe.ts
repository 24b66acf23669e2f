import type { z } from "zod";
import { descriptionOf, settingGroups } from "../../src/config/settings.ts";

const MAX_WIDTH = 120;

/** The table of the settings in Markdown, with links relative to `docs/`. */
export function settingsTable(): string {
  const groups = settingGroups.map(([subject, settings]) => {
    const rows = Object.entries(settings).map(([name, schema]) => {
      const { meaning, unset, isRequired } = descriptionOf(schema);
      const otherwise = unset ?? codeOf(defaultOf(schema));
      return `| \`${name}\` | ${otherwise} | ${isRequired ? "**required in production**; " : ""}${linkedFromDocs(meaning)} |`;
    });
    return [`| **${subject}** | | |`, ...rows].join("\n");
  });
  return `| variable | default | meaning |\n|---|---|---|\n${groups.join("\n")}\n`;
}

/** The text of `.env.example`: every setting, commented out unless production requires it. */
export function envExample(): string {
  const intro =
    "# Settings of Tessera, for `docker compose` and `node --env-file`. Written by `npm run settings:docs` from src/config/settings.ts.\n" +
    "# A blank value counts as none. Production requires the settings that are not commented out.\n";
  const groups = settingGroups.map(([subject, settings]) => {
    const entries = Object.entries(settings).map(([name, schema]) => {
      const { meaning, unset, isRequired } = descriptionOf(schema);
      const value = defaultOf(schema) ?? "";
      const words = unset === undefined ? meaning : `${meaning}. Unset: ${unset}`;
      return `${comment(plainText(words))}${isRequired ? "" : "#"}${name}=${value}\n`;
    });
    return `${comment(`--- ${subject} ---`)}\n${entries.join("\n")}`;
  });
  return [intro, ...groups].join("\n");
}

/** Set by the Helm chart itself. */
const ofTheChart = ["NODE_ENV", "HOST", "PORT", "METRICS_PORT", "METRICS_HOST", "REWARD_PROCESSOR_PORT"];

/** The Helm chart's JSON schema of its values, with the permitted names of `settings`. */
export function chartSchema(schema: string): string {
  const parsed = JSON.parse(schema) as { properties: { settings: { propertyNames: { enum: string[] } } } };
  const names = settingGroups.flatMap(([, settings]) => Object.keys(settings));
  parsed.properties.settings.propertyNames.enum = names.filter((name) => !ofTheChart.includes(name));
  return `${JSON.stringify(parsed, null, 2)}\n`;
}

/** The default of the setting; undefined if it has none. */
function defaultOf(schema: z.ZodType): string | undefined {
  const { data } = schema.safeParse(undefined);
  return data === undefined ? undefined : String(data);
}

const codeOf = (value: string | undefined) => (value ? `\`${value}\`` : "none");

/** Links of the settings are relative to the top of the repository. */
const linkedFromDocs = (markdown: string) =>
  markdown.replace(/\]\((docs\/)?/g, (_, docs?: string) => (docs ? "](" : "](../"));

/** Markdown without its links and emphasis. */
const plainText = (markdown: string) => markdown.replace(/\[([^\]]+)\]\([^)]+\)/g, "$1").replaceAll("**", "");

function comment(text: string): string {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line.length + word.length + 3 > MAX_WIDTH) lines.push(word);
    else lines[lines.length - 1] = line ? `${line} ${word}` : word;
  }
  return lines.map((line) => `# ${line}\n`).join("");
}
