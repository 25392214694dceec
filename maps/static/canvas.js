// How the map is drawn, and what lies under the pointer.
const painter = (() => {
  "use strict";

  const { CanvasLayer, anchored, visible, within, sheetOf, trace, strokeRows, fillRows, grid, inside } = shapes;
  const { FONT, classFill, classOf, statusSign, kindSign, sprite } = signs;
  const SIGNS = 0.008; // points a pixel, in the densest place: more are drawn as plain squares
  const ROOM = 30; // pixels across a typical area, from which its border has a halo
  const TEXTS = 600; // pictures of names that are kept

  // `data` is what block.read gave; `view` says what is wanted, and is read anew at every redraw:
  // {rule, share(row), on: {layer: bool}, kinds: Set, kind(row), selected: {layer, row} | null,
  //  tiles: whether a tile layer lies below}.
  function create(data, view) {
    const { plain, status: STATUSES, share: SHARES, street: STREETS, service } = data.palette;
    const { area, facility, demand, line, entrance, school } = data.layers;
    const statuses = [-1, 3, 2, 1, 0].map((v) => STATUSES.find((s) => s.value === v)); // worst on top
    const near = demand && grid(demand.point);
    const nearFacility = facility && grid(facility.point);
    const kindOf = (facility && facility.table.get("kind")) || [];
    const facilityRow = new Map(((facility && facility.table.get("facility_id")) || []).map((id, row) => [id, row]));
    const ownerIds = (entrance && entrance.table.get("facility_id")) || [];
    const owners = ownerIds.map((id) => facilityRow.get(id));
    const schoolIds = new Set((school && school.table.get("school_id")) || []);
    const nearSchool = school && grid(school.point);

    const texts = new Map();
    const typical = area ? width(area.shape) : 0;

    const safe = safety.create(data, view);
    const others = generic.create(data, view);

    const paint = (context, frame) => {
      if (!view.tiles) {
        context.fillStyle = plain.land;
        context.fillRect(0, 0, frame.width, frame.height);
      }
      background(context, frame, "green");
      if (area && view.on.area) choropleth(context, frame);
      background(context, frame, "water");
      background(context, frame, "building");
      const sheet = sheetOf(context, frame);
      sheet.hold(() => {
        if (line) streets(context, frame);
        background(context, frame, "railway"); // lines
        if (line && view.on.service) reached(context, frame);
        if (area) borders(context, frame);
      });
      sheet.hold(() => safe.lines(context, frame));
      others.lines(context, frame);
      if (facility) sites(context, frame);
      sheet.hold(() => {
        if (demand && view.on.demand) demandPoints(context, frame, sheet);
        if (entrance && view.on.entrance && frame.zoom >= 14) entrances(frame, sheet);
        if (facility) facilities(frame, sheet);
      });
      safe.points(context, frame);
      others.points(context, frame);
    };

    const cover = (context, frame) => {
      if (view.on.label) labels(context, frame);
      highlight(context, frame);
    };

    function background(context, frame, name) {
      const layer = data.layers[name];
      if (!layer || !view.on[name]) return;
      if (name === "building" && frame.zoom < 14) return;
      fillRows(context, layer.area, frame, plain[name] || plain.outline);
      if (name === "building" && frame.zoom >= 16) {
        strokeRows(context, layer.area, frame, { colour: plain.building_line, width: 0.7 });
      }
      if (name === "railway") {
        strokeRows(context, layer.line, frame, { colour: plain.railway, width: 3 });
        strokeRows(context, layer.line, frame, { colour: "#fff", width: 1.6, dash: [7, 7] });
      } else {
        const width = name === "water" ? Math.max(1.4, 6 / frame.metres) : 1.2;
        strokeRows(context, layer.line, frame, { colour: plain[name], width });
      }
    }

    function choropleth(context, frame) {
      const fills = SHARES.map((share) => anchored(classFill(context, share, plain), frame));
      context.globalAlpha = view.tiles ? 0.6 : 1;
      for (const row of within(area.shape, frame)) {
        const at = classOf(view.share(row), SHARES);
        context.fillStyle = at < 0 ? plain.none : fills[at];
        context.beginPath();
        trace(context, area.shape, row, frame);
        context.fill("evenodd");
      }
      context.globalAlpha = 1;
    }

    function borders(context, frame) {
      if (!view.on.area) return;
      if (typical * frame.scale > ROOM) strokeRows(context, area.shape, frame, { colour: "rgba(255,255,255,.7)", width: 2.4 });
      strokeRows(context, area.shape, frame, { colour: plain.outline, width: 0.9, dash: [5, 3] });
    }

    function streets(context, frame) {
      if (!view.on.street) return;
      const width = (s) => Math.max(s.width_px * (frame.zoom < 14 ? 0.6 : 1), s.width_m / frame.metres);
      const shown = STREETS.map((street, i) => ({ street, wanted: (row) => line.street[row] === i + 1 }))
        .filter(({ street }) => street.id === "major" || frame.zoom >= (street.id === "rest" ? 15 : 12.5))
        .reverse();
      const fine = (street) => street.casing && width(street) < 1; // its casing alone is seen
      for (const { street, wanted } of shown) {
        if (!street.casing) continue;
        strokeRows(context, line.shape, frame,
          { colour: street.casing, width: fine(street) ? 1.3 : width(street) + 1.5, wanted });
      }
      for (const { street, wanted } of shown) {
        if (fine(street)) continue;
        strokeRows(context, line.shape, frame, { colour: street.colour, width: width(street), wanted });
      }
    }

    function reached(context, frame) {
      const mask = line.reached[Math.floor(view.rule / 24)];
      if (!mask) return;
      const bit = 1 << view.rule % 24;
      context.globalAlpha = frame.zoom < 13 ? 0.55 : 0.75;
      strokeRows(context, line.shape, frame, {
        colour: plain.service,
        width: Math.max(service.width_px * (frame.zoom < 13 ? 0.6 : 1), (service.width_m * 0.6) / frame.metres),
        wanted: (row) => mask[row] & bit,
      });
      context.globalAlpha = 1;
    }

    function sites(context, frame) {
      const { row: owner, shape } = facility.site;
      for (let row = 0; row < shape.n; row++) {
        if (!visible(shape, row, frame) || !view.kinds.has(kindOf[owner[row]])) continue;
        const { colour } = view.kind(owner[row]);
        context.beginPath();
        trace(context, shape, row, frame);
        context.globalAlpha = 0.25;
        context.fillStyle = colour;
        context.fill("evenodd");
        context.globalAlpha = 1;
        context.strokeStyle = colour;
        context.lineWidth = 1.4;
        context.stroke();
      }
    }

    function worldBox(frame, margin) {
      return [(frame.dx - margin) / frame.scale, (frame.dy - margin) / frame.scale,
        (frame.dx + frame.width + margin) / frame.scale, (frame.dy + frame.height + margin) / frame.scale];
    }

    function demandPoints(context, frame, sheet) {
      const rule = demand.rules[view.rule];
      if (!rule) return;
      const radius = Math.max(0.9, Math.min(5.5, 2.2 * 2 ** ((frame.zoom - 14) * 0.8)));
      if (radius <= 1.9 || (radius < 3 && crowded(frame))) { // nearer, nothing is told by colour alone
        const rankOf = Uint8Array.from({ length: 256 }, (_, status) => 1 + statuses.findIndex((s) => s.value === status - 1));
        context.globalAlpha = radius < 1.5 ? 0.8 : 1;
        sheet.squares(demand.point, (visit) => near(worldBox(frame, 16), visit), (row) => rankOf[rule.status[row] + 1],
          { side: 2 * radius, colours: statuses.map((status) => status.colour) });
        context.globalAlpha = 1;
        return;
      }
      const { x, y } = demand.point;
      const rows = [];
      near(worldBox(frame, 16), (row) => rows.push(row));
      for (const status of statuses) {
        const { image } = sprite((pen, r) => statusSign(pen, status, r), radius);
        for (const row of rows) if (rule.status[row] === status.value) sheet.stamp(image, x[row], y[row]);
      }
    }

    // Whether signs would hide each other where points are densest. The same all over the map: strips
    // that are drawn later look like their neighbours.
    function crowded({ scale }) {
      return Math.min(near.densest / scale ** 2, demand.n / 1e6) > SIGNS;
    }

    function entrances(frame, sheet) {
      const { x, y } = entrance.point;
      const { image } = sprite((pen) => {
        pen.fillStyle = plain.entrances;
        pen.strokeStyle = "#fff";
        pen.lineWidth = 1.5;
        pen.strokeRect(-3, -3, 6, 6);
        pen.fillRect(-3, -3, 6, 6);
      }, 3);
      for (let row = 0; row < x.length; row++) {
        if (view.safe ? schoolIds.has(ownerIds[row]) : view.kinds.has(kindOf[owners[row]])) sheet.stamp(image, x[row], y[row]);
      }
    }

    function facilityRadius(zoom) {
      return Math.max(3.2, Math.min(12, 8.5 + (zoom - 13.5) * (zoom < 13.5 ? 2.6 : 1.4)));
    }

    function facilities(frame, sheet) {
      const { x, y } = facility.point;
      const radius = facilityRadius(frame.zoom);
      const images = new Map();
      nearFacility(worldBox(frame, 24), (row) => {
        if (!view.kinds.has(kindOf[row])) return;
        if (!images.has(kindOf[row])) {
          images.set(kindOf[row], sprite((pen, r) => kindSign(pen, view.kind(row), r), radius));
        }
        sheet.stamp(images.get(kindOf[row]).image, x[row], y[row]);
      });
    }

    function labels(context, frame) {
      const taken = [];
      const write = (text, cx, cy, size, colour) => {
        const { image, wide, high } = picture(context, { text, size, colour, ratio: frame.ratio });
        const [half, tall] = [wide / 2, size * 0.7];
        const box = [cx - half, cy - tall, cx + half, cy + tall];
        if (box[2] < 0 || box[0] > frame.width || box[3] < 0 || box[1] > frame.height) return;
        if (taken.some((b) => b[0] < box[2] && b[2] > box[0] && b[1] < box[3] && b[3] > box[1])) return;
        taken.push(box);
        context.drawImage(image, Math.round(cx - half), Math.round(cy - high / 2), wide, high);
      };
      if (area) areaNames(write, frame);
      if (frame.zoom < 15.5) return;
      if (view.safe && school) names(write, frame, { layer: school, near: nearSchool, down: safe.schoolRadius(frame.zoom) + 10, wanted: () => true });
      if (facility && !view.safe) {
        names(write, frame, { layer: facility, near: nearFacility, down: facilityRadius(frame.zoom) + 10,
          wanted: (row) => view.kinds.has(kindOf[row]) });
      }
    }

    // A name with its halo, as a picture: writing it is slow, and a map that is panned shows it again.
    function picture(context, { text, size, colour, ratio }) {
      const key = `${size} ${colour} ${ratio} ${text}`;
      if (!texts.has(key)) {
        if (texts.size > TEXTS) texts.clear();
        const font = `500 ${size}px ${FONT}`;
        context.font = font;
        const [wide, high] = [Math.ceil(context.measureText(text).width) + 6, Math.ceil(size * 1.4) + 6];
        const image = document.createElement("canvas");
        image.width = Math.ceil(wide * ratio);
        image.height = Math.ceil(high * ratio);
        const pen = image.getContext("2d");
        pen.scale(ratio, ratio);
        Object.assign(pen, { font, textAlign: "center", textBaseline: "middle", lineJoin: "round", lineWidth: 3.2,
          strokeStyle: plain.halo, fillStyle: colour });
        pen.strokeText(text, wide / 2, high / 2);
        pen.fillText(text, wide / 2, high / 2);
        texts.set(key, { image, wide, high });
      }
      return texts.get(key);
    }

    function areaNames(write, frame) {
      const names = area.table.get("name") || [];
      const { x, y } = area.point;
      const { box } = area.shape;
      for (const row of within(area.shape, frame)) {
        const text = shorten(names[row]);
        const room = (box[4 * row + 2] - box[4 * row]) * frame.scale;
        if (!text || room < text.length * 9) continue;
        write(text, x[row] * frame.scale - frame.dx, y[row] * frame.scale - frame.dy, frame.zoom < 14 ? 11.5 : 13, plain.ink);
      }
    }

    function names(write, frame, { layer, near: around, down, wanted }) {
      const titles = layer.table.get("name") || [];
      const { x, y } = layer.point;
      around(worldBox(frame, 16), (row) => {
        if (!wanted(row) || !titles[row]) return;
        write(shorten(titles[row]), x[row] * frame.scale - frame.dx, y[row] * frame.scale - frame.dy + down, 12, plain.ink);
      });
    }

    function highlight(context, frame) {
      if (!view.selected) return;
      const { layer, row } = view.selected;
      if (layer === "area" || layer === "exposure") {
        context.beginPath();
        trace(context, data.layers[layer].shape, row, frame);
        for (const [colour, width] of [["#fff", 6], [plain.selected, 2.6]]) {
          context.strokeStyle = colour;
          context.lineWidth = width;
          context.stroke();
        }
        return;
      }
      const { x, y } = data.layers[layer].point;
      const radius = layer === "facility" ? facilityRadius(frame.zoom) + 6
        : layer === "school" ? safe.schoolRadius(frame.zoom) + 6 : 10;
      for (const [colour, width] of [["#fff", 6], [plain.selected, 2.6]]) {
        context.beginPath();
        context.arc(x[row] * frame.scale - frame.dx, y[row] * frame.scale - frame.dy, radius, 0, 2 * Math.PI);
        context.strokeStyle = colour;
        context.lineWidth = width;
        context.stroke();
      }
    }

    // The things under a place (world units at zoom 0), topmost first; reach in world units.
    function hit(wx, wy, reach, zoom) {
      const found = [...others.hit(wx, wy, { reach, areas: false }), ...safe.hit(wx, wy, reach, zoom)];
      const closest = (index, point, limit, wanted) => {
        let [best, row] = [limit * limit, -1];
        index([wx - limit, wy - limit, wx + limit, wy + limit], (i) => {
          const away = (point.x[i] - wx) ** 2 + (point.y[i] - wy) ** 2;
          if (away <= best && wanted(i)) [best, row] = [away, i];
        });
        return row;
      };
      if (facility) {
        const row = closest(nearFacility, facility.point, 1.6 * reach, (i) => view.kinds.has(kindOf[i]));
        if (row >= 0) found.push({ layer: "facility", row });
      }
      if (demand && view.on.demand && demand.rules[view.rule]) {
        const row = closest(near, demand.point, reach, () => true);
        if (row >= 0) found.push({ layer: "demand", row });
      }
      found.push(...others.hit(wx, wy, { reach, areas: true }));
      const row = view.on.area ? areaAt(wx, wy) : -1;
      if (row >= 0) found.push({ layer: "area", row });
      return found;
    }

    function areaAt(wx, wy) {
      if (!area) return -1;
      const { n, box } = area.shape;
      for (let row = 0; row < n; row++) {
        if (wx >= box[4 * row] && wx <= box[4 * row + 2] && wy >= box[4 * row + 1] && wy <= box[4 * row + 3]
          && inside(area.shape, row, wx, wy)) return row;
      }
      return -1;
    }

    return { layer: new CanvasLayer(paint, cover), hit, areaAt, gradeOf: safe.gradeOf };
  }

  // Of a typical row, in world units.
  function width({ n, box }) {
    let sum = 0;
    for (let row = 0; row < n; row++) sum += box[4 * row + 2] - box[4 * row];
    return sum / n;
  }

  function shorten(text) {
    return text && text.length > 24 ? `${text.slice(0, 23)}…` : text;
  }

  return { create };
})();
