const input = document.querySelector("search input");
const results = document.querySelector("search ul");
let pages;

/** Titles that start with the search text rank first. */
const rank = ({ title }, text) => {
  const at = title.toLowerCase().indexOf(text);
  return at < 0 ? Number.POSITIVE_INFINITY : at;
};

input.addEventListener("input", async () => {
  pages ??= fetch("/docs/search.json").then((response) => response.json());
  const all = await pages;
  const text = input.value.trim().toLowerCase();
  const found = text === "" ? [] : all.filter((page) => Number.isFinite(rank(page, text)));
  found.sort((a, b) => rank(a, text) - rank(b, text) || a.title.length - b.title.length);
  results.replaceChildren(
    ...found.slice(0, 12).map(({ path, title }) => {
      const link = document.createElement("a");
      link.href = `/docs/${path}.html`;
      link.textContent = title;
      const kind = document.createElement("small");
      kind.textContent = path.includes("/") ? path.split("/")[0] : "guide";
      const item = document.createElement("li");
      item.append(link, " ", kind);
      return item;
    }),
  );
  results.hidden = found.length === 0;
});
input.addEventListener("keydown", (event) => {
  if (event.key === "Enter") results.querySelector("a")?.click();
});
