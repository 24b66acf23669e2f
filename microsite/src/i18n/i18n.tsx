import { useApolloClient } from "@apollo/client/react";
import { IntlMessageFormat } from "intl-messageformat";
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from "react";
import type texts from "../../messages/en.json";
import { brand } from "../../theme/brand.ts";
import { pageLanguage } from "./page-language.ts";

/** Key of a text in `messages/`. */
export type MessageKey = keyof typeof texts;
type Values = Record<string, string | number | Date | null | undefined>;
export type Language = "en" | "hi" | "id";
type Messages = Record<MessageKey, ConstructorParameters<typeof IntlMessageFormat>[0]>;

export interface I18n {
  language: Language;
  locale: string;
  t(key: MessageKey, values?: Values): string;
  number(value: number): string;
  dateTime(iso: string): string;
  /** Formats a date such as `2027-03-31`, independent of the reader's time zone. */
  day(iso: string): string;
  time(iso: string): string;
  /** Formats a date and time; today and tomorrow by name. */
  moment(iso: string): string;
  /** Formats a distance in days; 1 is tomorrow. */
  daysAhead(days: number): string;
  /** Formats a fraction such as 0.0005 as a percentage. */
  percent(share: number): string;
  /** Formats weekdays; 1 is Monday. */
  weekdays(days: readonly number[]): string;
  country(code: string): string;
  setLanguage(language: Language): void;
}

const DAY_MS = 86_400_000;
/** Returns midnight in the reader's time zone, in ms. */
const midnight = (at: Date) => new Date(at).setHours(0, 0, 0, 0);

const KEY = "tessera.language";
const loaders: Record<Language, () => Promise<{ default: unknown }>> = {
  en: () => import("../../messages/en.json"),
  hi: () => import("../../messages/hi.json"),
  id: () => import("../../messages/id.json"),
};
const languages = Object.keys(loaders) as Language[];

/** Built-in text for the case that the messages cannot be loaded. */
export const loadFailureText: Record<Language, string> = {
  en: "This page couldn’t be loaded. Check your connection and reload the page.",
  hi: "यह पेज लोड नहीं हो सका। अपना कनेक्शन जाँचें और पेज फिर से लोड करें।",
  id: "Halaman ini tidak dapat dimuat. Periksa koneksi Anda dan muat ulang halaman.",
};

export function preferredLanguage(): Language {
  const preferred = [localStorage.getItem(KEY), ...navigator.languages].map((tag) => tag?.split("-")[0]);
  return (
    languages.find((language) => language === preferred.find((tag) => languages.includes(tag as Language))) ?? "en"
  );
}

const RIGHT_TO_LEFT = /^(ar|dv|fa|he|ps|sd|ug|ur|yi)\b/;
/** Writing direction of the language, for the whole page. */
const directionOf = (language: string) => (RIGHT_TO_LEFT.test(language) ? "rtl" : "ltr");

/** Returns the browser's locale for the language: `en-IN` groups digits differently from `en-GB`. */
const localeOf = (language: Language) =>
  navigator.languages.find((tag) => tag.split("-")[0] === language && tag.includes("-")) ??
  (language === "en" ? `en-${brand.region}` : language);

export const loadMessages = async (language: Language) => (await loaders[language]()).default as Messages;

function createI18n(language: Language, messages: Messages, setLanguage: I18n["setLanguage"]): I18n {
  const locale = localeOf(language);
  const formats = new Map<MessageKey, IntlMessageFormat>();
  const numbers = new Intl.NumberFormat(locale);
  const dateTimes = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
  const days = new Intl.DateTimeFormat(locale, { dateStyle: "medium" });
  const civilDays = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" });
  const times = new Intl.DateTimeFormat(locale, { timeStyle: "short" });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  const percents = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 4 });
  const weekday = new Intl.DateTimeFormat(locale, { weekday: "long", timeZone: "UTC" });
  const lists = new Intl.ListFormat(locale, { type: "conjunction" });
  const countries = new Intl.DisplayNames(locale, { type: "region" });

  return {
    language,
    locale,
    setLanguage,
    t(key, values) {
      const message = messages[key];
      if (typeof message === "string") return message;
      const format = formats.get(key) ?? new IntlMessageFormat(message, locale);
      formats.set(key, format);
      return String(format.format(values));
    },
    number: (value) => numbers.format(value),
    dateTime: (iso) => dateTimes.format(new Date(iso)),
    day: (iso) => (iso.includes("T") ? days : civilDays).format(new Date(iso)),
    time: (iso) => times.format(new Date(iso)),
    moment(iso) {
      const at = new Date(iso);
      const daysUntil = Math.round((midnight(at) - midnight(new Date())) / DAY_MS);
      return daysUntil === 0 || daysUntil === 1
        ? `${relative.format(daysUntil, "day")}, ${times.format(at)}`
        : dateTimes.format(at);
    },
    daysAhead: (days) => relative.format(days, "day"),
    percent: (share) => percents.format(share),
    weekdays: (days) => lists.format(days.map((each) => weekday.format(Date.UTC(2024, 0, each)))), // 2024-01-01 was a Monday
    country: (code) => countries.of(code) ?? code,
  };
}

const I18nContext = createContext<I18n | null>(null);

export function useI18n(): I18n {
  const i18n = useContext(I18nContext);
  if (!i18n) throw new Error("useI18n() is outside of <I18nProvider>.");
  return i18n;
}

export function I18nProvider(props: { language: Language; messages: Messages; children: ReactNode }) {
  const [{ language, messages }, setLoaded] = useState({ language: props.language, messages: props.messages });
  useEffect(() => {
    document.documentElement.lang = language;
    document.documentElement.dir = directionOf(language);
  }, [language]);
  const client = useApolloClient();
  const i18n = useMemo(
    () =>
      createI18n(language, messages, (next) => {
        localStorage.setItem(KEY, next);
        loadMessages(next).then(
          (loaded) => {
            pageLanguage.set(next);
            setLoaded({ language: next, messages: loaded });
            // The cache still holds texts in the previous language.
            void client.resetStore().catch(() => {}); // each query shows its own error
          },
          () => {}, // offline: the next visit saves the language
        );
      }),
    [language, messages, client],
  );
  return <I18nContext value={i18n}>{props.children}</I18nContext>;
}
