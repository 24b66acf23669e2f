import { useState } from "react";
import { TextField } from "../../../microsite/src/ui/field.tsx";
import type { RewardTextInput } from "../graphql/generated/graphql.ts";
import { TextArea } from "../ui/form.tsx";
import { Rows } from "../ui/rows.tsx";

const blank: RewardTextInput = { language: "", name: "", description: "", terms: "", howToUse: "" };
/** The name of the hidden field that carries the texts as JSON. */
const FIELD_NAME = "texts";

/** A reward's texts in all languages but the programme's own. */
export function TextFields({ start = [] }: { start?: readonly RewardTextInput[] }) {
  const [texts, setTexts] = useState<RewardTextInput[]>([...start]);
  return (
    <>
      <input type="hidden" name={FIELD_NAME} value={JSON.stringify(texts)} />
      <Rows legend="Other languages" add="Add a language" rows={texts} blank={blank} onChange={setTexts}>
        {(text, change) => {
          const languageName = text.language || "the language";
          return (
            <>
              <TextField
                label="Language"
                required
                value={text.language}
                onChange={({ target }) => change({ ...text, language: target.value })}
                help="A tag such as hi or pt-BR."
              />
              <TextField
                label={`Name in ${languageName}`}
                required
                lang={text.language}
                value={text.name}
                onChange={({ target }) => change({ ...text, name: target.value })}
              />
              <TextArea
                label={`Description in ${languageName}`}
                required
                lang={text.language}
                value={text.description}
                onChange={({ target }) => change({ ...text, description: target.value })}
              />
              <TextArea
                label={`Terms in ${languageName}`}
                lang={text.language}
                value={text.terms ?? ""}
                onChange={({ target }) => change({ ...text, terms: target.value })}
              />
              <TextArea
                label={`How to use it in ${languageName}`}
                lang={text.language}
                value={text.howToUse ?? ""}
                onChange={({ target }) => change({ ...text, howToUse: target.value })}
              />
            </>
          );
        }}
      </Rows>
    </>
  );
}

/** The entered texts. Empty optional texts are null. */
export function textsOf(fields: FormData): RewardTextInput[] {
  const texts = JSON.parse(String(fields.get(FIELD_NAME) ?? "[]")) as RewardTextInput[];
  return texts.map(({ language, name, description, terms, howToUse }) => ({
    language: language.trim(),
    name,
    description,
    terms: terms?.trim() || null,
    howToUse: howToUse?.trim() || null,
  }));
}
