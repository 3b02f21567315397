// The page is XML too: no angle bracket that opens a tag, no ampersand in this file.
"use strict";
for (const note of document.querySelectorAll(".zoom, .sort-note")) note.hidden = false;

for (const table of document.querySelectorAll("table.sortable")) {
  table.classList.add("sorts");
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    head.tabIndex = 0;
    const sort = () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const key = row => row.cells[column].textContent;
      const compare = head.classList.contains("num")
        ? (a, b) => key(a) - key(b)
        : (a, b) => key(a).localeCompare(key(b));
      const rows = [...table.tBodies[0].rows].sort(compare);
      table.tBodies[0].append(...(down ? rows.reverse() : rows));
    };
    head.addEventListener("click", sort);
    head.addEventListener("keydown", event => { if (event.key === "Enter") sort(); });
  });
}

const matrix = document.querySelector("svg.matrix");
const size = matrix.viewBox.baseVal.width;
const buttons = [...document.querySelectorAll("[data-zoom]")];
const zoom = choice => {
  const fit = choice === "fit";
  matrix.classList.toggle("fit", fit);
  matrix.setAttribute("width", fit ? size : size * choice);
  matrix.setAttribute("height", fit ? size : size * choice);
  for (const button of buttons) button.setAttribute("aria-pressed", button.dataset.zoom === choice);
};
for (const button of buttons) button.addEventListener("click", () => zoom(button.dataset.zoom));
// On a narrow screen the whole matrix would be too small to read.
zoom(matrix.parentElement.clientWidth > size * 0.6 ? "fit" : "1");
