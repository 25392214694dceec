// Where things lie on a canvas: a layer over Leaflet, lines and areas, points in a grid.
const shapes = (() => {
  "use strict";

  const PADDING = 0.25; // of the view, drawn beyond its edges so that panning shows no gap
  const CELLS = 96;
  const SEGMENTS = 3000; // a stroke of more is slow without a GPU

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

  // Of all rows, of those in `rows`, or of those that are `wanted`.
  function strokeRows(context, shape, frame, { colour, width, wanted, dash, rows }) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.lineCap = dash ? "butt" : "round";
    context.lineJoin = "round";
    context.setLineDash(dash || []);
    context.beginPath();
    let used = 0;
    const count = rows ? rows.length : shape.n;
    for (let i = 0; i < count; i++) {
      const row = rows ? rows[i] : i;
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

  return { CanvasLayer, visible, trace, strokeRows, fillRows, grid, inside };
})();
