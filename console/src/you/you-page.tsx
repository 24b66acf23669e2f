import { useCallback, useEffect, useState } from "react";
import { Button } from "../../../microsite/src/ui/button.tsx";
import { TextField } from "../../../microsite/src/ui/field.tsx";
import { addPasskey, type Passkey, readPasskeys, removePasskey } from "../session/session.ts";
import { SignInForm } from "../session/sign-in-page.tsx";
import { useOperator } from "../session/use-operator.ts";
import { moment } from "../ui/format.ts";
import { Card, Empty, Page, Waiting } from "../ui/page.tsx";
import ui from "../ui/ui.module.css";

/** The passkeys of the signed-in account. */
export default function YouPage() {
  const { name } = useOperator();
  const [passkeys, setPasskeys] = useState<Passkey[] | null>(null);
  const reload = useCallback(
    () =>
      readPasskeys().then(setPasskeys, () => {
        setPasskeys([]); // the account may have been disabled in the meantime
      }),
    [],
  );
  useEffect(() => void reload(), [reload]);
  return (
    <Page title="Your sign-in">
      <Card title="Passkeys">
        <p className={ui.soft}>
          {`A passkey signs ${name} in with a fingerprint, face or PIN of this device, without a password. If you lose a device, remove its passkey here.`}
        </p>
        {!passkeys && <Waiting />}
        {passkeys?.length === 0 && <Empty>No passkeys yet.</Empty>}
        <ul className={ui.list}>
          {(passkeys ?? []).map(({ id, name: passkeyName, createdAt, usedAt }) => (
            <li key={id}>
              <span>
                <strong>{passkeyName}</strong>
                <br />
                <span className={`${ui.soft} ${ui.small}`}>
                  {`added ${moment(createdAt)}, ${usedAt ? `last used ${moment(usedAt)}` : "never used"}`}
                </span>
              </span>
              <Button variant="quiet" onClick={() => void removePasskey(id).then(reload, reload)}>
                {`Remove ${passkeyName}`}
              </Button>
            </li>
          ))}
        </ul>
        <SignInForm
          submit="Add a passkey for this device"
          variant="quiet"
          send={async (field) => {
            const problem = await addPasskey(field("called"));
            await reload();
            return problem;
          }}
        >
          <TextField
            label="Name of the device"
            name="called"
            required
            maxLength={64}
            help="For example: office laptop."
          />
        </SignInForm>
      </Card>
    </Page>
  );
}
