import { Component, type ReactNode, Suspense, useEffect, useState } from "react";
import { useI18n } from "../i18n/i18n.tsx";
import { LoadFailure } from "./load-failure.tsx";
import { isChunkError, isReachable, reloadOnce } from "./new-version.ts";

interface Props {
  /** A change of this value resets the error. */
  at?: string;
  /** Shown while the children's code loads. */
  waiting?: ReactNode;
  /** Wraps the error message. */
  frame?(message: ReactNode, retry: () => unknown): ReactNode;
  children: ReactNode;
}

interface State {
  at: string | undefined;
  failure: { error: unknown } | null;
}

/** An error boundary with lazy loading: an error of the children, or a chunk that cannot be loaded, stays inside it. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { at: this.props.at, failure: null };
  static getDerivedStateFromError = (error: unknown) => ({ failure: { error } });
  static getDerivedStateFromProps = ({ at }: Props, state: State) => (at === state.at ? null : { at, failure: null });

  override render() {
    const { waiting = null, children } = this.props;
    const { failure } = this.state;
    if (!failure) return <Suspense fallback={waiting}>{children}</Suspense>;
    return <Failure {...this.props} error={failure.error} onRetry={() => this.setState({ failure: null })} />;
  }
}

function Failure(props: Props & { error: unknown; onRetry(): void }) {
  const { error, onRetry, waiting = null, frame = (message) => message } = props;
  const { t } = useI18n();
  const isChunk = isChunkError(error);
  const [diagnosis, setDiagnosis] = useState<"nothing yet" | "unreachable" | "failed">(
    isChunk ? "nothing yet" : "failed",
  );

  // Browsers may cache a failed module import; only a reload requests it again.
  useEffect(() => {
    if (!isChunk) return;
    void isReachable().then((isUp) => {
      if (!isUp || !reloadOnce()) setDiagnosis(isUp ? "failed" : "unreachable");
    });
    window.addEventListener("online", reloadIfReachable);
    return () => window.removeEventListener("online", reloadIfReachable);
  }, [isChunk]);

  if (diagnosis === "nothing yet") return waiting;
  const retry = isChunk ? reloadIfReachable : onRetry;
  const text = !isChunk ? t("error.unexpected") : diagnosis === "unreachable" ? t("error.network") : t("error.load");
  return frame(<LoadFailure text={text} retry={retry} />, retry);
}

async function reloadIfReachable(): Promise<void> {
  if (await isReachable()) location.reload();
}
