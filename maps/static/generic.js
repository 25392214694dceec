// Layers that need no code of their own: what data/schema says of a `plain` role is enough to draw
// its points, lines or areas, to explain them in the legend, to list them and to tell of a row.
// A value is graded by size (points), width (lines) or depth (areas), in classes of equal numbers.
const generic = (() => {
  "use strict";

  const { el } = tell;
  const { visible, trace, strokeRows, inside } = shapes;
  const { key } = signs;
  const CLASSES = 4;
  const ONLY = CLASSES - 1; // the class of what has no values at all

  const names = (data) => Object.keys(data.roles).filter((name) => data.roles[name].plain && data.layers[name]);
  const known = (value) => value !== null && value === value;

  // Lower bounds of the classes of a layer's values, and the class of a row: -1 where it is not known.
  function grades(data, name) {
    const { value } = data.roles[name].plain;
    const values = value && data.layers[name].table.get(value);
    if (!values) return { bounds: [], of: () => ONLY };
    const sorted = Array.from(values).filter(known).sort((a, b) => a - b);
    const at = (part) => sorted[Math.floor(part * sorted.length)];
    const bounds = [...new Set(sorted.length ? [0, 1, 2, 3].map((i) => at(i / CLASSES)) : [])];
    return { bounds, of: (row) => (known(values[row]) ? bounds.filter((bound) => values[row] >= bound).length - 1 + CLASSES - bounds.length : -1) };
  }

  const radius = (grade) => (grade < 0 ? 5 : 4 + 2 * grade);
  const width = (grade) => (grade < 0 ? 2 : 2 + 1.6 * grade);
  const depth = (grade) => (grade < 0 ? 0 : 0.15 + 0.15 * grade);

  // What is not known is hollow or dashed.
  function point(pen, colour, grade) {
    pen.beginPath();
    pen.arc(0, 0, radius(grade), 0, 2 * Math.PI);
    pen.fillStyle = grade < 0 ? "#fff" : colour;
    pen.fill();
    pen.strokeStyle = grade < 0 ? colour : "#fff";
    pen.lineWidth = 1.6;
    pen.stroke();
  }

  // `view` as of painter.create.
  function create(data, view) {
    const layers = names(data).map((name) => ({ name, layer: data.layers[name], grade: grades(data, name), ...data.roles[name].plain }));
    const shown = () => layers.filter(({ name }) => view.on[name]);

    function lines(context, frame) {
      for (const { layer, geometry, colour, grade } of shown().filter((one) => one.layer.shape)) {
        if (geometry === "polygon") areas(context, frame, { layer, colour, grade });
        for (let at = -1; at < CLASSES; at++) {
          const thick = geometry === "polygon" ? 1.4 : width(at);
          strokeRows(context, layer.shape, frame, { colour, width: thick, dash: at < 0 ? [5, 4] : null, wanted: (row) => grade.of(row) === at });
        }
      }
    }

    function areas(context, frame, { layer, colour, grade }) {
      context.fillStyle = colour;
      for (let row = 0; row < layer.n; row++) {
        if (!visible(layer.shape, row, frame)) continue;
        context.globalAlpha = depth(grade.of(row));
        context.beginPath();
        trace(context, layer.shape, row, frame);
        context.fill("evenodd");
      }
      context.globalAlpha = 1;
    }

    function points(context, frame) {
      for (const { layer, colour, grade } of shown().filter((one) => one.geometry === "point")) {
        for (let row = 0; row < layer.n; row++) {
          const [x, y] = [layer.point.x[row] * frame.scale - frame.dx, layer.point.y[row] * frame.scale - frame.dy];
          if (!(x > -20 && y > -20 && x < frame.width + 20 && y < frame.height + 20)) continue;
          context.save();
          context.translate(x, y);
          point(context, colour, grade.of(row));
          context.restore();
        }
      }
    }

    // The row of each layer of points or lines, or of areas, under a place (world units at zoom 0);
    // reach in world units.
    function hit(wx, wy, { reach, areas: wanted }) {
      return shown().filter(({ geometry }) => (geometry === "polygon") === wanted).map(({ name, layer }) => ({ layer: name,
        row: wanted ? within(layer.shape, wx, wy) : nearest(layer, wx, wy, 1.6 * reach) })).filter(({ row }) => row >= 0);
    }

    function within(shape, wx, wy) {
      for (let row = shape.n - 1; row >= 0; row--) if (inside(shape, row, wx, wy)) return row;
      return -1;
    }

    function nearest({ shape, point: at, n }, wx, wy, reach) {
      let [best, found] = [reach, -1];
      for (let row = 0; row < n; row++) {
        const away = shape ? toLine(shape, row, wx, wy) : Math.hypot(at.x[row] - wx, at.y[row] - wy);
        if (away <= best) [best, found] = [away, row];
      }
      return found;
    }

    return { lines, points, hit };
  }

  function toLine({ first, start, x, y }, row, wx, wy) {
    let best = Infinity;
    for (let path = first[row]; path < first[row + 1]; path++) {
      for (let i = start[path] + 1; i < start[path + 1]; i++) {
        const [dx, dy] = [x[i] - x[i - 1], y[i] - y[i - 1]];
        const part = Math.max(0, Math.min(1, ((wx - x[i - 1]) * dx + (wy - y[i - 1]) * dy) / (dx * dx + dy * dy || 1)));
        best = Math.min(best, Math.hypot(x[i - 1] + part * dx - wx, y[i - 1] + part * dy - wy));
      }
    }
    return best;
  }

  // Words and pictures: {names(), legend(name, layer, note), source(name), panel(name), title(name, row)}; `go` selects and flies.
  function teller(data, state, { read, say, go }) {
    const { t, whole, percent } = say;
    const title = (name) => data.titles[name][state.lang];
    const cell = (name, id, row) => read.get(data.layers[name], id, row);
    const value = (name, { id, each }, row) => (each ? cell(name, `${id}_${state.lang}`, row) : cell(name, id, row));

    function told(name, column, row) {
      const found = value(name, column, row);
      if (!known(found)) return t("ui.unknown");
      if (column.type === "text") return found;
      if (column.type === "flag") return found ? "✓" : "–";
      return column.unit === "share" ? percent(found) : whole(Math.round(found * 100) / 100);
    }

    const nameOf = (name, row) => {
      const { label } = data.roles[name].plain;
      return (label && cell(name, label, row)) || `${title(name)} ${whole(row + 1)}`;
    };

    function picture(name, grade) {
      const { colour, geometry } = data.roles[name].plain;
      if (geometry === "line") return say.lineKey([[colour, width(grade), grade < 0 ? [5, 4] : null]]);
      return key((pen, size) => {
        if (geometry === "point") {
          pen.translate(size / 2, size / 2);
          return point(pen, colour, grade);
        }
        pen.globalAlpha = depth(grade);
        pen.fillStyle = colour;
        pen.fillRect(2, 4, size - 4, size - 8);
        pen.globalAlpha = 1;
        pen.strokeStyle = colour;
        return pen.strokeRect(2, 4, size - 4, size - 8);
      });
    }

    const columnOf = (name, id) => data.roles[name].plain.columns.find((column) => column.id === id);

    // Rows of the legend: the switch, and the classes of the value with their bounds.
    function legend(name, layer, note) {
      const { value: graded } = data.roles[name].plain;
      const { bounds, of } = grades(data, name);
      if (!bounds.length) return [layer(name, picture(name, ONLY))];
      const column = columnOf(name, graded);
      const bound = (at) => `≥ ${column.unit === "share" ? percent(bounds[at]) : whole(Math.round(bounds[at] * 100) / 100)}`;
      const unknown = Array.from({ length: data.layers[name].n }, (_, row) => row).some((row) => of(row) < 0);
      return [layer(name, null), ...bounds.map((_, at) => note(picture(name, at + CLASSES - bounds.length), column.title[state.lang], bound(at))).reverse(),
        unknown ? note(picture(name, -1), t("ui.unknown")) : null];
    }

    // A table as rows.create describes it.
    function source(name) {
      const { label, value: graded, columns } = data.roles[name].plain;
      const layer = data.layers[name];
      const shown = columns.filter(({ id }) => id !== label).slice(0, 4);
      const first = graded && shown.some(({ id }) => id === graded) ? { column: graded, down: true } : { column: "", down: false };
      return {
        given: true, hint: () => t("ui.list_hint"), none: "ui.list_none", first, title: () => title(name),
        rows: () => Array.from({ length: layer.n }, (_, row) => row), text: (row) => nameOf(name, row),
        open: (row) => go({ layer: name, row }),
        chosen: (row) => Boolean(state.selected) && state.selected.layer === name && state.selected.row === row,
        columns: [{ id: "", name: true, title: () => title(name), value: (row) => nameOf(name, row), show: (row) => nameOf(name, row) },
          ...shown.map((column) => ({ id: column.id, number: column.type === "number" || column.type === "whole", title: () => column.title[state.lang],
            value: (row) => value(name, column, row), show: (row) => told(name, column, row) }))],
      };
    }

    const panel = (name) => (row) => [
      el("h3", {}, picture(name, grades(data, name).of(row)), el("span", {}, nameOf(name, row))),
      el("p", { class: "status" }, title(name)),
      el("dl", {}, ...data.roles[name].plain.columns.flatMap((column) => [el("dt", {}, column.title[state.lang]), el("dd", {}, told(name, column, row))])),
    ];

    function brief(name, row) {
      const { value: graded } = data.roles[name].plain;
      const column = graded && columnOf(name, graded);
      return [nameOf(name, row), column ? `${column.title[state.lang]} ${told(name, column, row)}` : null].filter(Boolean).join(" · ");
    }

    const by = (make) => Object.fromEntries(names(data).map((name) => [name, make(name)]));
    return { legend, brief, sources: () => by(source), panels: () => by(panel) };
  }

  return { create, teller, names };
})();
