// The health check of a process on this machine, for containers without a shell. Exit code 0 if it is healthy.
import "./explain-errors.ts";
import { readProcessConfig } from "../src/program/command-line.ts";

const TIMEOUT_MS = 2_000;

const { port, rewardProcessorPort } = readProcessConfig();
const asked = process.argv[2] === "reward-processor" ? rewardProcessorPort : port;
if (asked === undefined) {
  console.error("REWARD_PROCESSOR_PORT: required to ask a reward processor. Set it to the reward processor's.");
  process.exit(2);
}
const url = `http://127.0.0.1:${asked}/healthz`;
try {
  const { ok, status } = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!ok) console.error(`${url} answered ${status}.`);
  process.exitCode = ok ? 0 : 1;
} catch (error) {
  const { cause, message } = error as Error & { cause?: Error };
  console.error(`${url} did not answer: ${cause?.message || message}`);
  process.exitCode = 1;
}
