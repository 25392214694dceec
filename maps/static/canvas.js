// How it is drawn: one canvas over Leaflet for everything, and what lies under the pointer.
const painter = (() => {
  "use strict";

  const PADDING = 0.25; // of the view, drawn beyond its edges so that panning shows no gap
  const FONT = '"Noto Sans SC","Noto Sans CJK SC","Source Han Sans SC","Microsoft YaHei","PingFang SC",sans-serif';
  const CELLS = 96;
  const SEGMENTS = 3000; // a stroke of more is slow without a GPU
  const SIGNS = 12000; // points of one status: more are drawn as plain squares

  const CanvasLayer = L.Layer.extend({
    initialize(paint) {
      this._paint = paint;
    },
    onAdd() {
      this._canvas = L.DomUtil.create("canvas", "leaflet-zoom-animated", this.getPane());
      this.redraw();
    },
    onRemove() {
      cancelAnimationFrame(this._waiting);
      this._canvas.remove();
    },
    getEvents() {
      return { moveend: this.redraw, resize: this.redraw, zoomanim: this._animate };
    },
    later() {
      cancelAnimationFrame(this._waiting);
      this._waiting = requestAnimationFrame(() => this.redraw());
    },
    redraw() {
      const map = this._map;
      const view = map.getSize();
      const size = view.multiplyBy(1 + 2 * PADDING).round();
      const corner = map.containerPointToLayerPoint(view.multiplyBy(-PADDING)).round();
      const ratio = Math.min(window.devicePixelRatio || 1, 2);
      this._corner = map.layerPointToLatLng(corner);
      const canvas = this._canvas;
      canvas.width = size.x * ratio;
      canvas.height = size.y * ratio;
      canvas.style.width = `${size.x}px`;
      canvas.style.height = `${size.y}px`;
      L.DomUtil.setTransform(canvas, corner, 1);
      const context = canvas.getContext("2d");
      context.scale(ratio, ratio);
      const origin = map.getPixelOrigin().add(corner);
      const zoom = map.getZoom();
      const metres = (40075016.7 * Math.cos((map.getCenter().lat * Math.PI) / 180)) / 256 / 2 ** zoom;
      this._paint(context, {
        zoom, scale: 2 ** zoom, dx: origin.x, dy: origin.y, width: size.x, height: size.y, metres,
      });
    },
    _animate(event) {
      const scale = this._map.getZoomScale(event.zoom);
      const corner = this._map._latLngToNewLayerPoint(this._corner, event.zoom, event.center);
      L.DomUtil.setTransform(this._canvas, corner, scale);
    },
  });

  // ---- shapes ----------------------------------------------------------------------------------

  function visible({ box }, row, frame) {
    const at = 4 * row;
    return box[at] * frame.scale < frame.dx + frame.width && box[at + 2] * frame.scale > frame.dx
      && box[at + 1] * frame.scale < frame.dy + frame.height && box[at + 3] * frame.scale > frame.dy;
  }

  // Adds the paths of a row; steps of less than a pixel are left out. Returns the vertices used.
  function trace(context, shape, row, frame) {
    const { first, start, x, y } = shape;
    let used = 0;
    for (let path = first[row]; path < first[row + 1]; path++) {
      const last = start[path + 1] - 1;
      let [px, py] = [NaN, NaN];
      for (let i = start[path]; i <= last; i++) {
        const cx = x[i] * frame.scale - frame.dx;
        const cy = y[i] * frame.scale - frame.dy;
        if (i === start[path]) context.moveTo(cx, cy);
        else if (i < last && Math.abs(cx - px) + Math.abs(cy - py) < 1) continue;
        else context.lineTo(cx, cy);
        [px, py] = [cx, cy];
        used++;
      }
      if (shape.closed) context.closePath();
    }
    return used;
  }

  function strokeRows(context, shape, frame, { colour, width, wanted, dash }) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.lineCap = dash ? "butt" : "round";
    context.lineJoin = "round";
    context.setLineDash(dash || []);
    context.beginPath();
    let used = 0;
    for (let row = 0; row < shape.n; row++) {
      if ((wanted && !wanted(row)) || !visible(shape, row, frame)) continue;
      used += trace(context, shape, row, frame);
      if (used > SEGMENTS) {
        context.stroke();
        context.beginPath();
        used = 0;
      }
    }
    context.stroke();
    context.setLineDash([]);
  }

  // Each row by itself: areas that overlap stay filled, and one path of thousands is slow.
  function fillRows(context, shape, frame, fill) {
    context.fillStyle = fill;
    const { box } = shape;
    for (let row = 0; row < shape.n; row++) {
      if (!visible(shape, row, frame)) continue;
      const [wide, high] = [2, 3].map((i) => (box[4 * row + i] - box[4 * row + i - 2]) * frame.scale);
      if (wide < 4 && high < 4) {
        context.fillRect(box[4 * row] * frame.scale - frame.dx, box[4 * row + 1] * frame.scale - frame.dy, wide, high);
        continue;
      }
      context.beginPath();
      trace(context, shape, row, frame);
      context.fill("evenodd");
    }
  }

  function small(size, draw) {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = size;
    draw(canvas.getContext("2d"), size);
    return canvas;
  }

  // The fill of a class of shares: its colour, and a pattern where it has one.
  function classFill(context, share, plain) {
    if (share.pattern === "plain") return share.colour;
    const tile = small(9, (pen, size) => {
      pen.fillStyle = share.colour;
      pen.fillRect(0, 0, size, size);
      pen.strokeStyle = pen.fillStyle = plain.hatch;
      pen.globalAlpha = 0.3;
      if (share.pattern === "dots") pen.fillRect(3, 3, 1.6, 1.6);
      else {
        pen.lineWidth = 1;
        pen.beginPath();
        for (const shift of [-size, 0, size]) {
          pen.moveTo(shift, size);
          pen.lineTo(shift + size, 0);
        }
        pen.stroke();
      }
    });
    return context.createPattern(tile, "repeat");
  }

  // ---- signs -----------------------------------------------------------------------------------

  function polygon(pen, radius, corners, turn) {
    pen.moveTo(radius * Math.sin(turn), -radius * Math.cos(turn));
    for (let i = 1; i < corners; i++) {
      const angle = turn + (2 * Math.PI * i) / corners;
      pen.lineTo(radius * Math.sin(angle), -radius * Math.cos(angle));
    }
    pen.closePath();
  }

  const OUTLINES = {
    circle: (pen, r) => pen.arc(0, 0, r, 0, 2 * Math.PI),
    ring: (pen, r) => pen.arc(0, 0, r * 0.8, 0, 2 * Math.PI),
    square: (pen, r) => polygon(pen, r * 1.22, 4, Math.PI / 4),
    diamond: (pen, r) => polygon(pen, r * 1.25, 4, 0),
    triangle: (pen, r) => polygon(pen, r * 1.3, 3, 0),
    pentagon: (pen, r) => polygon(pen, r * 1.15, 5, 0),
    hexagon: (pen, r) => polygon(pen, r * 1.1, 6, 0),
    cross: (pen, r) => {
      for (const [x, y] of [[1, 1], [1, -1]]) {
        pen.moveTo(-r * x * 0.85, -r * y * 0.85);
        pen.lineTo(r * x * 0.85, r * y * 0.85);
      }
    },
  };

  // The sign of a demand point's status.
  function statusSign(pen, { sign, colour }, radius) {
    pen.beginPath();
    OUTLINES[sign](pen, radius);
    pen.strokeStyle = colour;
    if (sign === "cross" || sign === "ring") {
      pen.lineWidth = Math.max(1.3, radius * 0.5);
      pen.stroke();
      return;
    }
    pen.fillStyle = colour;
    pen.fill();
    pen.strokeStyle = "rgba(255,255,255,.85)";
    pen.lineWidth = Math.max(0.4, radius * 0.16);
    pen.stroke();
  }

  // The sign of a facility's kind: a shape in its colour with one character inside.
  function kindSign(pen, { colour, sign, character }, radius) {
    pen.beginPath();
    OUTLINES[sign](pen, radius);
    pen.strokeStyle = "#fff";
    pen.lineWidth = Math.min(3, radius * 0.45);
    pen.stroke();
    pen.fillStyle = colour;
    pen.fill();
    pen.strokeStyle = "rgba(20,30,40,.65)";
    pen.lineWidth = 0.8;
    pen.stroke();
    if (radius < 6) return;
    pen.fillStyle = bright(colour) ? "#17212b" : "#fff";
    pen.font = `600 ${Math.round(radius * 1.12)}px ${FONT}`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(character, 0, radius * (sign === "triangle" ? 0.22 : 0.06));
  }

  function bright(colour) {
    const [r, g, b] = [1, 3, 5].map((i) => parseInt(colour.substr(i, 2), 16));
    return 0.299 * r + 0.587 * g + 0.114 * b > 150;
  }

  function sprite(draw, radius) {
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    const half = Math.ceil(radius * 1.4 + 3);
    const image = small(2 * half * ratio, (pen) => {
      pen.scale(ratio, ratio);
      pen.translate(half, half);
      draw(pen, radius);
    });
    return { image, half };
  }

  // ---- points in a grid ------------------------------------------------------------------------

  // Rows of points by cell of a grid: those of cell c are rows[start[c]] .. rows[start[c + 1] - 1].
  function grid({ x, y }) {
    const known = (i) => x[i] === x[i] && y[i] === y[i];
    let [west, north, east, south] = [Infinity, Infinity, -Infinity, -Infinity];
    for (let i = 0; i < x.length; i++) {
      if (!known(i)) continue;
      west = Math.min(west, x[i]);
      east = Math.max(east, x[i]);
      north = Math.min(north, y[i]);
      south = Math.max(south, y[i]);
    }
    const [width, height] = [(east - west) / CELLS || 1, (south - north) / CELLS || 1];
    const bound = (value) => Math.max(0, Math.min(CELLS - 1, Math.floor(value)));
    const column = (value) => bound((value - west) / width);
    const line = (value) => bound((value - north) / height);
    const start = new Uint32Array(CELLS * CELLS + 1);
    const cell = new Int32Array(x.length).fill(-1);
    for (let i = 0; i < x.length; i++) {
      if (!known(i)) continue;
      cell[i] = line(y[i]) * CELLS + column(x[i]);
      start[cell[i] + 1]++;
    }
    for (let c = 0; c < CELLS * CELLS; c++) start[c + 1] += start[c];
    const next = start.slice();
    const rows = new Uint32Array(start[CELLS * CELLS]);
    for (let i = 0; i < x.length; i++) if (cell[i] >= 0) rows[next[cell[i]]++] = i;

    // Calls `visit` with every row that may lie in the box (world units).
    return (box, visit) => {
      for (let j = line(box[1]); j <= line(box[3]); j++) {
        const from = start[j * CELLS + column(box[0])];
        const to = start[j * CELLS + column(box[2]) + 1];
        for (let i = from; i < to; i++) visit(rows[i]);
      }
    };
  }

  function inside({ first, start, x, y }, row, wx, wy) {
    let odd = false;
    for (let path = first[row]; path < first[row + 1]; path++) {
      for (let i = start[path] + 1; i < start[path + 1]; i++) {
        if (y[i] > wy !== y[i - 1] > wy
          && wx < ((x[i - 1] - x[i]) * (wy - y[i])) / (y[i - 1] - y[i]) + x[i]) odd = !odd;
      }
    }
    return odd;
  }

  // ---- the picture -----------------------------------------------------------------------------

  // `data` is what block.read gave; `view` says what is wanted, and is read anew at every redraw:
  // {rule, share(row), on: {layer: bool}, kinds: Set, kind(row), selected: {layer, row} | null,
  //  tiles: whether a tile layer lies below}.
  function create(data, view) {
    const { plain, status: STATUSES, share: SHARES, street: STREETS, service } = data.palette;
    const { area, facility, demand, line, entrance } = data.layers;
    const statuses = [-1, 3, 2, 1, 0].map((v) => STATUSES.find((s) => s.value === v)); // worst on top
    const near = demand && grid(demand.point);
    const nearFacility = facility && grid(facility.point);
    const kindOf = (facility && facility.table.get("kind")) || [];
    const facilityRow = new Map(((facility && facility.table.get("facility_id")) || []).map((id, row) => [id, row]));
    const owners = ((entrance && entrance.table.get("facility_id")) || []).map((id) => facilityRow.get(id));

    const paint = (context, frame) => {
      if (!view.tiles) {
        context.fillStyle = plain.land;
        context.fillRect(0, 0, frame.width, frame.height);
      }
      background(context, frame, "green");
      if (area && view.on.area) choropleth(context, frame);
      background(context, frame, "water");
      background(context, frame, "building");
      if (line) streets(context, frame);
      background(context, frame, "railway");
      if (line && view.on.service) reached(context, frame);
      if (area) borders(context, frame);
      if (facility) sites(context, frame);
      if (demand && view.on.demand) demandPoints(context, frame);
      if (entrance && view.on.entrance && frame.zoom >= 14) entrances(context, frame);
      if (facility) facilities(context, frame);
      if (area && view.on.label) labels(context, frame);
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
      const fills = SHARES.map((share) => classFill(context, share, plain));
      context.globalAlpha = view.tiles ? 0.6 : 1;
      for (let row = 0; row < area.shape.n; row++) {
        if (!visible(area.shape, row, frame)) continue;
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
      strokeRows(context, area.shape, frame, { colour: "rgba(255,255,255,.7)", width: 2.4 });
      strokeRows(context, area.shape, frame, { colour: plain.outline, width: 0.9, dash: [5, 3] });
    }

    function streets(context, frame) {
      if (!view.on.street) return;
      const width = (s) => Math.max(s.width_px * (frame.zoom < 14 ? 0.6 : 1), s.width_m / frame.metres);
      const shown = STREETS.map((street, i) => ({ street, wanted: (row) => line.street[row] === i + 1 }))
        .filter(({ street }) => street.id === "major" || frame.zoom >= (street.id === "rest" ? 15 : 12.5))
        .reverse();
      for (const { street, wanted } of shown) {
        if (!street.casing) continue;
        strokeRows(context, line.shape, frame, { colour: street.casing, width: width(street) + 1.5, wanted });
      }
      for (const { street, wanted } of shown) {
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

    function demandPoints(context, frame) {
      const rule = demand.rules[view.rule];
      if (!rule) return;
      const radius = Math.max(0.9, Math.min(5.5, 2.2 * 2 ** ((frame.zoom - 14) * 0.8)));
      const byStatus = new Map(statuses.map((s) => [s.value, []]));
      let count = 0;
      near(worldBox(frame, 8), (row) => {
        const rows = byStatus.get(rule.status[row]);
        if (rows) count = Math.max(count, rows.push(row));
      });
      const signs = radius > 1.9 && count < SIGNS;
      const { x, y } = demand.point;
      context.globalAlpha = radius < 1.5 ? 0.8 : 1;
      for (const status of statuses) {
        if (!signs) {
          context.fillStyle = status.colour;
          for (const row of byStatus.get(status.value)) {
            context.fillRect(x[row] * frame.scale - frame.dx - radius, y[row] * frame.scale - frame.dy - radius,
              2 * radius, 2 * radius);
          }
          continue;
        }
        const { image, half } = sprite((pen, r) => statusSign(pen, status, r), radius);
        for (const row of byStatus.get(status.value)) {
          context.drawImage(image, x[row] * frame.scale - frame.dx - half, y[row] * frame.scale - frame.dy - half,
            2 * half, 2 * half);
        }
      }
      context.globalAlpha = 1;
    }

    function entrances(context, frame) {
      const { x, y } = entrance.point;
      context.fillStyle = plain.entrances;
      context.strokeStyle = "#fff";
      context.lineWidth = 1.5;
      for (let row = 0; row < x.length; row++) {
        const [cx, cy] = [x[row] * frame.scale - frame.dx, y[row] * frame.scale - frame.dy];
        if (!view.kinds.has(kindOf[owners[row]])) continue;
        if (!(cx > -9 && cy > -9 && cx < frame.width + 9 && cy < frame.height + 9)) continue;
        context.beginPath();
        context.rect(cx - 3, cy - 3, 6, 6);
        context.stroke();
        context.fill();
      }
    }

    function facilityRadius(zoom) {
      return Math.max(3.2, Math.min(12, 8.5 + (zoom - 13.5) * (zoom < 13.5 ? 2.6 : 1.4)));
    }

    function facilities(context, frame) {
      const { x, y } = facility.point;
      const radius = facilityRadius(frame.zoom);
      const images = new Map();
      nearFacility(worldBox(frame, 16), (row) => {
        if (!view.kinds.has(kindOf[row])) return;
        if (!images.has(kindOf[row])) {
          images.set(kindOf[row], sprite((pen, r) => kindSign(pen, view.kind(row), r), radius));
        }
        const { image, half } = images.get(kindOf[row]);
        context.drawImage(image, x[row] * frame.scale - frame.dx - half, y[row] * frame.scale - frame.dy - half,
          2 * half, 2 * half);
      });
    }

    function labels(context, frame) {
      const taken = [];
      const write = (text, cx, cy, size, colour) => {
        context.font = `500 ${size}px ${FONT}`;
        const half = context.measureText(text).width / 2 + 3;
        const box = [cx - half, cy - size * 0.7, cx + half, cy + size * 0.7];
        if (box[2] < 0 || box[0] > frame.width || box[3] < 0 || box[1] > frame.height) return;
        if (taken.some((b) => b[0] < box[2] && b[2] > box[0] && b[1] < box[3] && b[3] > box[1])) return;
        taken.push(box);
        context.strokeStyle = plain.halo;
        context.lineWidth = 3.2;
        context.lineJoin = "round";
        context.strokeText(text, cx, cy);
        context.fillStyle = colour;
        context.fillText(text, cx, cy);
      };
      context.textAlign = "center";
      context.textBaseline = "middle";
      const names = area.table.get("name") || [];
      const { x, y } = area.point;
      const { box } = area.shape;
      for (let row = 0; row < x.length; row++) {
        const text = shorten(names[row]);
        const room = (box[4 * row + 2] - box[4 * row]) * frame.scale;
        if (!text || !visible(area.shape, row, frame) || room < text.length * 9) continue;
        write(text, x[row] * frame.scale - frame.dx, y[row] * frame.scale - frame.dy, frame.zoom < 14 ? 11.5 : 13, plain.ink);
      }
      if (!facility || frame.zoom < 15.5) return;
      const titles = facility.table.get("name") || [];
      const down = facilityRadius(frame.zoom) + 10;
      nearFacility(worldBox(frame, 16), (row) => {
        if (!view.kinds.has(kindOf[row]) || !titles[row]) return;
        write(shorten(titles[row]), facility.point.x[row] * frame.scale - frame.dx,
          facility.point.y[row] * frame.scale - frame.dy + down, 12, plain.ink);
      });
    }

    function highlight(context, frame) {
      if (!view.selected) return;
      const { layer, row } = view.selected;
      if (layer === "area") {
        context.beginPath();
        trace(context, area.shape, row, frame);
        for (const [colour, width] of [["#fff", 6], [plain.selected, 2.6]]) {
          context.strokeStyle = colour;
          context.lineWidth = width;
          context.stroke();
        }
        return;
      }
      const { x, y } = data.layers[layer].point;
      const radius = layer === "facility" ? facilityRadius(frame.zoom) + 6 : 10;
      for (const [colour, width] of [["#fff", 6], [plain.selected, 2.6]]) {
        context.beginPath();
        context.arc(x[row] * frame.scale - frame.dx, y[row] * frame.scale - frame.dy, radius, 0, 2 * Math.PI);
        context.strokeStyle = colour;
        context.lineWidth = width;
        context.stroke();
      }
    }

    // The things under a place (world units at zoom 0), topmost first; reach in world units.
    function hit(wx, wy, reach) {
      const found = [];
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
      const row = areaAt(wx, wy);
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

    return { layer: new CanvasLayer(paint), hit, areaAt };
  }

  function shorten(text) {
    return text && text.length > 24 ? `${text.slice(0, 23)}…` : text;
  }

  function classOf(share, classes) {
    if (!(share >= 0)) return -1;
    let at = 0;
    while (at + 1 < classes.length && share >= classes[at + 1].from) at++;
    return at;
  }

  // Pictures for legends and lists, as canvases of their own.
  function key(draw, size = 22) {
    const ratio = Math.max(window.devicePixelRatio || 1, 2);
    const canvas = small(size * ratio, (pen) => {
      pen.scale(ratio, ratio);
      draw(pen, size);
    });
    canvas.style.width = canvas.style.height = `${size}px`;
    canvas.setAttribute("aria-hidden", "true");
    return canvas;
  }

  return { create, key, statusSign, kindSign, classFill, classOf };
})();
