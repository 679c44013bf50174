"use strict";
// A heading sorts its table: first the best, then the worst. Floors and ceilings have a body of their own and stay;
// what compares with no other comes after what does, and what is not there comes last.
for (const table of document.querySelectorAll("table.results")) {
  const body = table.querySelector("tbody.models");
  const headings = [...table.tHead.rows[1].cells];
  headings.forEach((heading, index) => heading.querySelector("button").addEventListener("click", () => {
    const first = heading.dataset.better === "higher" ? "descending" : "ascending";
    const other = first === "ascending" ? "descending" : "ascending";
    const order = heading.ariaSort === first ? other : first;
    const key = row => row.cells[index].dataset;
    const rank = row => "value" in key(row) ? ("apart" in key(row) ? 1 : 0) : 2;
    const compare = (a, b) => index === 0 || rank(a) === 2
      ? key(a).name?.localeCompare(key(b).name) ?? 0 : Number(key(a).value) - Number(key(b).value);
    const sign = order === "ascending" ? 1 : -1;
    const rows = [...body.rows].sort((a, b) => (index && rank(a) - rank(b)) || sign * compare(a, b));
    body.append(...rows);
    for (const one of headings) one.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", order);
  }));
}
