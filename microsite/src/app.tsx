import { useQuery } from "@apollo/client/react";
import { lazy, type ReactNode, useEffect } from "react";
import { BrowserRouter, Navigate, Route, Routes, useLocation } from "react-router";
import { client } from "./graphql/client.ts";
import { ViewerDocument } from "./graphql/generated/graphql.ts";
import { session } from "./session/session.ts";
import { useSession } from "./session/use-session.ts";
import { Shell } from "./shell/shell.tsx";

const SignIn = lazy(() => import("./sign-in/sign-in-page.tsx"));
const Home = lazy(() => import("./home/home-page.tsx"));
const Catalogue = lazy(() => import("./rewards/catalogue-page.tsx"));
const Reward = lazy(() => import("./rewards/reward-page.tsx"));
const Cart = lazy(() => import("./cart/cart-page.tsx"));
const Checkout = lazy(() => import("./checkout/checkout-page.tsx"));
const Orders = lazy(() => import("./orders/orders-page.tsx"));
const Order = lazy(() => import("./orders/order-page.tsx"));
const NotFound = lazy(() => import("./shell/not-found-page.tsx"));

/** The paths are known to the gateway as well: `src/pages.ts` answers them, and no others, with this page. */
export function App() {
  useViewer();
  return (
    <BrowserRouter>
      <Routes>
        <Route element={<Shell />}>
          <Route path="/signin" element={<SignIn />} />
          <Route path="/" element={<Members page={<Home />} />} />
          <Route path="/rewards" element={<Catalogue />} />
          <Route path="/rewards/:sku" element={<Reward />} />
          <Route path="/cart" element={<Members page={<Cart />} />} />
          <Route path="/checkout" element={<Members page={<Checkout />} />} />
          <Route path="/orders" element={<Members page={<Orders />} />} />
          <Route path="/orders/:id" element={<Members page={<Order />} />} />
          <Route path="*" element={<NotFound />} />
        </Route>
      </Routes>
    </BrowserRouter>
  );
}

/** Finds out whose cookies these are when nothing is on record, and forgets everything of somebody who has left. */
function useViewer(): void {
  const state = useSession();
  const { data } = useQuery(ViewerDocument, { skip: state.kind === "signed-out" });
  useEffect(() => {
    if (data) session.found(data.me?.customerId ?? null);
  }, [data]);
  useEffect(() => {
    if (state.kind === "signed-out" && state.why !== "never") void client.clearStore();
  }, [state]);
}

/** A page for members; others are asked to sign in, and come back to it. */
function Members({ page }: { page: ReactNode }) {
  const state = useSession();
  const { pathname, search } = useLocation();
  if (state.kind === "unknown") return null;
  if (state.kind === "signed-in") return page;
  return <Navigate to="/signin" replace state={{ from: pathname + search }} />;
}
