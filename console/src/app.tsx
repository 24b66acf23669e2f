import { useQuery } from "@apollo/client/react";
import { lazy, type ReactNode, Suspense, useEffect } from "react";
import { BrowserRouter, Route, Routes } from "react-router";
import { Notice } from "../../microsite/src/ui/notice.tsx";
import { client } from "./graphql/client.ts";
import { OperatorDocument } from "./graphql/generated/graphql.ts";
import { useSessionVersion } from "./session/session.ts";
import { SignInPage } from "./session/sign-in-page.tsx";
import { OperatorContext } from "./session/use-operator.ts";
import { Shell } from "./shell/shell.tsx";
import { Failure, Waiting } from "./ui/page.tsx";

const Enrol = lazy(() => import("./session/enrol-page.tsx"));
const Today = lazy(() => import("./today/today-page.tsx"));
const Orders = lazy(() => import("./orders/orders-page.tsx"));
const Order = lazy(() => import("./orders/order-page.tsx"));
const Customers = lazy(() => import("./customers/customers-page.tsx"));
const Customer = lazy(() => import("./customers/customer-page.tsx"));
const Catalogue = lazy(() => import("./catalogue/catalogue-page.tsx"));
const Earning = lazy(() => import("./earning/earning-page.tsx"));
const Money = lazy(() => import("./money/money-page.tsx"));
const Reward = lazy(() => import("./catalogue/reward-page.tsx"));
const You = lazy(() => import("./you/you-page.tsx"));
const People = lazy(() => import("./team/people-page.tsx"));
const Keys = lazy(() => import("./team/keys-page.tsx"));
const Audit = lazy(() => import("./team/audit-page.tsx"));
const BrandPage = lazy(() => import("./team/brand-page.tsx"));
const Webhooks = lazy(() => import("./team/webhooks-page.tsx"));
const Webhook = lazy(() => import("./team/webhook-page.tsx"));

/** The path of enrolment links, which people open before they can sign in. */
const ENROL_PATH = "/console/enrol";

/** The gateway answers every address below `/console/` with this page: see `src/http/pages.ts`. */
export function App() {
  const version = useSessionVersion();
  const { data, error, loading, refetch } = useQuery(OperatorDocument, { fetchPolicy: "network-only" });
  useEffect(() => {
    if (version > 0) void refetch();
  }, [version, refetch]);
  const operator = data?.operator;
  useEffect(() => {
    // The next operator must not see this operator's data.
    if (operator === null) void client.clearStore();
  }, [operator]);

  if (location.pathname === ENROL_PATH) return <LazyPage page={<Enrol />} />;
  if (!data) return error && !loading ? <Failure error={error} retry={refetch} /> : null;
  if (!operator) return <SignInPage />;
  return (
    <OperatorContext value={operator}>
      <BrowserRouter basename="/console">
        <Routes>
          <Route element={<Shell />}>
            <Route index element={<LazyPage page={<Today />} />} />
            <Route path="orders" element={<LazyPage page={<Orders />} />} />
            <Route path="orders/:number" element={<LazyPage page={<Order />} />} />
            <Route path="customers" element={<LazyPage page={<Customers />} />} />
            <Route path="customers/:customerId" element={<LazyPage page={<Customer />} />} />
            <Route path="earning/*" element={<LazyPage page={<Earning />} />} />
            <Route path="money/*" element={<LazyPage page={<Money />} />} />
            <Route path="catalogue" element={<LazyPage page={<Catalogue />} />} />
            <Route path="catalogue/:sku" element={<LazyPage page={<Reward />} />} />
            <Route path="you" element={<LazyPage page={<You />} />} />
            <Route path="team" element={<LazyPage page={<People />} />} />
            <Route path="team/keys" element={<LazyPage page={<Keys />} />} />
            <Route path="team/audit" element={<LazyPage page={<Audit />} />} />
            <Route path="team/brand" element={<LazyPage page={<BrandPage />} />} />
            <Route path="team/webhooks" element={<LazyPage page={<Webhooks />} />} />
            <Route path="team/webhooks/:name" element={<LazyPage page={<Webhook />} />} />
            <Route path="*" element={<Notice title="Page not found." />} />
          </Route>
        </Routes>
      </BrowserRouter>
    </OperatorContext>
  );
}

const LazyPage = ({ page }: { page: ReactNode }) => <Suspense fallback={<Waiting />}>{page}</Suspense>;
