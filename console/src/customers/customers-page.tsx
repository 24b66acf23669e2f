import { useQuery } from "@apollo/client/react";
import type { FormEvent } from "react";
import { Link, useSearchParams } from "react-router";
import { Button } from "../../../microsite/src/ui/button.tsx";
import { FindDocument } from "../graphql/generated/graphql.ts";
import { Card, Empty, Failure, Page, Waiting } from "../ui/page.tsx";
import ui from "../ui/ui.module.css";

/** Finds a customer by id. The page has no list of all customers, because an agent serves one caller at a time. */
export default function CustomersPage() {
  const [search, setSearch] = useSearchParams();
  const text = search.get("q")?.trim() ?? "";
  const { data, error, loading, refetch } = useQuery(FindDocument, { variables: { text }, skip: text.length < 2 });
  const found = (data?.search ?? []).filter(({ match, customer }) => match === "CUSTOMER_ID" && customer);

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    setSearch({ q: String(new FormData(event.currentTarget).get("q") ?? "") });
  }

  return (
    <Page title="Customers">
      <Card label="Search for a customer">
        <form className={ui.filters} onSubmit={submit} key={text}>
          <div>
            <label htmlFor="q">Customer id, or its beginning</label>
            <input id="q" name="q" type="search" defaultValue={text} minLength={2} required spellCheck={false} />
          </div>
          <div className={ui.row}>
            <Button type="submit">Search</Button>
          </div>
        </form>
        <Failure error={error} retry={refetch} />
        {loading && <Waiting />}
        {!loading && text.length >= 2 && found.length === 0 && !error && (
          <Empty>No customer with this id has signed in here. To search by order number, use Find.</Empty>
        )}
        <ul className={ui.list}>
          {found.map(({ text: id, detail }) => (
            <li key={id}>
              <Link to={`/customers/${encodeURIComponent(id)}`}>{id}</Link>
              <span className={ui.soft}>{detail}</span>
            </li>
          ))}
        </ul>
      </Card>
    </Page>
  );
}
