import { useEffect, useState } from "react";
import { TextField } from "../../../microsite/src/ui/field.tsx";
import { Notice } from "../../../microsite/src/ui/notice.tsx";
import { QrCode } from "../../../microsite/src/ui/qr-code.tsx";
import { useTitle } from "../ui/use-title.ts";
import { type Enrolment, enrol, readEnrolment } from "./session.ts";
import styles from "./sign-in.module.css";
import { CodeField, SignInCard, SignInForm } from "./sign-in-page.tsx";

/** The page of an enrolment link. Its secret is in the address's fragment, which browsers never send to a server. */
export default function EnrolPage() {
  const [secret] = useState(() => location.hash.slice(1));
  const [enrolment, setEnrolment] = useState<Enrolment | null>(null);
  useTitle("Your account");
  useEffect(() => {
    history.replaceState(null, "", location.pathname);
    void readEnrolment(secret).then(setEnrolment);
  }, [secret]);

  if (!enrolment) return null;
  if ("error" in enrolment) {
    return (
      <SignInCard title="Your account">
        <Notice tone="bad">{enrolment.error}</Notice>
      </SignInCard>
    );
  }
  const { name, totpSecret, totpUri } = enrolment;
  return (
    <SignInCard title={`Welcome, ${name}`}>
      <p>Add this account to an authenticator app on your phone, and choose a password.</p>
      <QrCode text={totpUri} label="QR code for an authenticator app" className={styles.qr} />
      <p className={styles.secret}>
        Or enter this key in the app: <code>{totpSecret.match(/.{1,4}/g)?.join(" ")}</code>
      </p>
      <SignInForm
        submit="Sign in"
        send={async (field) => {
          const password = field("password");
          const problem =
            password === field("again")
              ? await enrol({ secret, password, code: field("code") })
              : "The passwords do not match.";
          if (problem === null) location.assign("/console/");
          return problem;
        }}
      >
        <input type="hidden" name="username" autoComplete="username" value={name} />
        <TextField
          label="Password"
          name="password"
          type="password"
          autoComplete="new-password"
          minLength={12}
          required
          help="At least 12 characters, and not your name."
        />
        <TextField label="Repeat the password" name="again" type="password" autoComplete="new-password" required />
        <CodeField />
      </SignInForm>
    </SignInCard>
  );
}
