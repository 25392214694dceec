// The list of hazards, and the choice of which ways to school are drawn.
const hazards = (() => {
  "use strict";

  const { el, fill } = tell;
  const COLUMNS = ["rank", "place", "children", "risk"];
  const NUMBERS = new Set(["rank", "children", "risk"]);
  const ROWS = 200;
  const byId = (id) => document.getElementById(id);

  function create(data, state, { read, say, said, gradeOf, open, redraw }) {
    const { t, whole, count, gradeKey, locale } = say;
    const { hazard, route, school } = data.layers;
    const order = { column: "rank", down: false, rows: ROWS };
    const rank = (row) => read.get(hazard, "rank_exposure", row) || row + 1;
    const profiles = [...new Set((route && route.table.get("profile")) || [])]
      .sort((a, b) => Object.keys(data.profiles).indexOf(a) - Object.keys(data.profiles).indexOf(b));

    function showWays() {
      byId("ways").hidden = !route;
      if (!route) return;
      const name = (id) => (data.profiles[id] ? data.profiles[id][state.lang] : id);
      fill(byId("profile"), el("option", { value: "", selected: state.way.profile === null }, t("ui.all_ages")),
        ...profiles.map((id, place) => el("option", { value: place, selected: id === state.way.profile }, name(id))));
      fill(byId("choices"), ...["safest", "shortest", "both"].map((choice) => el("label", {
        class: choice === state.way.choice ? "measure chosen" : "measure",
      }, el("input", { type: "radio", name: "choice", value: choice, checked: choice === state.way.choice,
        on: { change: () => { state.way.choice = choice; showWays(); redraw(); byId("choices").querySelector("input:checked").focus(); } } }),
      el("span", { class: "name" }, t(`choice.${choice}`)))));
      byId("ways-hint").textContent = t(state.way.school ? "ui.recommended_hint" : "ui.choose_school");
    }

    function chooseProfile(value) {
      state.way.profile = value === "" ? null : profiles[Number(value)];
      redraw();
    }

    function value(row, column) {
      if (column === "rank") return rank(row);
      return column === "place" ? said(hazard, "place", row) : read.get(hazard, column, row);
    }

    function rows() {
      const all = Array.from({ length: hazard.n }, (_, row) => row);
      const mine = state.way.school === null ? all
        : all.filter((row) => read.get(hazard, "school_id", row) === state.way.school);
      const missing = order.down ? -Infinity : Infinity;
      return mine.sort((a, b) => {
        const [x, y] = [value(a, order.column), value(b, order.column)];
        const between = order.column === "place" ? String(x || "").localeCompare(String(y || ""), locale())
          : (x === x && x !== null ? x : missing) - (y === y && y !== null ? y : missing) || 0;
        return (order.down ? -between : between) || a - b;
      });
    }

    function showList() {
      byId("hazards").hidden = !hazard || state.question !== "safe";
      byId("more-hazards").textContent = t("ui.hazards"); // even where it is hidden, a button has a name
      if (!hazard) return;
      const found = rows();
      byId("hazard-count").textContent = whole(found.length);
      byId("all-hazards").hidden = state.way.school === null;
      const [head, body] = [byId("hazard-table").tHead, byId("hazard-table").tBodies[0]];
      fill(head, el("tr", {}, ...COLUMNS.map((name) => el("th", {
        scope: "col", class: NUMBERS.has(name) ? "number" : "",
        "aria-sort": name !== order.column ? "none" : order.down ? "descending" : "ascending",
      }, el("button", { type: "button", on: { click: () => sortBy(name) } },
        `${t(`column.${name}`)}${name === order.column ? (order.down ? " ↓" : " ↑") : ""}`)))));
      fill(body, ...found.slice(0, order.rows).map(line));
      if (!found.length) fill(body, el("tr", {}, el("td", { colspan: COLUMNS.length, class: "quiet" }, t("ui.hazards_none"))));
      byId("more-hazards").hidden = found.length <= order.rows;
      byId("more-hazards").textContent = t("ui.gaps_more").replace("{n}", whole(Math.min(ROWS, found.length - order.rows)));
    }

    function line(row) {
      const owner = read.schoolRow.get(read.get(hazard, "school_id", row));
      const chosen = state.selected && state.selected.layer === "hazard" && state.selected.row === row;
      const risk = read.get(hazard, "risk", row);
      return el("tr", { class: chosen ? "chosen" : "" },
        el("td", { class: "number" }, whole(rank(row))),
        el("td", {}, el("span", { class: "graded" }, gradeKey(gradeOf(read.get(hazard, "grade", row)), 18),
          el("button", { type: "button", on: { click: () => open({ layer: "hazard", row }) } }, said(hazard, "place", row) || t("ui.unknown"))),
        el("small", {}, [owner === undefined ? null : read.get(school, "name", owner), said(hazard, "description", row)].filter(Boolean).join(" · "))),
        el("td", { class: "number" }, count(read.get(hazard, "children", row))),
        el("td", { class: "number" }, risk === null || risk !== risk ? "—" : whole(Math.round(risk * 10) / 10)));
    }

    function sortBy(column) {
      order.down = order.column === column ? !order.down : column === "children" || column === "risk";
      order.column = column;
      showList();
      byId("hazard-table").tHead.querySelectorAll("button")[COLUMNS.indexOf(column)].focus();
    }

    function showMore() {
      order.rows += ROWS;
      showList();
    }

    return { showWays, showList, chooseProfile, showMore };
  }

  return { create };
})();
