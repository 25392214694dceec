// Where things lie on a canvas: a layer over Leaflet, lines and areas, points in a grid.
const shapes = (() => {
  "use strict";

  const [NEAR, FAR] = [0.1, 0.25]; // of the view, drawn beyond its edges: at once, and while the map rests
  const REST = 200; // ms
  const UNIT = 20; // frames begin and end at multiples of it: whole device pixels at usual ratios
  const REACH = 16; // of lines and signs beyond the box of a row, in pixels
  const CELLS = 96;

  // `paint(context, frame)` draws a part of the world. What it drew is kept: when the map is panned,
  // only the strips that come near are drawn. `cover(context, frame)` draws what belongs to the whole
  // view, over it: names, the thing that is selected.
  const CanvasLayer = L.Layer.extend({
    initialize(paint, cover) {
      this._paint = paint;
      this._cover = cover;
      this._kept = document.createElement("canvas");
      this._spare = document.createElement("canvas");
    },
    onAdd() {
      this._canvas = L.DomUtil.create("canvas", "leaflet-zoom-animated", this.getPane());
      this.redraw();
    },
    onRemove() {
      cancelAnimationFrame(this._waiting);
      clearTimeout(this._resting);
      this._canvas.remove();
    },
    getEvents() {
      return {
        moveend: this._follow, move: this._follow, resize: this.redraw, zoom: this._fly, zoomanim: this._animate,
        layeradd: this._below, layerremove: this._below,
      };
    },
    later() {
      cancelAnimationFrame(this._waiting);
      this._waiting = requestAnimationFrame(() => this.redraw());
    },
    // Draws everything anew, at once.
    redraw() {
      cancelAnimationFrame(this._waiting);
      const frame = this._around(NEAR);
      this._draw(this._kept, frame);
      this._show(frame);
    },
    // The frame of the view and a share of it on each side.
    _around(share) {
      const map = this._map;
      const corner = map.getPixelOrigin().add(map.containerPointToLayerPoint([0, 0]));
      const view = map.getSize();
      const from = (at, long) => UNIT * Math.floor((at - share * long) / UNIT);
      const to = (at, long) => UNIT * Math.ceil((at + (1 + share) * long) / UNIT);
      const [dx, dy] = [from(corner.x, view.x), from(corner.y, view.y)];
      const zoom = map.getZoom();
      return {
        zoom, scale: 2 ** zoom, dx, dy, width: to(corner.x, view.x) - dx, height: to(corner.y, view.y) - dy,
        metres: (40075016.7 * Math.cos((map.getCenter().lat * Math.PI) / 180)) / 256 / 2 ** zoom,
        ratio: Math.round(UNIT * Math.min(window.devicePixelRatio || 1, 2)) / UNIT,
      };
    },
    _draw(canvas, frame) {
      size(canvas, frame);
      const context = canvas.getContext("2d");
      context.setTransform(frame.ratio, 0, 0, frame.ratio, 0, 0);
      context.clearRect(0, 0, frame.width, frame.height);
      this._paint(context, frame);
    },
    _show(frame) {
      this._frame = frame;
      this._corner = this._map.unproject([frame.dx, frame.dy], frame.zoom);
      const canvas = this._canvas;
      size(canvas, frame);
      canvas.style.width = `${frame.width}px`;
      canvas.style.height = `${frame.height}px`;
      L.DomUtil.setTransform(canvas, L.point(frame.dx, frame.dy).subtract(this._map.getPixelOrigin()), 1);
      const context = canvas.getContext("2d");
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.clearRect(0, 0, canvas.width, canvas.height);
      context.drawImage(this._kept, 0, 0);
      context.scale(frame.ratio, frame.ratio);
      this._cover(context, frame);
      this._rest();
    },
    // The map has moved: what is missing is drawn, and the rest when the map does not move any more.
    _follow(event) {
      const { _frame: before, _map: map } = this;
      if (map.getZoom() !== before.zoom) {
        if (event.type === "moveend") this.redraw();
        return;
      }
      this._rest();
      const [view, near, far] = [0, NEAR, FAR].map((share) => this._around(share));
      if (view.ratio !== before.ratio || !meet(before, near)) this.redraw();
      else if (!holds(before, view)) this._extend({ ...near, ...grown(near, before, far) });
    },
    _rest() {
      clearTimeout(this._resting);
      this._resting = setTimeout(() => this._grow(), REST);
    },
    // One side at a time, so that the map can be moved in between.
    _grow() {
      const [before, far] = [this._frame, this._around(FAR)];
      if (far.zoom !== before.zoom || far.ratio !== before.ratio || !meet(before, far)) return;
      const [now, wanted] = [edges(before), edges(far)];
      const side = [0, 1, 2, 3].find((i) => (i < 2 ? now[i] > wanted[i] : now[i] < wanted[i]));
      if (side === undefined) return;
      now[side] = wanted[side];
      this._extend({ ...far, ...grown(framed(now), before, far) });
    },
    // Draws what of a frame is not there yet.
    _extend(next) {
      const { _frame: before, _kept: kept, _spare: spare } = this;
      const { ratio, width, height } = next;
      size(spare, next);
      const context = spare.getContext("2d");
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.clearRect(0, 0, spare.width, spare.height);
      context.drawImage(kept, (before.dx - next.dx) * ratio, (before.dy - next.dy) * ratio);
      const [left, top] = [Math.max(0, before.dx - next.dx), Math.max(0, before.dy - next.dy)];
      const right = Math.min(width, before.dx + before.width - next.dx);
      const bottom = Math.min(height, before.dy + before.height - next.dy);
      for (const [x, y, wide, high] of [
        [0, 0, width, top], [0, bottom, width, height - bottom],
        [0, top, left, bottom - top], [right, top, width - right, bottom - top],
      ]) {
        if (!wide || !high) continue;
        const strip = document.createElement("canvas");
        this._draw(strip, { ...next, dx: next.dx + x, dy: next.dy + y, width: wide, height: high });
        context.drawImage(strip, x * ratio, y * ratio);
      }
      [this._kept, this._spare] = [spare, kept];
      this._show(next);
    },
    _below(event) {
      if (event.layer instanceof L.GridLayer) this.later();
    },
    _fly() {
      this._place(this._map.getCenter(), this._map.getZoom());
    },
    _animate(event) {
      this._place(event.center, event.zoom);
    },
    _place(center, zoom) {
      const corner = this._map._latLngToNewLayerPoint(this._corner, zoom, center);
      L.DomUtil.setTransform(this._canvas, corner, this._map.getZoomScale(zoom, this._frame.zoom));
    },
  });

  // -- frames as [west, north, east, south]
  const edges = ({ dx, dy, width, height }) => [dx, dy, dx + width, dy + height];
  const framed = ([west, north, east, south]) => ({ dx: west, dy: north, width: east - west, height: south - north });
  const least = (a, b) => [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])];
  const common = (a, b) => [Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.min(a[3], b[3])];

  function holds(outer, inner) {
    const [a, b] = [edges(outer), least(edges(outer), edges(inner))];
    return a.every((edge, i) => edge === b[i]);
  }

  function meet(one, other) {
    const [west, north, east, south] = common(edges(one), edges(other));
    return west < east && north < south;
  }

  // What is wanted, and what is there already, but no more than the farthest.
  function grown(wanted, there, farthest) {
    return framed(least(edges(wanted), common(edges(there), edges(farthest))));
  }

  function size(canvas, { width, height, ratio }) {
    const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== wide) canvas.width = wide;
    if (canvas.height !== high) canvas.height = high;
  }

  function visible({ box }, row, frame) {
    const at = 4 * row;
    return box[at] * frame.scale < frame.dx + frame.width + REACH && box[at + 2] * frame.scale > frame.dx - REACH
      && box[at + 1] * frame.scale < frame.dy + frame.height + REACH && box[at + 3] * frame.scale > frame.dy - REACH;
  }

  // A pattern that stays where it is in the world, whatever the frame; its side divides 3600 pixels.
  function anchored(fill, frame) {
    if (fill instanceof CanvasPattern) fill.setTransform(new DOMMatrix([1, 0, 0, 1, -frame.dx % 3600, -frame.dy % 3600]));
    return fill;
  }

  // The rows of a shape within a frame: those of `rows`, or of all; looked up once a frame.
  function within(shape, frame, rows) {
    if (rows) return rows.filter((row) => visible(shape, row, frame));
    if (!frame.seen) frame.seen = new Map();
    if (!frame.seen.has(shape)) {
      const found = new Uint32Array(shape.n);
      let count = 0;
      for (let row = 0; row < shape.n; row++) if (visible(shape, row, frame)) found[count++] = row;
      frame.seen.set(shape, found.subarray(0, count));
    }
    return frame.seen.get(shape);
  }

  // The sheet of pixels over a canvas that shows a frame.
  function sheetOf(context, frame) {
    if (!frame.sheet || frame.sheet.context !== context) frame.sheet = pixels.sheet(context, frame);
    return frame.sheet;
  }

  // Adds the paths of a row; steps of less than a pixel are left out.
  function trace(context, shape, row, frame) {
    const { first, start, x, y } = shape;
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
      }
      if (shape.closed) context.closePath();
    }
  }

  // Of all rows, of those in `rows`, or of those that are `wanted`.
  function strokeRows(context, shape, frame, { colour, width, wanted, dash, rows }) {
    let found = within(shape, frame, rows);
    if (wanted) found = found.filter(wanted);
    if (found.length) sheetOf(context, frame).stroke(shape, found, { colour, width, dash });
  }

  // Each row by itself: areas that overlap stay filled, and one path of thousands is slow.
  function fillRows(context, shape, frame, fill) {
    const { box } = shape;
    const small = (row) => (box[4 * row + 2] - box[4 * row]) * frame.scale < 4
      && (box[4 * row + 3] - box[4 * row + 1]) * frame.scale < 4;
    const found = within(shape, frame);
    sheetOf(context, frame).boxes(shape, found.filter(small), fill);
    context.fillStyle = fill;
    for (const row of found) {
      if (small(row)) continue;
      context.beginPath();
      trace(context, shape, row, frame);
      context.fill("evenodd");
    }
  }

  const grids = new WeakMap();

  // The grid of a layer's points, made once.
  function grid(point) {
    if (!grids.has(point)) grids.set(point, gridOf(point));
    return grids.get(point);
  }

  // Rows of points by cell of a grid: those of cell c are rows[start[c]] .. rows[start[c + 1] - 1].
  function gridOf({ x, y }) {
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
    const look = (box, visit) => {
      for (let j = line(box[1]); j <= line(box[3]); j++) {
        const from = start[j * CELLS + column(box[0])];
        const to = start[j * CELLS + column(box[2]) + 1];
        for (let i = from; i < to; i++) visit(rows[i]);
      }
    };
    let most = 0;
    for (let c = 0; c < CELLS * CELLS; c++) most = Math.max(most, start[c + 1] - start[c]);
    look.densest = most / (width * height); // rows in a square of one unit
    return look;
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

  return { CanvasLayer, anchored, visible, within, sheetOf, trace, strokeRows, fillRows, grid, inside };
})();
