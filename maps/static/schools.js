// What a click tells of a school, a hazard, a crossing or a street that children walk.
const schools = (() => {
  "use strict";

  const { el } = tell;
  const FACTS = ["children", "children_alone", "share_alone", "children_severed", "detour_median", "risk", "known_share"];
  const SHARES = new Set(["share_alone", "known_share", "detour_median"]);

  // Functions from a row to the elements of the panel; `open(found)` selects another thing.
  function create(data, state, { read, say, open, gradeOf }) {
    const { t, whole, percent, kindKey, gradeKey, verdictKey } = say;
    const { layers } = data;
    const VERDICTS = data.palette.verdict;
    const rowsOf = new Map(["audit", "hazard"].map((name) => [name, bySchool(layers[name])]));

    function bySchool(layer) {
      const rows = new Map();
      ((layer && layer.table.get("school_id")) || []).forEach((id, row) => {
        if (!rows.has(id)) rows.set(id, []);
        rows.get(id).push(row);
      });
      return rows;
    }

    // In the page's language where the table has both.
    const said = (layer, name, row) => read.get(layer, `${name}_${state.lang}`, row) || read.get(layer, name, row);
    const colon = () => t("sign.colon");

    function number(layer, name, row) {
      const value = read.get(layer, name, row);
      if (value === null || value !== value) return null;
      if (name.startsWith("detour")) return `+${percent(value - 1)}`;
      return SHARES.has(name.replace("_after", "")) ? percent(value) : whole(Math.round(value * 10) / 10);
    }

    // A number with its interval, and with its value after treatment where one was handed over.
    function told(layer, name, row) {
      const value = number(layer, name, row);
      if (value === null) return null;
      const [low, high] = ["low", "high"].map((end) => number(layer, `${name}_${end}`, row));
      const after = number(layer, `${name}_after`, row);
      const interval = low !== null && high !== null && low !== high ? ` [${low}–${high}]` : "";
      return [`${value}${interval}`, after === null ? null : el("b", { class: "after" }, ` → ${after}`)];
    }

    function facts(pairs) {
      return el("dl", {}, ...[].concat(...pairs.filter(([, value]) => value !== null && value !== "").map(([name, value]) =>
        [el("dt", {}, t(`column.${name}`)), el("dd", {}, ...[].concat(value).filter((part) => part !== null))])));
    }

    function school(row) {
      const id = read.get(layers.school, "school_id", row);
      return [
        el("h3", {}, kindKey(read.get(layers.school, "kind", row), 26),
          el("span", {}, read.get(layers.school, "name", row) || id || t("ui.unknown"))),
        facts(FACTS.map((name) => [name, told(layers.school, name, row)])),
        riskFrom(row),
        layers.route ? el("p", { class: "quiet" }, t("ui.recommended_hint")) : null,
        ...auditOf(id), ...hazardsOf(id),
      ];
    }

    function riskFrom(row) {
      const known = number(layers.school, "known_share", row);
      return known === null ? null : el("p", { class: "why" }, t("ui.why_risk").replace("{known}", known));
    }

    function hazardsOf(id) {
      const rows = rowsOf.get("hazard").get(id) || [];
      if (!rows.length) return [];
      return [el("h4", {}, `${t("ui.hazards")} · ${whole(rows.length)}`),
        el("ul", { class: "things" }, ...rows.map((row) => el("li", {},
          gradeKey(gradeOf(read.get(layers.hazard, "grade", row))),
          el("button", { type: "button", on: { click: () => open({ layer: "hazard", row }) } },
            said(layers.hazard, "place", row) || said(layers.hazard, "description", row) || t("ui.unknown")),
          el("small", {}, said(layers.hazard, "description", row)))))];
    }

    function auditOf(id) {
      const rows = rowsOf.get("audit").get(id) || [];
      if (!rows.length) return [];
      const verdictOf = (row) => VERDICTS.find((v) => v.id === read.get(layers.audit, "verdict", row)) || VERDICTS.find((v) => v.id === "unknown");
      const lists = VERDICTS.map((verdict) => [verdict, rows.filter((row) => verdictOf(row) === verdict)]).filter(([, mine]) => mine.length);
      const gates = new Set(rows.map((row) => read.get(layers.audit, "gate_id", row)).filter((id) => id !== null));
      return [el("h4", {}, t("ui.audit")), ...lists.map(([verdict, mine]) => {
        const list = el("details", { class: "audit", open: verdict.id === "fail" },
          el("summary", {}, verdictKey(verdict), `${verdict[state.lang]} · ${whole(mine.length)}`),
          el("ul", {}, ...mine.map((row) => check(row, gates.size > 1))));
        return list;
      })];
    }

    function check(row, severalGates) {
      const get = (name) => said(layers.audit, name, row);
      const clause = ["clause", "edition", "strength"].map(get).filter(Boolean).join(" · ");
      const verdict = read.get(layers.audit, "verdict", row);
      const name = read.get(layers.audit, `title_${state.lang}`, row) || "";
      return el("li", {}, el("b", {}, `${get("check")} ${name}`),
        severalGates && get("gate_id") ? el("small", {}, get("gate_id").split("#").pop()) : null,
        get("evidence") ? el("p", {}, get("evidence")) : null,
        clause ? el("p", { class: "quiet" }, clause, get("verified") ? el("span", { class: "tag" }, get("verified")) : null) : null,
        verdict === "fail" && get("treatment") ? el("p", {}, `${t("column.treatment")}${colon()}${get("treatment")}`) : null);
    }

    function hazard(row) {
      const layer = layers.hazard;
      const grade = gradeOf(read.get(layer, "grade", row));
      const owner = read.schoolRow.get(read.get(layer, "school_id", row));
      const text = (name) => [name, said(layer, name, row)];
      return [
        el("h3", {}, gradeKey(grade, 24), el("span", {}, said(layer, "place", row) || t("ui.unknown"))),
        el("p", {}, said(layer, "description", row)),
        facts([["grade", grade[state.lang]], ["children", told(layer, "children", row)], ["risk", told(layer, "risk", row)],
          text("treatment"), text("body"), text("due"), text("status"), text("evidence"), text("clause"), text("verified")]),
        owner === undefined ? null : el("p", {}, el("button", { type: "button", class: "link",
          on: { click: () => open({ layer: "school", row: owner }) } }, read.get(layers.school, "name", owner) || t("ui.unknown"))),
      ];
    }

    function crossing(row) {
      const layer = layers.crossing;
      return [
        el("h3", {}, el("span", {}, read.get(layer, "street_name", row) || t("ui.crossing"))),
        facts([["facility", t(`facility.${read.get(layer, "facility", row)}`)],
          ["source", t(`known.${read.get(layer, "facility_source", row)}`)], ...shared(layer, row)]),
        why(layer, row),
      ];
    }

    function exposure(row) {
      const layer = layers.exposure;
      return [
        el("h3", {}, el("span", {}, read.get(layer, "name", row) || t("ui.street"))),
        facts(shared(layer, row, "risk_100m")),
        why(layer, row),
      ];
    }

    function shared(layer, row, riskName = "risk") {
      return [["children", told(layer, "children", row)], [riskName, told(layer, "risk", row) || t("ui.unknown")],
        ["known_share", told(layer, "known_share", row)], ["plts", number(layer, "plts", row)]];
    }

    function why(layer, row) {
      const text = said(layer, "why", row);
      return text ? el("p", { class: "why" }, text) : null;
    }

    return { school, hazard, crossing, exposure, said };
  }

  return { create };
})();
