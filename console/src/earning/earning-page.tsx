import { Route, Routes } from "react-router";
import { Notice } from "../../../microsite/src/ui/notice.tsx";
import { Tabs } from "../ui/tabs.tsx";
import ui from "../ui/ui.module.css";
import { AwardsPage } from "./awards-page.tsx";
import { DrawsPage } from "./draws-page.tsx";
import { ImportMembersPage } from "./import-members-page.tsx";
import { MessagePage } from "./message-page.tsx";
import { QuarantinePage } from "./quarantine-page.tsx";
import { NewRulePage, RulePage } from "./rule-page.tsx";
import { RulesPage } from "./rules-page.tsx";
import { SimulationPage } from "./simulation-page.tsx";

const tabs = [
  { to: "/earning", name: "Rules", end: true },
  { to: "/earning/try", name: "Test a message" },
  { to: "/earning/draws", name: "Lucky draws" },
  { to: "/earning/awards", name: "Awards" },
  { to: "/earning/quarantine", name: "Refused messages" },
  { to: "/earning/members", name: "Import members" },
];

export default function EarningPage() {
  return (
    <div className={ui.stack}>
      <Tabs label="Earning" tabs={tabs} />
      <Routes>
        <Route index element={<RulesPage />} />
        <Route path="new" element={<NewRulePage />} />
        <Route path="rules/:ruleId" element={<RulePage />} />
        <Route path="try" element={<SimulationPage />} />
        <Route path="draws" element={<DrawsPage />} />
        <Route path="awards" element={<AwardsPage />} />
        <Route path="awards/:id" element={<AwardsPage />} />
        <Route path="quarantine" element={<QuarantinePage />} />
        <Route path="quarantine/:id" element={<MessagePage />} />
        <Route path="members" element={<ImportMembersPage />} />
        <Route path="*" element={<Notice title="Page not found." />} />
      </Routes>
    </div>
  );
}
