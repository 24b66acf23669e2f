import type { ProblemPartsFragment } from "../graphql/generated/graphql.ts";
import type { I18n } from "../i18n/i18n.tsx";

export const problemText = ({ t }: I18n, { code }: Pick<ProblemPartsFragment, "code">): string => t(`problem.${code}`);
