import type { Page } from "./grown-pages.ts";

/** @returns the fault of the answer, or null */
export async function readPage(url: string, { query, path }: Page, token: string | undefined): Promise<string | null> {
  const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
  if (path !== undefined) {
    const { status } = await fetch(`${url}${path}`, { headers }).then(async (answer) => ({
      status: answer.status,
      body: await answer.text(),
    }));
    return status < 500 ? null : `answered ${status}`;
  }
  const answer = await fetch(`${url}/graphql`, { method: "POST", headers, body: JSON.stringify({ query }) });
  const { errors } = (await answer.json()) as { errors?: { message: string }[] };
  return errors?.[0]?.message ?? null;
}
