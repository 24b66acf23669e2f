import { type ReactNode, useEffect, useState } from "react";
import { brand } from "../../../microsite/src/shell/brand.ts";
import { Button } from "../../../microsite/src/ui/button.tsx";
import { TextField } from "../../../microsite/src/ui/field.tsx";
import { Notice } from "../../../microsite/src/ui/notice.tsx";
import { useTitle } from "../ui/use-title.ts";
import {
  readSignInMethods,
  type SignInMethods,
  signIn,
  signInByPasskey,
  signInByPassword,
  signInForDevelopment,
} from "./session.ts";
import styles from "./sign-in.module.css";

/** Messages for a failed sign-in through the identity provider, by `OidcFault` in src/auth/oidc-sign-in.ts. */
const faults: Record<string, string> = {
  expired: "The sign-in took too long, or was started in another browser. Start again.",
  refused: "The identity provider did not sign you in. Try again; if the problem persists, contact your administrator.",
  "no-role":
    "The identity provider signed you in, but you have no role in the console. Ask your administrator for a role.",
  unavailable: "The identity provider is not available. Try again in a moment, or sign in another way.",
};

const supportsPasskeys = "PublicKeyCredential" in globalThis;

export function SignInPage() {
  const [methods, setMethods] = useState<SignInMethods | null>(null);
  useTitle("Sign in");
  useEffect(() => {
    readSignInMethods().then(setMethods, () => {}); // without an answer, the methods of every gateway remain
  }, []);
  const fault = faults[new URLSearchParams(location.search).get("sign-in") ?? ""];
  return (
    <SignInCard title={`${brand.name} console`}>
      {fault && <Notice tone="bad">{fault}</Notice>}
      {methods?.provider && (
        <a className={styles.provider} href="/console/oidc/start">
          Sign in with your organisation
        </a>
      )}
      <SignInForm
        submit="Sign in"
        send={(field) => signInByPassword({ name: field("name"), password: field("password"), code: field("code") })}
      >
        <TextField label="Name" name="name" autoComplete="username" autoCapitalize="none" spellCheck={false} required />
        <TextField label="Password" name="password" type="password" autoComplete="current-password" required />
        <CodeField />
      </SignInForm>
      {supportsPasskeys && (
        <SignInForm submit="Sign in with a passkey" variant="quiet" send={signInByPasskey}>
          {null}
        </SignInForm>
      )}
      <p className={styles.or}>or</p>
      <SignInForm submit="Sign in with an operator key" variant="quiet" send={(field) => signIn(field("token"))}>
        <TextField
          label="Operator key"
          name="token"
          type="password"
          autoComplete="off"
          spellCheck={false}
          required
          help="Operators with the role ADMIN create accounts and keys under Team. A session lasts at most twelve hours."
        />
      </SignInForm>
      {methods?.development && (
        <SignInForm submit="Sign in as the sample operator" variant="quiet" send={signInForDevelopment}>
          <p className={styles.or}>Development mode:</p>
        </SignInForm>
      )}
    </SignInCard>
  );
}

export function SignInCard({ title, children }: { title: string; children: ReactNode }) {
  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <img src={brand.logo} alt="" width="40" height="40" />
        <h1>{title}</h1>
        {children}
      </div>
    </main>
  );
}

export const CodeField = () => (
  <TextField
    label="Code of your authenticator app"
    name="code"
    inputMode="numeric"
    autoComplete="one-time-code"
    maxLength={7}
    required
  />
);

interface SignInFormProps {
  submit: string;
  variant?: "main" | "quiet";
  /** Signs in. @param field reads a field by its name @returns why the sign-in failed; null on success */
  send(field: (name: string) => string): Promise<string | null>;
  children: ReactNode;
}

export function SignInForm({ submit, variant = "main", send, children }: SignInFormProps) {
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  return (
    <form
      className={styles.form}
      onSubmit={async (event) => {
        event.preventDefault();
        if (isBusy) return;
        const fields = new FormData(event.currentTarget);
        setBusy(true);
        setProblem(await send((name) => String(fields.get(name) ?? "").trim()));
        setBusy(false);
      }}
    >
      {children}
      {problem && <Notice tone="bad">{problem}</Notice>}
      <Button type="submit" variant={variant} wide busy={isBusy}>
        {submit}
      </Button>
    </form>
  );
}
