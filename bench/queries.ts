/** What a storefront's first page asks for. */
export const dashboard = `{
  me { customerId wallet { balance earned held available } }
  rewards(first: 20) { nodes { sku name kind points brand category imageUrl stock } pageInfo { hasNextPage endCursor } }
}`;

/** What an operator's list asks for: N+1 at three levels, on purpose. */
export const orders = `{
  orders(first: 50) { nodes {
    number status total
    customer { customerId wallet { balance } }
    lines { name quantity points reward { sku name imageUrl } }
  } }
}`;
