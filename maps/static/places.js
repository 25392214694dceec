// How places and proposals are drawn: communities jointly short, how full a school is, school
// zones, sites, missing links, places to be shared. Each is told by a sign or a number, too.
const places = (() => {
  "use strict";

  const { anchored, visible, trace, strokeRows } = shapes;
  const { FONT, sprite, key } = signs;

  // `view` as of painter.create, and {question, stage, rule, read}.
  function create(data, view) {
    const { site, link, co_use: shared, short_group: group, school_places: places, school_zone: zone, facility } = data.layers;
    const { place: COLOUR, plain } = data.palette;
    const { read } = view;
    const text = pens(data, read);
    const ruled = (layer) => rowsOf(layer, (row) => read.get(layer, "rule_id", row) === data.rules[view.rule]);
    const staged = (layer) => rowsOf(layer, (row) => read.get(layer, "stage", row) === view.stage);

    function rowsOf(layer, wanted) {
      const found = [];
      for (let row = 0; row < layer.n; row++) if (wanted(row)) found.push(row);
      return found;
    }

    const at = ({ point }, row, frame) => [point.x[row] * frame.scale - frame.dx, point.y[row] * frame.scale - frame.dy];
    const outside = ([x, y], frame) => !(x > -40 && y > -40 && x < frame.width + 40 && y < frame.height + 40);

    function lines(context, frame) {
      if (zone && view.on.school_zone) zones(context, frame);
      if (group && view.on.short_group) groups(context, frame);
      if (link && view.on.link) links(context, frame);
    }

    // A line from each community to the school of its zone, and a wash over what would move to another.
    function zones(context, frame) {
      const rows = staged(zone);
      context.globalAlpha = 0.3;
      context.fillStyle = COLOUR.moves;
      for (const row of rows) {
        if (read.get(zone, "change", row) !== "moves" || !visible(zone.shape, row, frame)) continue;
        context.beginPath();
        trace(context, zone.shape, row, frame);
        context.fill("evenodd");
      }
      context.globalAlpha = 1;
      context.beginPath();
      for (const row of rows) {
        const school = facility ? read.facilityRow.get(read.get(zone, "facility_id", row)) : undefined;
        if (school === undefined) continue;
        context.moveTo(...at(zone, row, frame));
        context.lineTo(...at(facility, school, frame));
      }
      context.strokeStyle = COLOUR.zone;
      context.lineWidth = 1.8;
      context.stroke();
    }

    function groups(context, frame) {
      const rows = staged(group);
      const chosen = view.selected && view.selected.layer === "short_group" ? read.get(group, "group", view.selected.row) : null;
      const hatch = anchored(context.createPattern(text.hatch(), "repeat"), frame);
      for (const row of rows) {
        if (!visible(group.shape, row, frame)) continue;
        context.beginPath();
        trace(context, group.shape, row, frame);
        context.fillStyle = hatch;
        context.fill("evenodd");
      }
      for (const mine of [false, true]) {
        strokeRows(context, group.shape, frame, { colour: mine ? plain.selected : COLOUR.group, width: mine ? 4 : 2.6,
          rows: rows.filter((row) => (read.get(group, "group", row) === chosen) === mine) });
      }
    }

    function links(context, frame) {
      for (const [colour, extra] of [["#fff", 3], [COLOUR.link, 0]]) {
        strokeRows(context, link.shape, frame, { colour, width: (frame.zoom < 14 ? 3 : 4.5) + extra, rows: ruled(link) });
      }
    }

    function points(context, frame) {
      if (places && view.on.school_places) fills(context, frame);
      if (shared && view.on.co_use) numbered(context, frame, shared, ruled(shared), text.share);
      if (link && view.on.link) numbered(context, frame, link, ruled(link), text.link);
      if (site && view.on.site) sites(context, frame);
      if (group && view.on.short_group) shortBy(context, frame);
    }

    // What fails lies below what is possible, and that below what is chosen.
    function sites(context, frame) {
      const rows = read.sites(view.rule);
      for (const verdict of ["fails", "possible", "chosen"]) {
        for (const row of rows) {
          if (read.verdict(row, view.rule) !== verdict) continue;
          const [x, y] = at(site, row, frame);
          if (outside([x, y], frame)) continue;
          context.save();
          context.translate(x, y);
          text.site(context, verdict, frame.zoom < 13 ? 6 : 9, read.ofRule(site, "rank", row, view.rule));
          context.restore();
        }
      }
    }

    function numbered(context, frame, layer, rows, draw) {
      for (const row of [...rows].reverse()) { // the first ones on top
        const [x, y] = at(layer, row, frame);
        const rank = read.get(layer, "rank", row);
        if (outside([x, y], frame) || (frame.zoom < 13.5 && rank > 20)) continue;
        context.save();
        context.translate(x, y);
        draw(context, frame.zoom < 13 ? 6 : 9, rank);
        context.restore();
      }
    }

    function fills(context, frame) {
      if (!facility || frame.zoom < 11) return;
      for (const row of read.placesRows(view.stage)) {
        const owner = read.facilityRow.get(read.get(places, "facility_id", row));
        if (owner === undefined) continue;
        const [x, y] = at(facility, owner, frame);
        if (outside([x, y], frame)) continue;
        context.save();
        context.translate(x, y + (frame.zoom < 14 ? 13 : 17));
        text.fill(context, read.get(places, "fill", row), frame.zoom < 14 ? 18 : 26);
        context.restore();
      }
    }

    // How many places a whole group lacks, once, on its first community.
    function shortBy(context, frame) {
      const told = new Set();
      for (const row of staged(group)) {
        const number = read.get(group, "group", row);
        if (told.has(number)) continue;
        told.add(number);
        const [x, y] = at(group, row, frame);
        context.font = `700 13px ${FONT}`;
        context.textAlign = "center";
        context.textBaseline = "middle";
        context.lineWidth = 4;
        context.strokeStyle = "#fff";
        context.fillStyle = COLOUR.group;
        const said = `−${Math.round(read.get(group, "short", row))}`;
        context.strokeText(said, x, y + 16);
        context.fillText(said, x, y + 16);
      }
    }

    // The topmost proposal under a place (world units at zoom 0); reach in world units.
    function hit(wx, wy, reach) {
      const near = (layer, rows) => {
        let [best, found] = [(1.3 * reach) ** 2, -1];
        for (const row of rows) {
          const away = (layer.point.x[row] - wx) ** 2 + (layer.point.y[row] - wy) ** 2;
          if (away <= best) [best, found] = [away, row];
        }
        return found;
      };
      const rows = { site: () => read.sites(view.rule), link: () => ruled(link), co_use: () => ruled(shared) };
      return Object.keys(rows).filter((name) => data.layers[name] && view.on[name])
        .map((layer) => ({ layer, row: near(data.layers[layer], rows[layer]()) })).filter(({ row }) => row >= 0);
    }

    return { lines, points, hit };
  }

  // Signs, on the map and in keys.
  function pens(data, read) {
    const { place: COLOUR, site: SITES, plain } = data.palette;
    const siteOf = (id) => SITES.find((one) => one.id === id) || SITES[SITES.length - 1];

    function plate(pen, outline, colour, rank, size) {
      pen.beginPath();
      outline(pen, size);
      pen.fillStyle = colour;
      pen.strokeStyle = "#fff";
      pen.lineWidth = 2.4;
      pen.stroke();
      pen.fill();
      if (!(rank >= 1) || size < 7) return;
      pen.fillStyle = "#fff";
      pen.font = `700 ${rank > 99 ? 8 : 11}px ${FONT}`;
      pen.textAlign = "center";
      pen.textBaseline = "middle";
      pen.fillText(String(rank), 0, 0.5);
    }

    const round = (pen, r) => pen.arc(0, 0, r, 0, 2 * Math.PI);
    const square = (pen, r) => pen.rect(-r, -r * 0.85, 2 * r, 1.7 * r);
    const diamond = (pen, r) => {
      pen.moveTo(0, -1.3 * r);
      for (const [x, y] of [[1.3, 0], [0, 1.3], [-1.3, 0]]) pen.lineTo(x * r, y * r);
      pen.closePath();
    };

    function site(pen, verdict, size, rank) {
      const { colour } = siteOf(verdict);
      if (verdict === "chosen") return plate(pen, round, colour, rank, size + 1);
      pen.beginPath();
      round(pen, size * 0.7);
      pen.fillStyle = "#fff";
      pen.fill();
      pen.strokeStyle = colour;
      pen.lineWidth = 2.2;
      if (verdict !== "possible") { // fails: a cross within the ring
        const r = size * 0.35;
        for (const [x, y] of [[r, r], [r, -r]]) {
          pen.moveTo(-x, -y);
          pen.lineTo(x, y);
        }
      }
      return pen.stroke();
    }

    // A bar under the school: filled as far as its places are; full ones are barred, unknown ones "?".
    function fill(pen, share, width) {
      const [height, known, full] = [width / 3.4, share === share && share !== null, share >= 0.995];
      pen.fillStyle = "#fff";
      pen.fillRect(-width / 2, -height / 2, width, height);
      if (known) {
        pen.fillStyle = full ? COLOUR.full : COLOUR.filled;
        pen.fillRect(-width / 2, -height / 2, width * Math.max(0, Math.min(1, share)), height);
      }
      pen.strokeStyle = plain.ink;
      pen.lineWidth = 1;
      pen.beginPath();
      pen.rect(-width / 2, -height / 2, width, height);
      if (full) for (let x = -width / 2 + height; x <= width / 2; x += height) {
        pen.moveTo(x - height, height / 2);
        pen.lineTo(x, -height / 2);
      }
      pen.stroke();
      if (known) return;
      pen.fillStyle = plain.ink;
      pen.font = `700 ${Math.round(height * 1.25)}px ${FONT}`;
      pen.textAlign = "center";
      pen.textBaseline = "middle";
      pen.fillText("?", 0, 0.5);
    }

    function hatch() {
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = 10;
      const pen = canvas.getContext("2d");
      pen.strokeStyle = COLOUR.group;
      pen.globalAlpha = 0.45;
      pen.lineWidth = 1.4;
      pen.beginPath();
      for (const shift of [-10, 0, 10]) {
        pen.moveTo(shift, 0);
        pen.lineTo(shift + 10, 10);
      }
      pen.stroke();
      return canvas;
    }

    const centred = (draw) => key((pen, size) => {
      pen.translate(size / 2, size / 2);
      draw(pen);
    });
    return {
      site, fill, hatch,
      link: (pen, size, rank) => plate(pen, diamond, COLOUR.link, rank, size * 0.9),
      share: (pen, size, rank) => plate(pen, square, COLOUR.shared, rank, size),
      siteKey: (verdict) => centred((pen) => site(pen, verdict, 8, NaN)),
      fillKey: (share) => centred((pen) => fill(pen, share, 19)),
      linkKey: () => centred((pen) => plate(pen, diamond, COLOUR.link, 1, 7.4)),
      shareKey: () => centred((pen) => plate(pen, square, COLOUR.shared, 1, 8.6)),
      groupKey: () => centred((pen) => {
        pen.fillStyle = pen.createPattern(hatch(), "repeat");
        pen.fillRect(-9, -7, 18, 14);
        pen.strokeStyle = COLOUR.group;
        pen.lineWidth = 2;
        pen.strokeRect(-9, -7, 18, 14);
      }),
      verdictName: (verdict) => siteOf(verdict)[read.lang()],
    };
  }

  return { create, pens };
})();
