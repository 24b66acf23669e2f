import { SetupError } from "../src/platform/setup-error.ts";
import { commandLine } from "../src/program/command-line.ts";

const SAME_SETTINGS = "give this command the same PORT, HOST and DATA_DIR as the gateway";

/**
 * Sends a request to the running gateway.
 *
 * @param expected the schema of the answer; an answer of another shape does not come from a gateway
 * @throws SetupError if no gateway answers
 */
export async function askGateway<Answer extends object>(
  url: string,
  request: { headers: Record<string, string>; body: string },
  expected: (answer: object) => answer is Answer,
): Promise<{ status: number; answer: Answer }> {
  const headers = { "content-type": "application/json", ...request.headers };
  let response: Response;
  try {
    response = await fetch(url, { method: "POST", ...request, headers });
  } catch (error) {
    const { cause, message } = error as Error & { cause?: NodeJS.ErrnoException };
    const reason = cause?.message || cause?.code || message;
    const { origin } = URL.parse(url) ?? { origin: url };
    throw new SetupError(
      `No gateway answers at ${origin} (${reason}). Start the gateway with ${commandLine("start")}, or ${SAME_SETTINGS}.`,
      { cause: error },
    );
  }
  const text = await response.text();
  const answer = parse(text);
  if (response.status === 503) throw new SetupError(`The gateway at ${url} is starting or stopping. Try again.`);
  if (answer === undefined || !expected(answer)) {
    throw new SetupError(
      `${url} answered ${response.status}, but not as a gateway does: ${text.slice(0, 200)}\n` +
        `If another program listens there, ${SAME_SETTINGS}.`,
    );
  }
  return { status: response.status, answer };
}

interface GraphqlAnswer {
  data?: Record<string, unknown> | null;
  errors?: { message: string }[];
}

/**
 * Runs an operation as an operator on the running gateway.
 *
 * @param gateway its origin
 * @returns the data of the answer
 * @throws SetupError if no gateway answers, or its answer has errors
 */
export async function askOperator<Data>(
  { gateway, operatorToken }: { gateway: string; operatorToken: string },
  query: string,
  variables: Record<string, unknown>,
): Promise<Data> {
  const { status, answer } = await askGateway(
    `${gateway}/graphql`,
    { headers: { authorization: `Bearer ${operatorToken}` }, body: JSON.stringify({ query, variables }) },
    (answer): answer is GraphqlAnswer => "data" in answer || "errors" in answer,
  );
  if (answer.data == null || answer.errors) {
    throw new SetupError(
      `${gateway} answered: ${answer.errors?.[0]?.message ?? status} ` +
        "If it has another DATA_DIR or OPERATOR_TOKEN, give the same to this command.",
    );
  }
  return answer.data as Data;
}

function parse(text: string): object | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === "object" && json !== null ? json : undefined;
  } catch {
    return undefined;
  }
}
