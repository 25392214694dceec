// Which tables there are beside the map, and what stands in their columns.
const rows = (() => {
  "use strict";

  const range = (layer) => Array.from({ length: layer.n }, (_, row) => row);

  // A source: {given, empty() (nothing to list now), hint(), none, columns, rows(), text(row), pinyin(row), under(row), key(row),
  // first, open(row), chosen(row), more()}; a column: {id, name, number, up, value(row), show(row, place)}.
  // `go` selects and flies: go(found), go.gap(row, place).
  function create(data, state, { read, say, gradeOf, places, ofMarks, ofPlain, go, more }) {
    const { t, whole, count, percent, metresShort } = say;
    const { area, facility, school, gap, hazard, school_places: fill, short_group: group, school_zone: zone,
      site, link, co_use: shared, mark } = data.layers;
    const get = read.get;
    const said = (layer, name, row) => get(layer, `${name}_${state.lang}`, row) || get(layer, name, row);
    const tenth = (value) => (value === null || value !== value ? "—" : whole(Math.round(value * 10) / 10));
    const some = (value) => (value === null || value !== value ? "—" : count(value));
    const is = (layer, row) => Boolean(state.selected) && state.selected.layer === layer && state.selected.row === row;
    const named = (id, value) => ({ id, name: true, value, show: value });
    const number = (id, value, show = some, up = false) => ({ id, number: true, up, value, show: (row) => show(value(row)) });
    const nameOf = (layer, id) => (row) => get(layer, "name", row) || get(layer, id, row);
    const plain = (role, layer, rest) => ({ given: Boolean(layer), hint: () => t(rest.tip || "ui.list_hint"),
      none: "ui.list_none", rows: () => range(layer), text: nameOf(layer, rest.id), pinyin: (row) => get(layer, "pinyin", row),
      open: (row) => go({ layer: role, row }), chosen: (row) => is(role, row), ...rest });
    const areaId = (row) => get(area, "area_id", row);

    // -- covered?
    const gapPlace = (row) => read.rulePlace.get(get(gap, "rule_id", row));
    const gapName = (row) => get(gap, "area_name", row) || get(gap, "area_id", row);
    let ranks = new Map(); // within one rule
    const gaps = {
      given: Boolean(gap), hint: () => t("ui.gaps_hint"), none: "ui.gaps_none",
      first: { column: "rank", down: false }, more: more.gaps, text: gapName,
      rows: () => {
        const mine = read.gapRows(state.all ? null : state.rule);
        const byRank = mine.slice().sort((a, b) => get(gap, "rank", a) - get(gap, "rank", b));
        ranks = new Map(byRank.map((row, i) => [row, state.all ? get(gap, "rank", row) : i + 1]));
        return mine;
      },
      pinyin: (row) => get(area, "pinyin", tables.at(read.areaRow, get(gap, "area_id", row))),
      under: (row) => [get(gap, "town", row), state.all && gapPlace(row) !== undefined ? read.ruleName(gapPlace(row)) : null],
      columns: [number("rank", (row) => ranks.get(row), whole, true), named("area_name", gapName),
        number("children", (row) => get(gap, "children", row)), number("share", (row) => get(gap, "share", row), percent, true),
        number("walk_m", (row) => get(gap, "walk_m", row), metresShort)],
      chosen: (row) => state.gap === row, open: (row) => go.gap(row, gapPlace(row)),
    };
    const communities = plain("area", area, {
      id: "area_id", first: { column: "area_name", down: false },
      under: (row) => [get(area, "town", row)],
      key: (row) => say.shareKey(say.share(read.share(row, state.rule, state.measure))),
      columns: [named("area_name", nameOf(area, "area_id")), number("children", (row) => read.concerned(row, state.rule)),
        number("covered", (row) => read.covered(row, state.rule, state.measure)),
        number("share", (row) => read.share(row, state.rule, state.measure), percent, true)],
    });
    const facilities = plain("facility", facility, {
      id: "facility_id", first: { column: "facility_name", down: false },
      rows: () => range(facility).filter((row) => state.kinds.has(get(facility, "kind", row))),
      key: (row) => say.kindKey(get(facility, "kind", row), 18), under: (row) => [get(facility, "source", row)],
      columns: [named("facility_name", nameOf(facility, "facility_id")),
        { id: "kind", value: (row) => read.kindName(get(facility, "kind", row)), show: (row) => read.kindName(get(facility, "kind", row)) },
        number("capacity", (row) => get(facility, "capacity", row), (value) => (value === null || value !== value ? t("ui.unknown") : whole(value)))],
    });

    // -- the way there?
    const owner = (row) => read.schoolRow.get(get(hazard, "school_id", row));
    const place = (row) => said(hazard, "place", row);
    const hazards = plain("hazard", hazard, {
      tip: "ui.hazards_hint", none: "ui.hazards_none", first: { column: "rank", down: false }, more: more.hazards,
      rows: () => range(hazard).filter((row) => state.way.school === null || get(hazard, "school_id", row) === state.way.school),
      text: (row) => [place(row), said(hazard, "description", row), owner(row) === undefined ? "" : get(school, "name", owner(row))].join(" "),
      pinyin: (row) => (owner(row) === undefined ? null : get(school, "pinyin", owner(row))),
      key: (row) => say.gradeKey(gradeOf(get(hazard, "grade", row)), 18),
      under: (row) => [owner(row) === undefined ? null : get(school, "name", owner(row)), said(hazard, "description", row)],
      columns: [number("rank", (row) => get(hazard, "rank_exposure", row) || row + 1, whole, true), named("place", place),
        number("children", (row) => get(hazard, "children", row)), number("risk", (row) => get(hazard, "risk", row), tenth)],
    });
    const schools = plain("school", school, {
      id: "school_id", first: { column: "risk", down: true }, key: (row) => say.kindKey(get(school, "kind", row), 18),
      columns: [named("school_name", nameOf(school, "school_id")), number("children", (row) => get(school, "children", row)),
        number("share_alone", (row) => get(school, "share_alone", row), percent, true), number("risk", (row) => get(school, "risk", row), tenth)],
    });
    const marked = plain("mark", mark, {
      tip: "ui.marks_hint", first: { column: "people", down: true }, text: (row) => [ofMarks.name(row), ofMarks.place(row)].join(" "),
      key: ofMarks.key, under: (row) => [ofMarks.place(row), ofMarks.agreement(row)],
      columns: [named("mark", ofMarks.name), number("people", (row) => get(mark, "people", row), whole),
        number("marks", (row) => get(mark, "marks", row), whole)],
    });

    // -- enough places?
    const lack = (row, gauge) => read.lacking(areaId(row), state.stage, gauge).number;
    const lackShare = (row) => {
      const { number: placed, children } = read.lacking(areaId(row), state.stage, "placed");
      return children > 0 ? placed / children : NaN;
    };
    const lacking = plain("area", data.layers.place_gap && area, {
      id: "area_id", first: { column: "without", down: true },
      rows: () => range(area).filter((row) => read.lacking(areaId(row), state.stage, "placed").children > 0),
      under: (row) => [get(area, "town", row)],
      columns: [named("area_name", nameOf(area, "area_id")), number("children", (row) => read.lacking(areaId(row), state.stage, "placed").children),
        number("share_placed", lackShare, percent, true), number("without", (row) => read.lacking(areaId(row), state.stage, "placed").children - lack(row, "placed")),
        number("capacity_low", (row) => lack(row, "capacity_low"))],
    });
    const members = (row) => range(group).filter((other) => ["stage", "group"].every((name) => get(group, name, other) === get(group, name, row)));
    const memberNames = (row) => members(row).map((other) => get(group, "name", other)).join(t("sign.between"));
    const ofStage = (layer) => (layer.table.get("stage") || []).includes(state.stage);
    const groups = plain("short_group", group, {
      empty: () => !ofStage(group),
      first: { column: "short", down: true }, text: memberNames,
      rows: () => range(group).filter((row) => get(group, "stage", row) === state.stage && members(row)[0] === row),
      columns: [number("group", (row) => get(group, "group", row), whole, true), named("communities", memberNames),
        number("short", (row) => get(group, "short", row))],
    });
    const facilityAt = (row) => tables.at(read.facilityRow, get(fill, "facility_id", row));
    const filled = (row) => get(fill, "fill", row);
    const fills = plain("school_places", fill, {
      first: { column: "fill", down: true }, rows: () => read.placesRows(state.stage),
      text: (row) => get(facility, "name", facilityAt(row)) || get(fill, "facility_id", row), pinyin: (row) => get(facility, "pinyin", facilityAt(row)),
      key: (row) => places.fillKey(filled(row)),
      open: (row) => go({ layer: "facility", row: facilityAt(row) }), chosen: (row) => is("facility", facilityAt(row)),
      columns: [named("facility_name", (row) => get(facility, "name", facilityAt(row)) || get(fill, "facility_id", row)),
        number("places", (row) => get(fill, "places", row), (value) => (value === value && value !== null ? whole(value) : t("ui.unknown"))),
        number("assigned", (row) => get(fill, "assigned", row)), number("fill", filled, percent)],
    });
    const zones = plain("school_zone", zone, {
      empty: () => !ofStage(zone),
      id: "area_id", first: { column: "school", down: false }, rows: () => range(zone).filter((row) => get(zone, "stage", row) === state.stage),
      columns: [named("area_name", nameOf(zone, "area_id")), number("children", (row) => get(zone, "children", row)),
        ...["from_school", "school"].map((id) => ({ id, value: (row) => get(zone, id, row), show: (row) => get(zone, id, row) || "—" })),
        { id: "change", value: (row) => get(zone, "change", row), show: (row) => t(`change.${get(zone, "change", row)}`) || "—" }],
    });

    // -- where to build?
    const ruled = (layer) => range(layer).filter((row) => get(layer, "rule_id", row) === data.rules[state.rule]);
    const sites = plain("site", site, {
      id: "candidate_id", first: { column: "rank", down: false }, rows: () => read.sites(state.rule),
      key: (row) => places.siteKey(read.verdict(row, state.rule)), under: (row) => [places.verdictName(read.verdict(row, state.rule)), get(site, "communities", row)],
      columns: [number("rank", (row) => read.ofRule(site, "rank", row, state.rule), (value) => (value === value && value !== null ? whole(value) : "—"), true),
        named("site_name", nameOf(site, "candidate_id")), number("gain", (row) => read.ofRule(site, "children", row, state.rule)),
        number("share_to", (row) => read.ofRule(site, "share", row, state.rule), percent, true)],
    });
    const linkName = (row) => t(`link.${get(link, "kind", row)}`) || get(link, "kind", row);
    const links = plain("link", link, {
      first: { column: "rank", down: false }, rows: () => ruled(link), text: (row) => [linkName(row), said(link, "reason", row)].join(" "),
      under: (row) => [said(link, "reason", row)],
      columns: [number("rank", (row) => get(link, "rank", row), whole, true), named("link_kind", linkName),
        number("length_m", (row) => get(link, "length_m", row), metresShort, true), number("gain", (row) => get(link, "children", row))],
    });
    const shares = plain("co_use", shared, {
      id: "facility_id", first: { column: "rank", down: false }, rows: () => ruled(shared),
      key: (row) => say.kindKey(get(shared, "kind", row), 18), under: (row) => [read.kindName(get(shared, "kind", row))],
      columns: [number("rank", (row) => get(shared, "rank", row), whole, true), named("facility_name", nameOf(shared, "facility_id")),
        number("gain", (row) => get(shared, "children", row)), number("share_to", (row) => get(shared, "share_after", row), percent, true)],
    });
    return { gaps, communities, facilities, hazards, schools, marks: marked, lacking, groups, fill: fills, zones, sites, links, shared: shares, ...ofPlain.sources() };
  }

  return { create };
})();
