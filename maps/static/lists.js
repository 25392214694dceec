// A table beside the map: sorted by any column, filtered by text, a page at a time.
const lists = (() => {
  "use strict";

  const { el, fill } = tell;
  const PAGE = 100; // rows shown at once: a table of thousands stays quick
  const byId = (id) => document.getElementById(id);

  // `sources` of name -> what `rows.create` describes. `state.list` is the one that is shown.
  function create(state, { say, sources, matches, changed }) {
    const { t, whole, locale } = say;
    const orders = new Map(); // of each table: {column, down}
    let [page, wanted] = [0, ""];

    const titled = (name) => (sources[name].title ? sources[name].title() : t(`list.${name}`));
    const order = () => {
      if (!orders.has(state.list)) orders.set(state.list, { ...sources[state.list].first });
      return orders.get(state.list);
    };

    // Rows in order; what has no value comes last, whichever way the table is sorted.
    function sorted(source) {
      const { column, down } = order();
      const { value } = source.columns.find(({ id }) => id === column);
      const known = (x) => x !== null && x !== undefined && x === x && x !== "";
      const collator = new Intl.Collator(locale(), { numeric: true });
      return source.rows().filter((row) => matches(wanted, source.text(row), source.pinyin ? source.pinyin(row) : null))
        .map((row, place) => ({ row, place, x: value(row) }))
        .sort((a, b) => {
          if (!known(a.x) || !known(b.x)) return known(b.x) - known(a.x) || a.place - b.place;
          const between = typeof a.x === "string" ? collator.compare(a.x, b.x) : a.x - b.x || 0;
          return (down ? -between : between) || a.place - b.place;
        }).map(({ row }) => row);
    }

    function show(names) {
      const offered = names.filter((name) => sources[name].given && (!sources[name].empty || !sources[name].empty()));
      byId("list").hidden = !offered.length;
      if (!offered.length) return;
      if (!offered.includes(state.list)) [state.list, page] = [offered[0], 0];
      fill(byId("tables"), ...offered.map((name) => el("button", { type: "button", "aria-pressed": String(name === state.list),
        on: { click: () => choose(name, names) } }, titled(name))));
      byId("tables").hidden = offered.length < 2;
      byId("list-title").textContent = titled(state.list);
      byId("list-title").classList.toggle("unseen", offered.length > 1);
      byId("list-hint").textContent = sources[state.list].hint();
      fill(byId("list-more"), sources[state.list].more ? sources[state.list].more() : null);
      showRows();
    }

    function choose(name, names) {
      [state.list, page] = [name, 0];
      show(names);
      changed();
      const mine = [...byId("tables").children].find((button) => button.getAttribute("aria-pressed") === "true");
      mine.focus();
    }

    function showRows() {
      const source = sources[state.list];
      const rows = sorted(source);
      page = Math.max(0, Math.min(page, Math.ceil(rows.length / PAGE) - 1));
      const from = page * PAGE;
      byId("list-count").textContent = whole(rows.length);
      const [head, body] = [byId("list-table").tHead, byId("list-table").tBodies[0]];
      fill(head, el("tr", {}, ...source.columns.map((column) => header(column))));
      fill(body, ...rows.slice(from, from + PAGE).map((row, i) => line(source, row, from + i)));
      if (!rows.length) {
        fill(body, el("tr", {}, el("td", { colspan: source.columns.length, class: "quiet" }, t(wanted ? "ui.search_none" : source.none))));
      }
      byId("pages").hidden = rows.length <= PAGE;
      byId("page").textContent = `${whole(from + 1)}–${whole(Math.min(from + PAGE, rows.length))}`;
      byId("page-back").disabled = page === 0;
      byId("page-on").disabled = from + PAGE >= rows.length;
    }

    function header({ id, number, title }) {
      const { column, down } = order();
      const mine = id === column;
      return el("th", { scope: "col", class: number ? "number" : "", "aria-sort": !mine ? "none" : down ? "descending" : "ascending" },
        el("button", { type: "button", on: { click: () => sortBy(id) } }, title ? title() : t(`column.${id}`),
          el("span", { "aria-hidden": "true" }, mine ? (down ? " ↓" : " ↑") : "")));
    }

    function line(source, row, place) {
      const under = source.under ? source.under(row).filter(Boolean).join(" · ") : "";
      return el("tr", { class: source.chosen && source.chosen(row) ? "chosen" : "", on: { click: (event) => open(source, row, event) } },
        ...source.columns.map((column) => {
          const text = column.show(row, place);
          if (!column.name) return el("td", { class: column.number ? "number" : "" }, text);
          const key = source.key ? source.key(row) : null;
          const button = el("button", { type: "button" }, text || t("ui.unknown"));
          return el("td", {}, key ? el("span", { class: "graded" }, key, button) : button, under ? el("small", {}, under) : null);
        }));
    }

    function open(source, row, event) {
      for (const other of byId("list-table").querySelectorAll("tr.chosen")) other.className = "";
      event.currentTarget.className = "chosen";
      source.open(row);
    }

    function sortBy(column) {
      const now = order();
      const at = sources[state.list].columns.findIndex(({ id }) => id === column);
      if (at < 0) return; // a header of a table that is gone
      const { number, up } = sources[state.list].columns[at];
      orders.set(state.list, { column, down: now.column === column ? !now.down : Boolean(number) && !up });
      page = 0;
      showRows();
      byId("list-table").tHead.querySelectorAll("button")[at].focus();
    }

    const turn = (by) => () => {
      page += by;
      showRows();
      byId("list-scroll").scrollTop = 0;
    };
    byId("page-back").addEventListener("click", turn(-1));
    byId("page-on").addEventListener("click", turn(1));
    byId("filter").addEventListener("input", (event) => {
      [wanted, page] = [event.target.value, 0];
      showRows();
    });
    return { show, showRows };
  }

  return { create };
})();
