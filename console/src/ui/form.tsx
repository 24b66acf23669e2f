import { type ComponentProps, type ReactNode, useId, useLayoutEffect, useRef, useState } from "react";
import { Button } from "../../../microsite/src/ui/button.tsx";
import { Dialog, DialogActions } from "../../../microsite/src/ui/dialog.tsx";
import { Notice } from "../../../microsite/src/ui/notice.tsx";
import type { RefusedFragment } from "../graphql/generated/graphql.ts";
import ui from "./ui.module.css";

/** The answer of a mutation: its refusals, or an error of the whole operation. */
export interface FormResult {
  refusals: readonly RefusedFragment[];
  /** Whether the form has another step and stays open. */
  isUnfinished?: boolean;
}

/** Reads the refusals of a mutation's payload; an error of the whole operation counts as a refusal. */
export function formResultOf(
  result: { data?: unknown; error?: { message: string } | undefined },
  payload: { userErrors: readonly RefusedFragment[] } | null | undefined,
): FormResult {
  if (payload) return { refusals: payload.userErrors };
  const message = result.error?.message ?? "No response. Check whether the action took effect before you try again.";
  return { refusals: [{ __typename: "BasicUserError", code: "INVALID_INPUT", message, field: null }] };
}

export function Refusals({ refusals }: { refusals: readonly RefusedFragment[] }) {
  if (refusals.length === 0) return null;
  return (
    <Notice tone="bad">
      {refusals.map(({ code, message, field }) => (
        <p key={`${code} ${message} ${field?.join(".")}`}>{message}</p>
      ))}
    </Notice>
  );
}

export function TextArea({ label, help, ...rest }: ComponentProps<"textarea"> & { label: string; help?: string }) {
  const id = useId();
  return (
    <div>
      <label htmlFor={id}>{label}</label>
      <textarea rows={3} {...rest} id={id} aria-describedby={help && `${id}-help`} />
      {help && (
        <p id={`${id}-help`} className={`${ui.soft} ${ui.small}`}>
          {help}
        </p>
      )}
    </div>
  );
}

export interface ActionFormProps {
  /** The title of the form and of the button that opens it. */
  title: string;
  /** The accessible name of the button and of the form, if several on the page have the same title. */
  label?: string;
  submit: string;
  variant?: "main" | "quiet" | "danger";
  /** Sends the form. @param key an idempotency key that stays the same until the form is closed */
  send(fields: FormData, key: string): Promise<FormResult>;
  children: ReactNode | ((key: string) => ReactNode);
  disabled?: boolean;
  /** Called before the form opens, to begin with its first step. */
  onOpen?(): void;
}

/** The time after which the dialog's own return of the focus is over, in frames. */
const FRAMES = 2;

/** Gives the focus to the first of the elements that is in the page, if no element has it: the keyboard would start at the top otherwise. */
function focusAfterwards(opener: HTMLButtonElement | null, frames = FRAMES): void {
  requestAnimationFrame(() => {
    if (frames > 1) return focusAfterwards(opener, frames - 1);
    if (document.activeElement !== document.body) return;
    const target = opener?.isConnected && !opener.disabled ? opener : document.getElementById("main");
    target?.focus({ preventScroll: true });
  });
}

/** Returns the focus after a dialog: to its button, or to the page's content if the action has removed the button. */
function useFocusAfterwards(isOpen: boolean) {
  const opener = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    if (!isOpen) return;
    const button = opener.current;
    return () => focusAfterwards(button);
  }, [isOpen]);
  useLayoutEffect(() => {
    const button = opener.current;
    return () => {
      if ([button, document.body].includes(document.activeElement as HTMLElement)) focusAfterwards(null);
    };
  }, []);
  return opener;
}

/**
 * A button that opens a form in a dialog. It closes once the answer has no refusal. The focus then returns to the button, or to the page's
 * content if the action removed the button.
 */
export function ActionForm(props: ActionFormProps) {
  const { title, label, submit, variant = "quiet", send, children, disabled = false, onOpen } = props;
  const [key, setKey] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [refusals, setRefusals] = useState<FormResult["refusals"]>([]);
  const opener = useFocusAfterwards(key !== null);
  const close = () => {
    setKey(null);
    setRefusals([]);
  };
  return (
    <>
      <Button
        ref={opener}
        variant={variant}
        disabled={disabled}
        aria-label={label}
        onClick={() => {
          onOpen?.();
          setKey(crypto.randomUUID());
        }}
      >
        {title}
      </Button>
      {key !== null && (
        <Dialog title={label ?? title} isOpen onClose={close}>
          <form
            className={ui.form}
            onSubmit={async (event) => {
              event.preventDefault();
              if (isBusy) return;
              setBusy(true);
              const answer = await send(new FormData(event.currentTarget), key);
              setBusy(false);
              if (answer.refusals.length === 0 && !answer.isUnfinished) close();
              else setRefusals(answer.refusals);
            }}
          >
            {typeof children === "function" ? children(key) : children}
            <Refusals refusals={refusals} />
            <DialogActions>
              <Button variant="quiet" onClick={close}>
                Close
              </Button>
              <Button type="submit" variant={variant === "danger" ? "danger" : "main"} busy={isBusy}>
                {submit}
              </Button>
            </DialogActions>
          </form>
        </Dialog>
      )}
    </>
  );
}
