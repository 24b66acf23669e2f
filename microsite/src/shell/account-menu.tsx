import { useApolloClient } from "@apollo/client/react";
import { useState } from "react";
import { Button, Header, Menu, MenuItem, MenuSection, MenuTrigger, Popover } from "react-aria-components";
import { useNavigate } from "react-router";
import { SignOutDocument } from "../graphql/generated/graphql.ts";
import { type Language, useI18n } from "../i18n/i18n.tsx";
import { session } from "../session/session.ts";
import { useSession } from "../session/use-session.ts";
import { Icon } from "../ui/icon.tsx";
import { AccountName } from "./account-button.tsx";
import styles from "./shell.module.css";
import { chooseTheme, chosenTheme, type Theme } from "./theme.ts";

const themes = ["system", "light", "dark"] as const;
/** Each language is named in that language, so that its readers find it. */
const languages: [Language, string][] = [
  ["en", "English"],
  ["hi", "हिन्दी"],
  ["id", "Bahasa Indonesia"],
];

/** The menu is open at the first render, because the press on the placeholder button requested it. */
export default function AccountMenu() {
  const { t, language, setLanguage } = useI18n();
  const client = useApolloClient();
  const navigate = useNavigate();
  const state = useSession();
  const [theme, setTheme] = useState(chosenTheme);

  async function signOut() {
    try {
      await client.mutate({ mutation: SignOutDocument });
    } catch {
      return; // without a response the session may still be active
    }
    session.end("asked");
  }

  return (
    <MenuTrigger defaultOpen>
      <Button className={styles.account ?? ""}>
        <AccountName />
      </Button>
      <Popover className={styles.menu ?? ""} placement="bottom end">
        <Menu>
          <MenuSection
            className={styles.group ?? ""}
            selectionMode="single"
            disallowEmptySelection
            selectedKeys={[theme]}
            onSelectionChange={(keys) => {
              const [next] = keys as Set<Theme>;
              if (!next) return;
              chooseTheme(next);
              setTheme(next);
            }}
          >
            <Header className={styles.groupTitle}>{t("account.theme")}</Header>
            {themes.map((name) => (
              <MenuItem key={name} id={name} className={styles.item ?? ""} textValue={t(`account.theme.${name}`)}>
                {t(`account.theme.${name}`)}
                <Icon name="check" size={18} />
              </MenuItem>
            ))}
          </MenuSection>
          <MenuSection
            className={styles.group ?? ""}
            selectionMode="single"
            disallowEmptySelection
            selectedKeys={[language]}
            onSelectionChange={(keys) => {
              const [next] = keys as Set<Language>;
              if (next) setLanguage(next);
            }}
          >
            <Header className={styles.groupTitle}>{t("account.language")}</Header>
            {languages.map(([code, name]) => (
              <MenuItem key={code} id={code} className={styles.item ?? ""} textValue={name}>
                <span lang={code} className={code === language ? undefined : styles.own}>
                  {name}
                </span>
                <Icon name="check" size={18} />
              </MenuItem>
            ))}
          </MenuSection>
          {state.kind === "signed-in" && (
            <MenuItem className={styles.item ?? ""} onAction={() => void navigate("/invite")}>
              {t("invite.title")}
            </MenuItem>
          )}
          {state.kind === "signed-in" && (
            <MenuItem className={styles.item ?? ""} onAction={() => void navigate("/notifications")}>
              {t("notifications.title")}
            </MenuItem>
          )}
          {state.kind === "signed-in" && (
            <MenuItem className={styles.item ?? ""} onAction={() => void signOut()}>
              {t("account.signOut")}
            </MenuItem>
          )}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
