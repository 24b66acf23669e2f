import { useQuery } from "@apollo/client/react";
import { lazy, type ReactNode, useEffect } from "react";
import { BrowserRouter, Navigate, Route, Routes, useLocation } from "react-router";
import { followCart } from "./graphql/cart-link.ts";
import { client } from "./graphql/client.ts";
import { ViewerDocument } from "./graphql/generated/graphql.ts";
import { session } from "./session/session.ts";
import { useSession } from "./session/use-session.ts";
import { LoadingPage, Shell } from "./shell/shell.tsx";

const load = {
  signIn: () => import("./sign-in/sign-in-page.tsx"),
  home: () => import("./home/home-page.tsx"),
  catalogue: () => import("./rewards/catalogue-page.tsx"),
  reward: () => import("./rewards/reward-page.tsx"),
  activity: () => import("./activity/activity-page.tsx"),
  cart: () => import("./cart/cart-page.tsx"),
  checkout: () => import("./checkout/checkout-page.tsx"),
  orders: () => import("./orders/orders-page.tsx"),
  order: () => import("./orders/order-page.tsx"),
  vouchers: () => import("./account/vouchers-page.tsx"),
  statement: () => import("./account/statement-page.tsx"),
  invite: () => import("./invite/invite-page.tsx"),
  invited: () => import("./invite/invited-page.tsx"),
  notifications: () => import("./notifications/notifications-page.tsx"),
};
const SignIn = lazy(load.signIn);
const Home = lazy(load.home);
const Catalogue = lazy(load.catalogue);
const Reward = lazy(load.reward);
const Activity = lazy(load.activity);
const Cart = lazy(load.cart);
const Checkout = lazy(load.checkout);
const Orders = lazy(load.orders);
const Order = lazy(load.order);
const Vouchers = lazy(load.vouchers);
const Statement = lazy(load.statement);
const Invite = lazy(load.invite);
const Invited = lazy(load.invited);
const Notifications = lazy(load.notifications);
const Info = lazy(() => import("./info/info-page.tsx"));
const NotFound = lazy(() => import("./shell/not-found-page.tsx"));

/** Starts to load the first page's code in parallel with the messages. */
export function preload(pathname: string): void {
  const [, folder = "", name] = pathname.split("/");
  const first: Record<string, () => Promise<unknown>> = {
    "": session.state().kind === "signed-in" ? load.home : load.signIn,
    signin: load.signIn,
    rewards: name ? load.reward : load.catalogue,
    activity: load.activity,
    cart: load.cart,
    checkout: load.checkout,
    orders: name ? load.order : load.orders,
    vouchers: load.vouchers,
    statement: load.statement,
    invite: name ? load.invited : load.invite,
    notifications: load.notifications,
  };
  first[folder]?.().catch(() => {}); // the route imports it again and handles the error
}

/** Routes of the site. The gateway serves this page for exactly these paths, see `src/http/pages.ts`. */
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
          <Route path="/activity" element={<Members page={<Activity />} />} />
          <Route path="/cart" element={<Members page={<Cart />} />} />
          <Route path="/checkout" element={<Members page={<Checkout />} />} />
          <Route path="/orders" element={<Members page={<Orders />} />} />
          <Route path="/orders/:id" element={<Members page={<Order />} />} />
          <Route path="/vouchers" element={<Members page={<Vouchers />} />} />
          <Route path="/statement" element={<Members page={<Statement />} />} />
          <Route path="/invite" element={<Members page={<Invite />} />} />
          <Route path="/notifications" element={<Members page={<Notifications />} />} />
          <Route path="/invite/:code" element={<Invited />} />
          <Route path="/info/:slug" element={<Info />} />
          <Route path="*" element={<NotFound />} />
        </Route>
      </Routes>
    </BrowserRouter>
  );
}

/** Determines the signed-in customer from the cookies if no session is stored, and clears the cache after sign-out. */
function useViewer(): void {
  const state = useSession();
  const { data } = useQuery(ViewerDocument, { skip: state.kind === "signed-out" });
  useEffect(() => {
    if (data) session.adopt(data.me?.customerId ?? null);
  }, [data]);
  useEffect(() => (state.kind === "signed-in" ? followCart(client) : undefined), [state.kind]);
  useEffect(() => {
    if (state.kind === "signed-out" && state.reason !== "never") void client.clearStore();
  }, [state]);
}

/** Renders a page for members. A visitor is sent to sign-in and returns afterwards. */
function Members({ page }: { page: ReactNode }) {
  const state = useSession();
  const { pathname, search } = useLocation();
  if (state.kind === "unknown") return <LoadingPage />;
  if (state.kind === "signed-in") return page;
  return <Navigate to="/signin" replace state={{ from: pathname + search }} />;
}
