/** The credentials after the scheme of an `Authorization` header; undefined for another scheme or none. */
export function credentialsAfter(scheme: string, authorization: string | undefined): string | undefined {
  const [given, credentials] = authorization?.split(" ") ?? [];
  return given?.toLowerCase() === scheme.toLowerCase() ? credentials : undefined;
}

/** Whether the header is HTTP Basic for exactly this pair. */
export function isBasic(authorization: string | undefined, user: string, password: string): boolean {
  const encoded = credentialsAfter("Basic", authorization);
  return encoded !== undefined && Buffer.from(encoded, "base64").toString() === `${user}:${password}`;
}
