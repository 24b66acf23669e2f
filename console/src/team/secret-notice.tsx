import { useState } from "react";
import { Button } from "../../../microsite/src/ui/button.tsx";
import { Notice } from "../../../microsite/src/ui/notice.tsx";
import ui from "../ui/ui.module.css";

/** A secret that the gateway returns once. It is visible until the operator leaves the page or dismisses it. */
export interface Secret {
  title: string;
  help: string;
  value: string;
}

export function SecretNotice({ secret, onClose }: { secret: Secret | null; onClose(): void }) {
  const [isCopied, setCopied] = useState(false);
  if (!secret) return null;
  const { title, help, value } = secret;
  return (
    <Notice tone="calm" title={title}>
      <p>{help}</p>
      <p>
        <code className={ui.mono}>{value}</code>
      </p>
      <p className={ui.row}>
        <Button variant="quiet" onClick={() => void navigator.clipboard.writeText(value).then(() => setCopied(true))}>
          {isCopied ? "Copied" : "Copy"}
        </Button>
        <Button
          variant="plain"
          onClick={() => {
            setCopied(false);
            onClose();
          }}
        >
          Done
        </Button>
      </p>
    </Notice>
  );
}
