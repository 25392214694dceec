// Long tables get a field that shows only the rows with a text; a link to a row shows all again.
const LONG = 25;
const words = { zh: "筛选本表……", en: "Filter this table …" };

document.addEventListener("DOMContentLoaded", () => {
  const lang = document.documentElement.lang.startsWith("zh") ? "zh" : "en";
  for (const table of document.querySelectorAll("article table")) {
    const rows = [...table.querySelectorAll("tbody tr")];
    if (rows.length < LONG) continue;
    const field = document.createElement("input");
    Object.assign(field, { type: "search", className: "yimi-filter", placeholder: words[lang] });
    field.setAttribute("aria-label", words[lang]);
    field.addEventListener("input", () => {
      const wanted = field.value.trim().toLowerCase();
      for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
    });
    (table.closest(".pst-scrollable-table-container") ?? table).before(field);
  }
});
