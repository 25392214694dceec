// Why is it so here? What a click tells of a community, a facility or a home.
const panel = (() => {
  "use strict";

  const { el } = tell;
  const TESTS = [["straight", 1], ["network", 2], ["walk", 3]]; // each with the least status that passes it
  const ASSUMED = ["virtual", "point", "boundary"]; // rules of entrances that nobody gave or mapped

  // Functions from a row to the elements of the panel; `areaAt(x, y)` finds the community of a place,
  // `open(found)` selects another thing.
  function create(data, state, { read, say, places, areaAt, open }) {
    const { t, whole, count, children, percent, metres, metresShort, aside, settlement, share } = say;
    const { kindKey, statusKey, shareKey, verdictKey, bar } = say;
    const { layers } = data;
    const verdictOf = (id) => data.palette.verdict.find((v) => v.id === id);
    const row2 = (first, ...rest) => el("tr", {}, el("td", {}, ...[].concat(first)), ...rest.map((cell) => el("td", {}, ...[].concat(cell))));
    const table = (...lines) => el("table", {}, el("tbody", {}, ...lines.filter((line) => line !== null)));

    function facts(pairs) {
      return el("dl", {}, ...[].concat(...pairs.filter(([, value]) => value !== null && value !== "").map(([name, value]) =>
        [el("dt", {}, t(`column.${name}`)), el("dd", {}, value)])));
    }

    function ruleFacts() {
      if (!data.rules.length) return null;
      const text = (name) => read.ruleText(state.rule, name);
      return facts([["rule", read.ruleName(state.rule)], ["limit", text("limit")], ["standard", text("standard")],
        ["clause", text("clause")], ["strength", text("strength")],
        ["scope", text("scope") && t(`settlement.${text("scope")}`)], ["verified", text("verified")]]);
    }

    function ruleName(place) {
      const limit = read.ruleText(place, "limit");
      return [read.ruleName(place), limit ? el("small", {}, limit) : null].filter(Boolean);
    }

    const toFacility = (row) => el("button", { type: "button", class: "link", on: { click: () => open({ layer: "facility", row }) } },
      read.get(layers.facility, "name", row) || read.get(layers.facility, "facility_id", row));

    function area(row) {
      const head = [
        el("h3", {}, read.get(layers.area, "name", row) || read.get(layers.area, "area_id", row) || t("ui.unknown")),
        facts([["town", read.get(layers.area, "town", row)], ["settlement", settlement(read.get(layers.area, "settlement", row))],
          ["children", children(read.get(layers.area, "children", row))]]),
      ];
      return [...head, ...(state.question === "places" ? areaPlaces(row) : areaCovered(row))];
    }

    function areaCovered(row) {
      if (!layers.area_value || !data.rules.length) return [ruleFacts()];
      const measured = read.measures(questions.MEASURES).map((measure) => {
        const value = read.share(row, state.rule, measure);
        return row2(t(`measure.${measure}`), bar(value), percent(value), count(read.covered(row, state.rule, measure)));
      });
      const every = data.rules.map((_, place) => row2(ruleName(place),
        [shareKey(share(read.share(row, place, state.measure))), percent(read.share(row, place, state.measure))]));
      return [
        el("h4", {}, `${read.ruleName(state.rule)} · ${children(read.concerned(row, state.rule))}`), table(...measured), ruleFacts(),
        ...(data.rules.length > 1 ? [el("h4", {}, `${t("ui.all_rules")}${aside(t(`measure.${state.measure}`))}`), table(...every)] : []),
      ];
    }

    // Of the children of each stage: who has a place, and what the others lack.
    function areaPlaces(row) {
      const id = read.get(layers.area, "area_id", row);
      return [].concat(...read.stages.map((stage) => {
        const { children: all } = read.lacking(id, stage, "placed");
        if (!(all > 0)) return [];
        const lines = questions.GAUGES.map((gauge) => {
          const { number } = read.lacking(id, stage, gauge);
          const most = gauge === "capacity_low" ? read.lacking(id, stage, "capacity_high").number : null;
          const upTo = most !== null && Math.round(most) > Math.round(number) ? `–${count(most)}` : "";
          return row2(t(`gauge.${gauge}`), bar(number / all), percent(number / all), `${count(number)}${upTo}`);
        });
        return [el("h4", {}, `${read.kindName(stage)} · ${children(all)}`), table(...lines)];
      }), layers.place_gap ? el("p", { class: "quiet" }, t("ui.interval_hint")) : null);
    }

    function facility(row) {
      const get = (name) => read.get(layers.facility, name, row);
      const capacity = get("capacity");
      const entrances = (read.entrancesOf.get(get("facility_id")) || []).map((rule) => t(`entrance.${rule}`) || rule);
      const counted = [...new Set(entrances)].map((name) => `${name} × ${entrances.filter((e) => e === name).length}`);
      const serving = data.rules.map((_, place) => place).filter((place) => read.kindOfRule(place) === get("kind"));
      return [
        el("h3", {}, kindKey(get("kind"), 26), el("span", {}, get("name") || get("facility_id") || t("ui.unknown"))),
        facts([["kind", read.kindName(get("kind"))], ["capacity", capacity === null || capacity !== capacity ? t("ui.unknown") : whole(capacity)],
          ["entrances", counted.join(t("sign.semicolon"))], ["source", get("source")]]),
        ...facilityPlaces(get("facility_id")),
        serving.length ? el("h4", {}, t("ui.rules_here")) : null,
        serving.length ? table(...serving.map((place) => row2(ruleName(place), read.ruleText(place, "verified") || ""))) : null,
      ];
    }

    function facilityPlaces(id) {
      return [].concat(...read.stages.map((stage) => {
        const row = read.placesRow(id, stage);
        if (row < 0) return [];
        const get = (name) => read.get(layers.school_places, name, row);
        const known = get("places") === get("places") && get("places") !== null;
        return [el("h4", { class: "status" }, places.fillKey(get("fill")), `${t("ui.ask_places")} · ${read.kindName(stage)}`),
          facts([["places", known ? whole(get("places")) : t("ui.unknown")], ["assigned", count(get("assigned"))],
            ["fill", known ? percent(get("fill")) : t("ui.unknown")], ["spare", known ? count(get("spare")) : t("ui.unknown")]])];
      }));
    }

    // Of a home: what the rule asks, what each of the three ways of measuring says, and of what.
    function demand(row) {
      const status = read.status(row, state.rule);
      const around = areaAt(layers.demand.point.x[row], layers.demand.point.y[row]);
      const nearest = read.nearestRow(row, state.rule);
      return [
        el("h3", {}, t("column.demand_point")),
        status ? el("p", { class: "status" }, statusKey(status, 20), el("span", {}, status[state.lang])) : null,
        status ? table(...TESTS.map(([measure, least]) => tested(measure, status.value < 0 ? "n.a." : status.value >= least ? "pass" : "fail"))) : null,
        facts([["walk_m", metres(read.walk(row, state.rule))], ["limit", read.ruleText(state.rule, "limit")],
          ["nearest", nearest >= 0 ? toFacility(nearest) : null],
          ["children", `${whole(read.get(layers.demand, "children", row))} ${t("ui.children_unit")}`],
          ["community", around >= 0 ? read.get(layers.area, "name", around) : null]]),
        assumed(nearest),
        ruleFacts(),
        el("h4", {}, t("ui.all_rules")),
        table(...data.rules.map((_, place) => underRule(row, place))),
      ];
    }

    function tested(measure, verdict) {
      const sign = verdictOf(verdict);
      return row2([verdictKey(sign), t(`measure.${measure}`), el("small", {}, t(`measure.${measure}_why`))], sign[state.lang]);
    }

    function underRule(row, place) {
      const of = read.status(row, place);
      if (!of) return null;
      const nearest = read.nearestRow(row, place);
      return row2([statusKey(of), ...ruleName(place), nearest >= 0 ? el("small", {}, "→ ", toFacility(nearest)) : null],
        metresShort(read.walk(row, place)));
    }

    // What the distance rests on that nobody gave.
    function assumed(nearest) {
      const lines = [t("ui.assumed_children")];
      if (nearest >= 0) {
        const rules = read.entrancesOf.get(read.get(layers.facility, "facility_id", nearest)) || ["point"];
        if (rules.every((rule) => ASSUMED.includes(rule))) {
          lines.unshift(`${t("ui.assumed_gate")}${aside([...new Set(rules)].map((rule) => t(`entrance.${rule}`) || rule).join(" / "))}`);
        }
      }
      return el("div", { class: "why" }, el("b", {}, t("ui.assumed")), el("ul", {}, ...lines.map((line) => el("li", {}, line))));
    }

    return { area, facility, demand, facts, ruleFacts };
  }

  return { create };
})();
