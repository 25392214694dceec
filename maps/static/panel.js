// What a click tells of a community, a facility or a demand point.
const panel = (() => {
  "use strict";

  const { el } = tell;

  // Functions from a row to the elements of the panel; `areaAt(x, y)` finds the community of a place.
  function create(data, state, { read, say, areaAt, measures }) {
    const { t, whole, count, children, percent, metres, metresShort, aside, settlement, share } = say;
    const { kindKey, statusKey, shareKey, bar } = say;
    const { layers } = data;

    function facts(pairs) {
      return el("dl", {}, ...[].concat(...pairs.filter(([, value]) => value !== null && value !== "").map(([name, value]) =>
        [el("dt", {}, t(`column.${name}`)), el("dd", {}, value)])));
    }

    function ruleFacts() {
      if (!data.rules.length) return null;
      const text = (name) => read.ruleText(state.rule, name);
      return facts([["rule", read.ruleName(state.rule)], ["limit", read.ruleText(state.rule, "limit")], ["standard", text("standard")],
        ["clause", text("clause")], ["strength", text("strength")],
        ["scope", text("scope") && (t(`settlement.${text("scope")}`) || text("scope"))], ["verified", text("verified")]]);
    }

    function ruleName(place) {
      const limit = read.ruleText(place, "limit");
      return [read.ruleName(place), limit ? el("small", {}, limit) : null].filter(Boolean);
    }

    function area(row) {
      const rows = measures.map((measure) => {
        const value = read.share(row, state.rule, measure);
        return el("tr", {}, el("td", {}, t(`measure.${measure}`)), el("td", {}, bar(value)), el("td", {}, percent(value)),
          el("td", {}, count(read.covered(row, state.rule, measure))));
      });
      const every = data.rules.map((_, place) => el("tr", {}, el("td", {}, ...ruleName(place)),
        el("td", {}, shareKey(share(read.share(row, place, state.measure))), percent(read.share(row, place, state.measure)))));
      const valued = layers.area_value && data.rules.length;
      return [
        el("h3", {}, read.get(layers.area, "name", row) || read.get(layers.area, "area_id", row) || t("ui.unknown")),
        facts([["town", read.get(layers.area, "town", row)], ["settlement", settlement(read.get(layers.area, "settlement", row))],
          ["children", children(read.get(layers.area, "children", row))]]),
        valued ? el("h4", {}, `${read.ruleName(state.rule)} · ${children(read.concerned(row, state.rule))}`) : null,
        valued ? el("table", {}, el("tbody", {}, ...rows)) : null,
        ruleFacts(),
        valued && data.rules.length > 1 ? el("h4", {}, `${t("ui.all_rules")}${aside(t(`measure.${state.measure}`))}`) : null,
        valued && data.rules.length > 1 ? el("table", {}, el("tbody", {}, ...every)) : null,
      ];
    }

    function facility(row) {
      const get = (name) => read.get(layers.facility, name, row);
      const capacity = get("capacity");
      const entrances = (read.entrancesOf.get(get("facility_id")) || []).map((rule) => t(`entrance.${rule}`) || rule);
      const counted = [...new Set(entrances)].map((name) => `${name} × ${entrances.filter((e) => e === name).length}`);
      return [
        el("h3", {}, kindKey(get("kind"), 26), el("span", {}, get("name") || get("facility_id") || t("ui.unknown"))),
        facts([["kind", read.kindName(get("kind"))], ["capacity", capacity === null ? t("ui.unknown") : whole(capacity)],
          ["entrances", counted.join(state.lang === "zh" ? "；" : "; ")], ["source", get("source")]]),
      ];
    }

    function demand(row) {
      const status = read.status(row, state.rule);
      const around = areaAt(layers.demand.point.x[row], layers.demand.point.y[row]);
      const every = data.rules.map((_, place) => {
        const of = read.status(row, place);
        return of && el("tr", {}, el("td", {}, statusKey(of), ...ruleName(place)), el("td", {}, metresShort(read.walk(row, place))));
      });
      return [
        el("h3", {}, t("column.demand_point")),
        status ? el("p", { class: "status" }, statusKey(status, 20), el("span", {}, status[state.lang])) : null,
        facts([["walk_m", metres(read.walk(row, state.rule))], ["nearest", read.nearest(row, state.rule)],
          ["children", `${whole(read.get(layers.demand, "children", row))} ${t("ui.children_unit")}`],
          ["community", around >= 0 ? read.get(layers.area, "name", around) : null]]),
        ruleFacts(),
        el("h4", {}, t("ui.all_rules")),
        el("table", {}, el("tbody", {}, ...every.filter(Boolean))),
      ];
    }

    return { area, facility, demand };
  }

  return { create };
})();
