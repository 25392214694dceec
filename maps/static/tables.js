// What the data says: look-ups over its tables.
const tables = (() => {
  "use strict";

  // Look-ups over the tables; `state.lang` decides which of the names is told.
  function reader(data, state) {
    const { area, area_value: value, facility, demand, entrance, gap, rule, kind, school } = data.layers;
    const { place_gap: lack, school_places: places, site } = data.layers;
    const get = (layer, name, row) => {
      const column = layer && layer.table.get(name);
      return column && row >= 0 ? column[row] : null;
    };
    const rowsBy = (layer, name) => {
      const rows = new Map();
      ((layer && layer.table.get(name)) || []).forEach((id, row) => rows.has(id) || rows.set(id, row));
      return rows;
    };
    const ruleRow = rowsBy(rule, "rule_id");
    const kindRow = rowsBy(kind, "kind");
    const areaRow = rowsBy(area, "area_id");
    const facilityRow = rowsBy(facility, "facility_id");
    const values = data.rules.map(() => new Map());
    const rulePlace = new Map(data.rules.map((id, place) => [id, place]));
    for (let row = 0; value && row < value.n; row++) {
      const rows = values[rulePlace.get(get(value, "rule_id", row))];
      if (rows) rows.set(get(value, "area_id", row), row);
    }
    const entrancesOf = new Map();
    ((entrance && entrance.table.get("facility_id")) || []).forEach((id, row) => {
      entrancesOf.set(id, [...(entrancesOf.get(id) || []), get(entrance, "rule", row)]);
    });
    const own = (layer, name, row) => get(layer, name, row) || null;
    const lackRows = rowsOfTwo(lack, "stage", "area_id");
    const placesRows = rowsOfTwo(places, "stage", "facility_id");
    const stages = [...new Set([lack, places, data.layers.short_group, data.layers.school_zone]
      .flatMap((layer) => (layer && layer.table.get("stage")) || []))];
    const siteKinds = (place) => {
      const kinds = new Set([own(rule, "kind", ruleRow.get(data.rules[place]))]);
      for (let row = 0; row < site.n; row++) {
        if (get(site, "rule_id", row) === data.rules[place]) kinds.add(get(site, "kind", row));
      }
      return kinds;
    };
    const shapesInTurn = data.palette.kind.signs;

    const words = (path) => {
      const [section, key] = path.split(".");
      const texts = data.words[state.lang][section];
      return Object.prototype.hasOwnProperty.call(texts, key) ? texts[key] : null;
    };
    return {
      lang: () => state.lang,
      get, words, values, rulePlace, areaRow, facilityRow, entrancesOf, stages, schoolRow: rowsBy(school, "school_id"),
      ruleName: (place) => own(rule, `title_${state.lang}`, ruleRow.get(data.rules[place])) || data.rules[place],
      // In the page's language where the table has both.
      ruleText: (place, name) => {
        const row = ruleRow.get(data.rules[place]);
        return own(rule, `${name}_${state.lang}`, row) || own(rule, name, row);
      },
      kindOfRule: (place) => own(rule, "kind", ruleRow.get(data.rules[place])),
      kindName: (id) => own(kind, `title_${state.lang}`, kindRow.get(id)) || id || words("ui.unknown"),
      kindStyle: (id) => {
        const row = kindRow.has(id) ? kindRow.get(id) : -1;
        const icon = own(kind, "icon", row) || own(kind, "title_zh", row) || id || "?";
        return {
          colour: own(kind, "colour", row) || data.palette.plain.facilities,
          sign: shapesInTurn[Math.max(row, 0) % shapesInTurn.length],
          character: Array.from(icon)[0],
        };
      },
      kinds: () => {
        const present = new Set((facility && facility.table.get("kind")) || []);
        const known = [...kindRow.keys()].filter((id) => present.has(id));
        return [...known, ...[...present].filter((id) => !kindRow.has(id))];
      },
      // The measures that the data have: a public edition has one.
      measures: (every) => every.filter((measure) => value && value.table.has(`share_${measure}`)),
      share: (row, place, measure) =>
        get(value, `share_${measure}`, values[place] ? at(values[place], get(area, "area_id", row)) : -1),
      covered: (row, place, measure) => get(value, `covered_${measure}`, at(values[place], get(area, "area_id", row))),
      concerned: (row, place) => get(value, "children", at(values[place], get(area, "area_id", row))),
      // The row without an area is the whole study's; without such a row, the sum of the areas.
      total: (place, measure) => {
        let [covered, children] = [0, 0];
        const rows = values[place] || new Map();
        const whole = rows.has(null); // what is not told of the whole is not none
        for (const row of whole ? [rows.get(null)] : rows.values()) {
          covered += get(value, `covered_${measure}`, row) ?? (whole ? NaN : 0);
          const concerned = get(value, "children", row);
          children += whole || concerned === concerned ? concerned : 0;
        }
        return { covered, children, share: children > 0 ? covered / children : NaN };
      },
      status: (row, place) => {
        const of = demand.rules[place];
        return of ? data.palette.status.find((s) => s.value === of.status[row]) : null;
      },
      walk: (row, place) => (demand.rules[place] && demand.rules[place].walk_m ? demand.rules[place].walk_m[row] : null),
      nearestRow: (row, place) => {
        const of = demand.rules[place];
        return of && of.nearest && of.nearest[row] !== null ? at(facilityRow, of.nearest[row]) : -1;
      },
      // Children of a stage in a community (null: in all of them), and those of one gauge among them.
      lackRow: (areaId, stage) => (lackRows.has(stage) ? at(lackRows.get(stage), areaId) : -1),
      lacking: (areaId, stage, gauge) => {
        const row = lackRows.has(stage) ? at(lackRows.get(stage), areaId) : -1;
        return { number: get(lack, gauge, row), children: get(lack, "children", row) };
      },
      placesRow: (facilityId, stage) => (placesRows.has(stage) ? at(placesRows.get(stage), facilityId) : -1),
      placesRows: (stage) => [...(placesRows.get(stage) || new Map()).values()],
      // Candidate sites under a rule, a row each: what is chosen for another rule is possible here.
      sites: (place) => {
        const found = new Map();
        for (let row = 0; site && row < site.n; row++) {
          const id = get(site, "candidate_id", row);
          const mine = get(site, "rule_id", row) === data.rules[place];
          if (!siteKinds(place).has(get(site, "kind", row)) || (found.has(id) && !mine)) continue;
          found.set(id, row);
        }
        return [...found.values()];
      },
      verdict: (row, place) => {
        const verdict = get(site, "verdict", row);
        return verdict === "chosen" && get(site, "rule_id", row) !== data.rules[place] ? "possible" : verdict;
      },
      ofRule: (layer, name, row, place) => (get(layer, "rule_id", row) === data.rules[place] ? get(layer, name, row) : null),
      gapRows: (place) => {
        const rows = [];
        for (let row = 0; gap && row < gap.n; row++) {
          if (place === null || get(gap, "rule_id", row) === data.rules[place]) rows.push(row);
        }
        return rows;
      },
    };
  }

  // Rows by a first and a second column: Map of Maps.
  function rowsOfTwo(layer, first, second) {
    const rows = new Map();
    for (let row = 0; layer && row < layer.n; row++) {
      const [a, b] = [first, second].map((name) => layer.table.get(name)[row]);
      if (!rows.has(a)) rows.set(a, new Map());
      rows.get(a).set(b, row);
    }
    return rows;
  }

  function at(rows, key) {
    return rows.has(key) ? rows.get(key) : -1;
  }

  return { reader, at };
})();
