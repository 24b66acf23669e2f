import { useSyncExternalStore } from "react";

/** Increases when a session begins or ends. The console then reads the signed-in operator again. */
let version = 0;
const listeners = new Set<() => void>();

function notifyListeners(): void {
  version += 1;
  for (const listener of listeners) listener();
}

/** To be called on an UNAUTHENTICATED answer. */
export const signedOut = notifyListeners;

export function useSessionVersion(): number {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => version,
  );
}

/** Signs in with an operator key. @returns why the sign-in failed; null on success */
export const signIn = (token: string) => open("/console/sign-in", { token });

/** Signs in as an account. @returns why the sign-in failed; null on success */
export const signInByPassword = (form: { name: string; password: string; code: string }) =>
  open("/console/sign-in/password", form);

/** Signs in as the sample operator, in development. @returns why the sign-in failed; null on success */
export const signInForDevelopment = () => open("/console/sign-in/development", {});

/** The sign-in methods that the gateway offers in addition to a password and a key. */
export interface SignInMethods {
  /** Through the identity provider (OpenID Connect). */
  provider: boolean;
  /** As the sample operator, by a click. */
  development: boolean;
}

export async function readSignInMethods(): Promise<SignInMethods> {
  const response = await fetch("/console/sign-in/ways");
  return (await response.json()) as SignInMethods;
}

/** The data of an enrolment link, or why the link is invalid. */
export type Enrolment = { name: string; totpSecret: string; totpUri: string } | { error: string };

export async function readEnrolment(secret: string): Promise<Enrolment> {
  const response = await post("/console/enrolment", { secret }).catch(() => null);
  return response?.ok ? ((await response.json()) as Enrolment) : { error: await problemOf(response) };
}

/** Uses an enrolment link, and signs in. @returns why that failed; null on success */
export const enrol = (form: { secret: string; password: string; code: string }) =>
  open("/console/enrolment/complete", form);

export async function signOut(): Promise<void> {
  await post("/console/sign-out", {}).catch(() => {});
  location.assign("/console/");
}

interface Challenge {
  options: object;
  ticket: string;
}

/** An error with a message for the operator. */
class OperatorMessage extends Error {}

async function postForJson<T>(path: string, body: object = {}): Promise<T> {
  const response = await post(path, body).catch(() => null);
  if (!response?.ok) throw new OperatorMessage(await problemOf(response));
  return (response.status === 204 ? undefined : await response.json()) as T;
}

/** @returns why the passkey operation failed, for the operator */
const reasonOf = (error: unknown): string =>
  error instanceof OperatorMessage ? error.message : "No passkey was used. Try again, or sign in another way.";

/** Signs in with a passkey of this device. @returns why the sign-in failed; null on success */
export async function signInByPasskey(): Promise<string | null> {
  try {
    const { startAuthentication } = await import("@simplewebauthn/browser");
    const { options, ticket } = await postForJson<Challenge>("/console/passkeys/sign-in/options");
    const response = await startAuthentication({ optionsJSON: options as never });
    await postForJson("/console/passkeys/sign-in", { ticket, response });
    notifyListeners();
    return null;
  } catch (error) {
    return reasonOf(error);
  }
}

export interface Passkey {
  id: string;
  name: string;
  createdAt: string;
  usedAt: string | null;
}

export const readPasskeys = () => postForJson<Passkey[]>("/console/passkeys/list");
export const removePasskey = (id: string) => postForJson<void>("/console/passkeys/remove", { id });

/** Adds a passkey of this device to the account. @returns why that failed; null on success */
export async function addPasskey(name: string): Promise<string | null> {
  try {
    const { startRegistration } = await import("@simplewebauthn/browser");
    const { options, ticket } = await postForJson<Challenge>("/console/passkeys/options");
    const response = await startRegistration({ optionsJSON: options as never });
    await postForJson("/console/passkeys/add", { ticket, response, name });
    return null;
  } catch (error) {
    return reasonOf(error);
  }
}

async function open(path: string, body: object): Promise<string | null> {
  const response = await post(path, body).catch(() => null);
  if (!response?.ok) return problemOf(response);
  notifyListeners();
  return null;
}

async function problemOf(response: Response | null): Promise<string> {
  if (!response) return "The gateway is not reachable. Check your connection and try again.";
  const { error } = (await response.json().catch(() => ({}))) as { error?: string };
  return error ?? `The gateway answered with status ${response.status}.`;
}

const post = (path: string, body: object) =>
  fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
