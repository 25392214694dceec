// How ways to school are drawn: streets and crossings by risk, hazards, schools, ways, zones.
// No class is told by colour alone: crossings have shapes, lines dashes, hazards letters.
const safety = (() => {
  "use strict";

  const { visible, trace, strokeRows, grid } = shapes;
  const { riskSign, gradeSign, kindSign, sprite } = signs;
  const NEAR = 14; // zoom from which every crossing and zone is shown
  const DASHES = { "": null, long: [12, 5], short: [4, 4] };

  // `view` as of painter.create, and {question, way: {school, profile, choice}, schoolKind(row)}.
  function create(data, view) {
    const { exposure, crossing, hazard, school, route, zone } = data.layers;
    const { risk: RISKS, unsure, grade: GRADES, load: LOADS, route: LINE, plain } = data.palette;
    const column = (layer, name) => (layer && layer.table.get(name)) || [];
    const proposed = places.create(data, view); // drawn above the ways, by whichever question
    const marked = marks.create(data, view);
    const near = new Map(["crossing", "hazard", "school"].filter((name) => data.layers[name])
      .map((name) => [name, grid(data.layers[name].point)]));
    const buckets = exposure && linesByClass();
    const waysOf = route && rowsOfSchools();

    function riskOf(value, of) {
      if (!(value >= 0)) return unsure;
      let at = 0;
      while (at + 1 < RISKS.length && value >= RISKS[at + 1][of]) at++;
      return RISKS[at];
    }

    function loadOf(children) {
      let at = 0;
      while (at + 1 < LOADS.length && children >= LOADS[at + 1].children) at++;
      return LOADS[at];
    }

    const gradeOf = (id) => GRADES.find((g) => g.id === id) || GRADES[GRADES.length - 1];
    const hollow = (row) => !(column(crossing, "known_share")[row] >= unsure.known_share)
      || !(column(crossing, "risk")[row] >= 0);

    function linesByClass() {
      const found = new Map();
      for (let row = 0; row < exposure.n; row++) {
        const risk = riskOf(column(exposure, "risk")[row], "street");
        const load = loadOf(column(exposure, "children")[row]);
        const key = `${risk.id} ${LOADS.indexOf(load)}`;
        if (!found.has(key)) found.set(key, { risk, load, rows: [] });
        found.get(key).rows.push(row);
      }
      const rank = ({ risk, load }) => (RISKS.indexOf(risk) + 1) * LOADS.length + LOADS.indexOf(load);
      return [...found.values()].sort((a, b) => rank(a) - rank(b)); // the worst on top
    }

    function rowsOfSchools() {
      const rows = new Map();
      column(route, "school_id").forEach((id, row) => {
        if (!rows.has(id)) rows.set(id, []);
        rows.get(id).push(row);
      });
      return rows;
    }

    function lines(context, frame) {
      if (zone && view.on.zone && frame.zoom >= NEAR) zones(context, frame);
      if (exposure && view.on.exposure) {
        context.globalAlpha = view.way.school ? 0.4 : 1;
        const thin = frame.zoom < 13 ? 0.55 : frame.zoom < NEAR ? 0.75 : 1;
        for (const { risk, load, rows } of buckets) {
          strokeRows(context, exposure.shape, frame, { colour: risk.colour, width: load.width_px * thin, rows });
          if (risk.dash && frame.zoom >= NEAR) {
            strokeRows(context, exposure.shape, frame,
              { colour: "#fff", width: Math.max(0.8, load.width_px * 0.34), rows, dash: DASHES[risk.dash] });
          }
        }
        context.globalAlpha = 1;
      }
      if (route && view.on.route && view.way.school) ways(context, frame);
      proposed.lines(context, frame);
    }

    function zones(context, frame) {
      strokeRows(context, zone.shape, frame, { colour: LINE.zone, width: 1.2, dash: [6, 4] });
    }

    // The ways to one school: the recommended ones as wide as their children, the shortest dashed.
    function ways(context, frame) {
      const { profile, choice } = view.way;
      const mine = (waysOf.get(view.way.school) || [])
        .filter((row) => profile === null || column(route, "profile")[row] === profile);
      for (const name of ["safest", "shortest"]) {
        if (choice !== "both" && choice !== name) continue;
        const children = new Map(); // of each line, all ages together
        for (const row of mine) {
          if (column(route, "choice")[row] !== name) continue;
          children.set(route.of[row], (children.get(route.of[row]) || 0) + column(route, "children")[row]);
        }
        for (const load of LOADS) {
          const rows = [...children].filter(([, number]) => loadOf(number) === load).map(([line]) => line);
          const width = name === "safest" ? load.width_px : Math.max(1.6, load.width_px * 0.5);
          strokeRows(context, route.shape, frame, { colour: "#fff", width: width + 2, rows });
          strokeRows(context, route.shape, frame,
            { colour: LINE[name], width, rows, dash: name === "shortest" ? [7, 5] : null });
        }
      }
    }

    function box(frame, margin) {
      return [(frame.dx - margin) / frame.scale, (frame.dy - margin) / frame.scale,
        (frame.dx + frame.width + margin) / frame.scale, (frame.dy + frame.height + margin) / frame.scale];
    }

    function draw(context, frame, name, { wanted, id, sign, radius }) {
      const { point } = data.layers[name];
      const images = new Map();
      near.get(name)(box(frame, 20), (row) => {
        if (wanted && !wanted(row)) return;
        const key = id(row);
        if (!images.has(key)) images.set(key, sprite((pen, r) => sign(pen, r, row), radius));
        const { image, half } = images.get(key);
        context.drawImage(image, point.x[row] * frame.scale - frame.dx - half,
          point.y[row] * frame.scale - frame.dy - half, 2 * half, 2 * half);
      });
    }

    const gradeNow = (row) => gradeOf(column(hazard, "grade")[row]);
    const crossingRisk = (row) => riskOf(column(crossing, "risk")[row], "crossing");
    const shownCrossing = (zoom) => (row) => zoom >= NEAR || RISKS.indexOf(crossingRisk(row)) >= (zoom >= 13 ? 2 : 3);
    // With a school chosen, only its own hazards are shown.
    const shownHazard = (zoom) => (row) => (view.after && column(hazard, "outcome")[row] === "gone" ? false : view.way.school ? column(hazard, "school_id")[row] === view.way.school
      : zoom >= NEAR || GRADES.indexOf(gradeOf(column(hazard, "grade")[row])) < (zoom >= 13 ? 2 : 1));
    const size = (zoom) => Math.max(3, Math.min(7, 4.4 + (zoom - 14) * 0.9));

    function points(context, frame) {
      if (crossing && view.on.crossing) {
        context.globalAlpha = view.way.school ? 0.55 : 1;
        draw(context, frame, "crossing", { wanted: shownCrossing(frame.zoom), radius: size(frame.zoom),
          id: (row) => `${crossingRisk(row).id} ${hollow(row)}`,
          sign: (pen, r, row) => riskSign(pen, crossingRisk(row), r, hollow(row)) });
        context.globalAlpha = 1;
      }
      if (hazard && view.on.hazard) {
        draw(context, frame, "hazard", { wanted: shownHazard(frame.zoom), radius: size(frame.zoom) + 1,
          id: (row) => gradeNow(row).id, sign: (pen, r, row) => gradeSign(pen, gradeNow(row), r) });
      }
      if (school && view.on.school) {
        draw(context, frame, "school", { radius: schoolRadius(frame.zoom), id: (row) => column(school, "kind")[row],
          sign: (pen, r, row) => kindSign(pen, view.schoolKind(row), r) });
      }
    }

    function everyPoint(context, frame) {
      points(context, frame);
      proposed.points(context, frame);
      marked.points(context, frame);
    }

    function schoolRadius(zoom) {
      return Math.max(3.2, Math.min(13, 8 + (zoom - 13) * 2));
    }

    // The topmost thing under a place (world units at zoom 0); reach in world units.
    function hit(wx, wy, reach, zoom) {
      const found = [...marked.hit(wx, wy, reach, zoom), ...proposed.hit(wx, wy, reach)];
      const wanted = { hazard: shownHazard(zoom), crossing: shownCrossing(zoom), school: () => true };
      for (const name of ["school", "hazard", "crossing"]) {
        if (!near.has(name) || !view.on[name]) continue;
        const { point } = data.layers[name];
        const limit = name === "school" ? 1.4 * reach : reach;
        let [best, row] = [limit * limit, -1];
        near.get(name)([wx - limit, wy - limit, wx + limit, wy + limit], (i) => {
          const away = (point.x[i] - wx) ** 2 + (point.y[i] - wy) ** 2;
          if (away <= best && wanted[name](i)) [best, row] = [away, i];
        });
        if (row >= 0) found.push({ layer: name, row });
      }
      const row = exposure && view.on.exposure ? nearestLine(wx, wy, reach) : -1;
      if (row >= 0) found.push({ layer: "exposure", row });
      return found;
    }

    function nearestLine(wx, wy, reach) {
      const { first, start, x, y, box: bounds } = exposure.shape;
      let [best, found] = [reach * reach, -1];
      for (let row = 0; row < exposure.n; row++) {
        if (wx < bounds[4 * row] - reach || wx > bounds[4 * row + 2] + reach
          || wy < bounds[4 * row + 1] - reach || wy > bounds[4 * row + 3] + reach) continue;
        for (let i = start[first[row]] + 1; i < start[first[row + 1]]; i++) {
          const [dx, dy] = [x[i] - x[i - 1], y[i] - y[i - 1]];
          const along = Math.max(0, Math.min(1, ((wx - x[i - 1]) * dx + (wy - y[i - 1]) * dy) / (dx * dx + dy * dy || 1)));
          const away = (x[i - 1] + along * dx - wx) ** 2 + (y[i - 1] + along * dy - wy) ** 2;
          if (away <= best) [best, found] = [away, row];
        }
      }
      return found;
    }

    function outline(context, row, frame) {
      context.beginPath();
      if (visible(exposure.shape, row, frame)) trace(context, exposure.shape, row, frame);
    }

    return { lines, points: everyPoint, hit, outline, riskOf, gradeOf, schoolRadius, ink: plain.ink };
  }

  return { create, DASHES };
})();
