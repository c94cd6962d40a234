"use strict";
// Every table inside .scroll gets headers that sort and, if it is long, a search box.
for (const box of document.querySelectorAll(".scroll")) {
  const table = box.querySelector("table");
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));

  const search = document.createElement("input");
  search.type = "search";
  search.placeholder = `search ${rows.length} rows, words apart`;
  search.setAttribute("aria-label", "search this table");
  search.addEventListener("input", () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of rows) row.hidden = !words.every((word) => texts.get(row).includes(word));
  });
  if (rows.length > 8) box.before(search);

  // A cell sorts by data-v if it has one (numbers, empty last), else by its text.
  const key = (row, index) => {
    const cell = row.cells[index];
    if (!("v" in cell.dataset)) return cell.textContent;
    return cell.dataset.v === "" ? Infinity : Number(cell.dataset.v);
  };
  const compare = (a, b) => (typeof a === "number" && typeof b === "number"
    ? (a === b ? 0 : a < b ? -1 : 1)
    : String(a).localeCompare(String(b)));

  const heads = Array.from(table.tHead.rows[0].cells);
  heads.forEach((head, index) => {
    const button = document.createElement("button");
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      rows.sort((a, b) => (down ? -1 : 1) * compare(key(a, index), key(b, index)));
      body.append(...rows);
    });
  });
}
