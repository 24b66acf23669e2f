import type { Config } from "../config/config.ts";
import { checkPort, type ListenSettings } from "../platform/port.ts";
import { SetupError } from "../platform/setup-error.ts";

export const gatewayListens = ({ port, host }: Pick<Config, "port" | "host">): ListenSettings => ({
  port: { setting: "PORT", value: port },
  host: { setting: "HOST", value: host },
});

export const metricsListen = ({ port, host }: NonNullable<Config["metrics"]>): ListenSettings => ({
  port: { setting: "METRICS_PORT", value: port },
  host: { setting: "METRICS_HOST", value: host },
});

/**
 * Checks that the ports of the gateway, its metrics, and the sandbox if this process starts it, are available: a port
 * in use is reported before the start does any work.
 *
 * @throws SetupError naming the setting
 */
export async function checkPorts(config: Config): Promise<void> {
  await checkPort(gatewayListens(config));
  const { metrics } = config;
  if (metrics && !metrics.isDefault) await checkPort(metricsListen(metrics));
  if (config.client.url !== undefined) return;
  const { sandboxPort } = config;
  if (sandboxPort !== 0 && sandboxPort === config.port) {
    throw new SetupError(`PORT, SANDBOX_PORT: both are ${sandboxPort}. Set one of them to another port.`);
  }
  await checkPort({
    port: { setting: "SANDBOX_PORT", value: sandboxPort },
    host: { setting: "SANDBOX_HOST", value: process.env["SANDBOX_HOST"] || "127.0.0.1" },
  });
}
