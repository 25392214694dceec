// Places that children and parents marked: a bubble whose tip stands on the place, with a sign for
// how the marks and the model agree; what a click tells of it.
const marks = (() => {
  "use strict";

  const { el } = tell;
  const { FONT, sprite, key } = signs;
  const [RADIUS, LIFT] = [9, 1.5]; // of the bubble in pixels; from its tip to its middle, in radii

  const classes = (data) => {
    const { mark: CLASSES } = data.palette;
    const layer = data.layers.mark;
    const column = (layer && layer.table.get("agreement")) || [];
    return (row) => CLASSES.find(({ id }) => id === column[row]) || CLASSES[CLASSES.length - 1];
  };

  // The tip lies at the pen's origin: what stands at the place itself stays visible.
  function bubble(pen, { colour, sign, hollow }, radius) {
    const rise = -LIFT * radius;
    pen.beginPath();
    pen.arc(0, rise, radius, 0.68 * Math.PI, 2.32 * Math.PI);
    pen.lineTo(0, 0);
    pen.closePath();
    pen.strokeStyle = "#fff";
    pen.lineWidth = hollow ? 4 : 2.4;
    pen.stroke();
    pen.fillStyle = hollow ? "#fff" : colour;
    pen.fill();
    if (hollow) {
      pen.strokeStyle = colour;
      pen.lineWidth = 1.8;
      pen.stroke();
    }
    pen.fillStyle = hollow ? colour : "#fff";
    pen.font = `700 ${Math.round(radius * 1.5)}px ${FONT}`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(sign, 0, rise + radius * 0.08);
  }

  const picture = (of, size = 20) => key((pen) => {
    pen.translate(size / 2, size * 0.93);
    bubble(pen, of, size * 0.34);
  }, size);

  // `view` as of painter.create.
  function create(data, view) {
    const { mark } = data.layers;
    const classOf = classes(data);
    const on = () => mark && view.on.mark && view.safe;
    const radiusAt = (zoom) => Math.max(5, Math.min(RADIUS, RADIUS + (zoom - 14) * 1.6));

    // The classes that come first in the palette lie on top, and of a class the most people.
    function points(context, frame) {
      if (!on()) return;
      const radius = radiusAt(frame.zoom);
      for (const of of [...data.palette.mark].reverse()) {
        const { image, half } = sprite((pen) => {
          pen.translate(0, LIFT * radius * 0.67);
          bubble(pen, of, radius);
        }, radius * 1.5);
        for (let row = mark.n - 1; row >= 0; row--) {
          if (classOf(row) !== of) continue;
          const [x, y] = [mark.point.x[row] * frame.scale - frame.dx, mark.point.y[row] * frame.scale - frame.dy];
          if (!(x > -40 && y > -40 && x < frame.width + 40 && y < frame.height + 40)) continue;
          context.drawImage(image, x - half, y - half - LIFT * radius * 0.67, 2 * half, 2 * half);
        }
      }
    }

    // The topmost bubble under a place (world units at zoom 0); reach in world units.
    function hit(wx, wy, reach, zoom) {
      if (!on()) return [];
      const rise = (LIFT * radiusAt(zoom)) / 2 ** zoom;
      const rows = Array.from({ length: mark.n }, (_, row) => row).filter((row) =>
        Math.hypot(mark.point.x[row] - wx, mark.point.y[row] - rise - wy) <= 1.2 * reach);
      const rank = (row) => data.palette.mark.indexOf(classOf(row));
      return rows.sort((a, b) => rank(a) - rank(b) || a - b).slice(0, 1).map((row) => ({ layer: "mark", row }));
    }

    return { points, hit };
  }

  // Words and pictures of a row, and the elements of its panel; `facts` as of panel.create.
  function teller(data, state, { read, say }) {
    const { t, whole } = say;
    const { mark } = data.layers;
    const classOf = classes(data);
    const get = (name, row) => read.get(mark, name, row);
    const said = (name, row) => get(`${name}_${state.lang}`, row);
    const name = (row) => said("mark", row) || t("ui.no_mark");
    const place = (row) => get("place", row) || [get("area", row), t(`mark_place.${get("place_kind", row)}`)].filter(Boolean).join(" · ");
    const agreement = (row) => said("agreement", row) || classOf(row)[state.lang];

    // All kinds of marks at the place of a row.
    function here(row) {
      const { x, y } = mark.point;
      return Array.from({ length: mark.n }, (_, other) => other).filter((other) => x[other] === x[row] && y[other] === y[row]);
    }

    const panel = (facts) => (row) => {
      const others = here(row).filter((other) => other !== row);
      return [
        el("h3", {}, picture(classOf(row), 26), el("span", {}, name(row))),
        el("p", { class: "status" }, agreement(row)),
        facts([["place", place(row)], ["people", whole(get("people", row))], ["marks", whole(get("marks", row))],
          ["grade", get("grade", row)], ["community", get("area", row)]]),
        others.length ? el("h4", {}, t("ui.marks_here")) : null,
        others.length ? el("ul", { class: "names" }, ...others.map((other) =>
          el("li", {}, `${name(other)} · ${whole(get("people", other))} ${t("ui.people_unit")}`))) : null,
      ];
    };
    return { name, place, agreement, panel, key: (row) => picture(classOf(row), 18) };
  }

  return { create, teller, picture };
})();
