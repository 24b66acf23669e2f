import { useMutation, useQuery } from "@apollo/client/react";
import { useState } from "react";
import { Navigate } from "react-router";
import { Button } from "../../../microsite/src/ui/button.tsx";
import { TextField } from "../../../microsite/src/ui/field.tsx";
import { Notice } from "../../../microsite/src/ui/notice.tsx";
import { brand as built } from "../../../microsite/theme/brand.ts";
import builtLogo from "../../../microsite/theme/logo.svg";
import { builtPalettes, isColour, LEAST, palettesOf } from "../../../src/brand/colours.ts";
import { PictureField } from "../catalogue/picture-field.tsx";
import { BrandDocument, type BrandStateFragment, SetBrandDocument } from "../graphql/generated/graphql.ts";
import { useOperator } from "../session/use-operator.ts";
import { ActionForm, formResultOf, Refusals } from "../ui/form.tsx";
import { Card, Failure, Waiting } from "../ui/page.tsx";
import ui from "../ui/ui.module.css";
import styles from "./brand.module.css";
import { BrandPreview } from "./brand-preview.tsx";
import { TeamPage } from "./team-tabs.tsx";

/** The storefront's name, colour, logo and support link. */
export default function BrandPage() {
  const { may } = useOperator();
  const isAdmin = may("ADMIN");
  const { data, error, loading, refetch } = useQuery(BrandDocument, { skip: !isAdmin, fetchPolicy: "network-only" });
  const [isSaved, setSaved] = useState(false);
  const [version, setVersion] = useState(0);
  const [setBrand] = useMutation(SetBrandDocument);
  if (!isAdmin) return <Navigate to="/team/audit" replace />;
  const brand = data?.brand;
  return (
    <TeamPage
      title="Brand"
      actions={
        <ActionForm
          title="Return to the defaults"
          submit="Return to the defaults"
          variant="danger"
          disabled={!brand || Object.values({ ...brand, __typename: null }).every((value) => value === null)}
          send={async () => {
            const result = await setBrand({ variables: { input: {} } });
            await refetch();
            setVersion((before) => before + 1);
            setSaved(true);
            return formResultOf(result, result.data?.setBrand);
          }}
        >
          <p>The storefront shows the name, the colours and the logo that it was built with, and no support link.</p>
        </ActionForm>
      }
    >
      <Failure error={error} retry={refetch} />
      {loading && !data && <Waiting />}
      {isSaved && (
        <Notice tone="good" title="Saved.">
          <p>
            Pages that load from now on show it: <a href="/">the storefront</a>,{" "}
            <a href="/console/team/brand">this console</a>.
          </p>
        </Notice>
      )}
      {brand && (
        <BrandForm
          key={version}
          brand={brand}
          onSaved={async (saved) => {
            if (saved) await refetch();
            setSaved(saved);
          }}
        />
      )}
    </TeamPage>
  );
}

/** The reason why a colour cannot be used, with the next one that can. */
function colourProblem(text: string): { problem: string; instead?: string } | null {
  if (text === "") return null;
  const colour = text.toLowerCase();
  if (!isColour(colour)) return { problem: "Write the colour as # and six digits from 0 to 9 and a to f." };
  const palettes = palettesOf(colour);
  if ("light" in palettes) return null;
  const contrast = (Math.floor(palettes.contrast * 100) / 100).toFixed(2);
  const problem = `Its contrast to the page is ${contrast}, and at least ${LEAST.control} is required.`;
  return { problem, instead: palettes.instead };
}

function BrandForm({ brand, onSaved }: { brand: BrandStateFragment; onSaved(isSaved: boolean): unknown }) {
  const [setBrand, { loading }] = useMutation(SetBrandDocument);
  const [refusals, setRefusals] = useState<ReturnType<typeof formResultOf>["refusals"]>([]);
  const [name, setName] = useState(brand.name ?? "");
  const [colour, setColour] = useState(brand.primaryColour ?? "");
  const [logo, setLogo] = useState(brand.logoUrl ?? "");
  const [support, setSupport] = useState(brand.supportUrl ?? "");
  const trouble = colourProblem(colour);
  const found = colour === "" || trouble ? undefined : palettesOf(colour.toLowerCase());
  const palettes = found && "light" in found ? found : undefined;

  async function save() {
    const orNull = (text: string) => text.trim() || null;
    const input = {
      name: orNull(name),
      primaryColour: orNull(colour),
      logoUrl: orNull(logo),
      supportUrl: orNull(support),
    };
    const result = await setBrand({ variables: { input } });
    const answer = formResultOf(result, result.data?.setBrand);
    setRefusals(answer.refusals);
    onSaved(answer.refusals.length === 0);
  }

  return (
    <div className={ui.halves}>
      <Card title="Values">
        <form
          className={ui.form}
          onSubmit={(event) => {
            event.preventDefault();
            if (!loading) void save();
          }}
        >
          <TextField
            label="Name"
            maxLength={40}
            value={name}
            onChange={({ target }) => setName(target.value)}
            help={`Empty for the built name, ${built.name}.`}
          />
          <div className={styles.colour}>
            <input
              type="color"
              aria-label="Choose the colour"
              value={palettes ? colour.toLowerCase() : builtPalettes.light.primary}
              onChange={({ target }) => setColour(target.value)}
            />
            <TextField
              label="Colour"
              value={colour}
              fault={trouble?.problem}
              onChange={({ target }) => setColour(target.value.trim())}
            />
          </div>
          {trouble?.instead && (
            <div className={ui.row}>
              <Button variant="quiet" onClick={() => setColour(trouble.instead ?? "")}>
                Use {trouble.instead}, the next darker one
              </Button>
            </div>
          )}
          <p className={`${ui.soft} ${ui.small}`}>
            The colour of buttons in the light theme. All others follow from its hue, with readable text. Empty for the
            built colours.
          </p>
          <PictureField
            shape="logo"
            label="Logo"
            start={brand.logoUrl}
            required={false}
            onAddress={setLogo}
            help="An upload fills it in. Empty for the built logo."
          />
          <TextField
            label="Support link"
            value={support}
            onChange={({ target }) => setSupport(target.value)}
            help="An https address or mailto:, linked at the end of each page. Empty for none."
          />
          <Refusals refusals={refusals} />
          <div className={ui.row}>
            <Button type="submit" busy={loading}>
              Save the brand
            </Button>
          </div>
        </form>
      </Card>
      <BrandPreview
        name={name.trim() || built.name}
        logo={logo.trim() || builtLogo}
        palettes={palettes}
        hasSupport={support.trim() !== ""}
      />
    </div>
  );
}
