import { type FormEvent, useState } from "react";
import { Button } from "../../../microsite/src/ui/button.tsx";
import { TextField } from "../../../microsite/src/ui/field.tsx";
import { brand } from "../../../microsite/theme/brand.ts";
import logo from "../../../microsite/theme/logo.svg";
import { useTitle } from "../ui/use-title.ts";
import { signIn } from "./session.ts";
import styles from "./sign-in.module.css";

export function SignInPage() {
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  useTitle("Sign in");

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const token = String(new FormData(event.currentTarget).get("token") ?? "").trim();
    if (token === "") return setProblem("Paste your operator key.");
    setBusy(true);
    setProblem(await signIn(token));
    setBusy(false);
  }

  return (
    <main className={styles.page}>
      <form className={styles.card} onSubmit={submit} noValidate>
        <img src={logo} alt="" width="40" height="40" />
        <h1>{brand.name} console</h1>
        <TextField
          label="Operator key"
          name="token"
          type="password"
          autoComplete="current-password"
          autoFocus
          spellCheck={false}
          fault={problem ?? undefined}
          help="Operators with the role ADMIN make keys under Team. A sign-in lasts at most twelve hours."
        />
        <Button type="submit" wide busy={isBusy}>
          Sign in
        </Button>
      </form>
    </main>
  );
}
