import { z } from "zod";
import { sandboxTill } from "./capillary/credentials.ts";
import { defaultGatewayUrl } from "./client/control.ts";
import { explain } from "./read-json.ts";

const port = z.string().regex(/^\d+$/, "expected a whole number").transform(Number).pipe(z.int().max(65535));

const schema = z.object({
  SANDBOX_PORT: port.default(4010),
  SANDBOX_HOST: z.string().min(1).default("127.0.0.1"),
  DATA_DIR: z.string().min(1).default(".data"),
  GATEWAY_URL: z.url({ error: "expected a URL such as http://localhost:4000" }).default(defaultGatewayUrl),
  CLIENT_API_USER: z.string().min(1).default("tessera"),
  CLIENT_API_PASSWORD: z.string().min(1).default("sandbox"),
  CAPILLARY_TILL: z.string().min(1).default(sandboxTill.till),
  CAPILLARY_PASSWORD: z.string().min(1).default(sandboxTill.password),
  CAPILLARY_OAUTH_KEY: z.string().min(1).default(sandboxTill.oauthKey),
  CAPILLARY_OAUTH_SECRET: z.string().min(1).default(sandboxTill.oauthSecret),
});

/** The names of all the sandbox's settings. */
export const settingNames: readonly string[] = Object.keys(schema.shape);

/** Reads the sandbox's settings; throws one line that names each invalid variable. */
export function readEnvironment(env: NodeJS.ProcessEnv): z.infer<typeof schema> {
  const result = schema.safeParse(env);
  if (!result.success) throw new Error(explain(result.error));
  return result.data;
}
