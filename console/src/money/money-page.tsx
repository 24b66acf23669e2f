import { Route, Routes } from "react-router";
import { Notice } from "../../../microsite/src/ui/notice.tsx";
import { Tabs } from "../ui/tabs.tsx";
import ui from "../ui/ui.module.css";
import { BreaksPage } from "./breaks-page.tsx";
import { LiabilityPage } from "./liability-page.tsx";
import { MonthPage } from "./month-page.tsx";
import { RunsPage } from "./runs-page.tsx";

const tabs = [
  { to: "/money", name: "Month", end: true },
  { to: "/money/runs", name: "Reconciliation" },
  { to: "/money/breaks", name: "Breaks" },
  { to: "/money/liability", name: "Liability" },
];

export default function MoneyPage() {
  return (
    <div className={ui.stack}>
      <Tabs label="Money" tabs={tabs} />
      <Routes>
        <Route index element={<MonthPage />} />
        <Route path="runs" element={<RunsPage />} />
        <Route path="breaks" element={<BreaksPage />} />
        <Route path="breaks/:id" element={<BreaksPage />} />
        <Route path="liability" element={<LiabilityPage />} />
        <Route path="*" element={<Notice title="Page not found." />} />
      </Routes>
    </div>
  );
}
