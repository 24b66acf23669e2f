/** A page of rows with the rewards API's paging fields; pages count from 0. */
export function paged<Row>(rows: readonly Row[], page: number, size: number) {
  const shown = rows.slice(page * size, (page + 1) * size);
  const totalPages = Math.ceil(rows.length / size);
  return {
    rows: shown,
    pagingDto: {
      last: page >= totalPages - 1,
      first: page === 0,
      number: page,
      size,
      totalElements: rows.length,
      totalPages,
      numberOfElements: shown.length,
    },
  };
}

export type PagingDto = ReturnType<typeof paged>["pagingDto"];
