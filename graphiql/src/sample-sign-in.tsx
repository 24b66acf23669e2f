import type { FetcherParams } from "@graphiql/toolkit";
import { useEffect, useState } from "react";
import { fetcher } from "./fetcher.ts";

interface SampleCustomer {
  customerId: string;
  points: number;
  groups: string[];
}
interface SignInResult {
  data?: { signInWithToken: { userErrors: { message: string }[] } } | null;
  errors?: { message: string }[];
}

const SIGN_IN = `mutation SignInWithToken($input: SignInWithTokenInput!) {
  signInWithToken(input: $input) { session { accessToken } userErrors { message } }
}`;

/** Signs in as a sandbox customer with a sign-in link. The fetcher copies the access token into the tabs. */
export function SampleSignIn({ path }: { path: string }) {
  const [customers, setCustomers] = useState<SampleCustomer[]>([]);
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    request<{ customers: SampleCustomer[] }>(path).then(
      (payload) => setCustomers(payload.customers),
      (error: Error) => setProblem(error.message),
    );
  }, [path]);

  async function signIn(customerId: string) {
    try {
      const { token } = await request<{ token: string }>(path, { customerId });
      const variables = { input: { token, customerId } };
      const { data, errors = [] } = (await fetcher({ query: SIGN_IN, variables } as FetcherParams)) as SignInResult;
      setProblem([...errors, ...(data?.signInWithToken.userErrors ?? [])][0]?.message);
    } catch (error) {
      setProblem((error as Error).message);
    }
  }

  return (
    <fieldset className="tessera-samples">
      <legend>Sign in as a sample customer</legend>
      {customers.map(({ customerId, points, groups }) => (
        <button key={customerId} type="button" className="graphiql-button" onClick={() => void signIn(customerId)}>
          {customerId}
          <small>{[`${points.toLocaleString("en")} points`, ...groups].join(" · ")}</small>
        </button>
      ))}
      {problem && <p role="alert">{problem}</p>}
    </fieldset>
  );
}

/** @throws Error with the gateway's error message */
async function request<Payload>(path: string, body?: object): Promise<Payload> {
  const post = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch(path, body && post);
  const payload = await response.json();
  if (!response.ok) throw new Error(payload.error);
  return payload;
}
