// Lines, small boxes and signs drawn pixel by pixel: a canvas without a GPU strokes a hundred times
// slower. What is drawn gathers on a transparent sheet, which is then laid over the canvas at once.
const pixels = (() => {
  "use strict";

  // One store for all sheets, as large as the largest; little is kept where windows are small.
  const store = { mask: new Uint8Array(0), colours: new Uint32Array(0), canvas: document.createElement("canvas") };
  const pictures = new WeakMap();

  function reserve(width, height) {
    const size = Math.ceil((width * height) / 4) * 4;
    if (store.colours.length < size) {
      store.mask = new Uint8Array(size);
      store.colours = new Uint32Array(size);
    }
    return store;
  }

  // Any colour of CSS as [red, green, blue, alpha], each up to 255.
  function parse(context, colour) {
    context.save();
    context.fillStyle = colour;
    const text = context.fillStyle; // "#rrggbb", or "rgba(r, g, b, a)" where it is translucent
    context.restore();
    if (text[0] === "#") return [1, 3, 5].map((i) => parseInt(text.substr(i, 2), 16)).concat(255);
    const [red, green, blue, alpha] = text.match(/[\d.]+/g).map(Number);
    return [red, green, blue, 255 * alpha];
  }

  // `frame` says what part of the world the whole of the context's canvas shows.
  function sheet(context, frame) {
    const { width, height } = context.canvas;
    const { mask, colours, canvas } = reserve(width, height);
    const { ratio } = frame;
    const [scale, left, top] = [frame.scale * ratio, frame.dx * ratio, frame.dy * ratio];
    // Rows of the mask and of the sheet that something was drawn on.
    let [first, last, upper, lower] = [height, -1, height, -1];
    let held = false;

    function touch(from, to) {
      if (from < first) first = Math.max(0, Math.floor(from));
      if (to > last) last = Math.min(height - 1, Math.ceil(to));
    }

    // How much of each pixel a line of twice `half` covers goes into the mask, where that is more
    // than what is there; `beyond` its ends it goes on. Along the longer side, pixel by pixel.
    function segment(ax, ay, bx, by, half, beyond) {
      const [wide, high] = [Math.abs(bx - ax), Math.abs(by - ay)];
      if (high > wide) along(ay, ax, by, bx, half, beyond, height, width, width, 1);
      else along(ax, ay, bx, by, half, beyond, width, height, 1, width);
    }

    function along(a0, c0, a1, c1, half, beyond, sideA, sideC, stepA, stepC) {
      const slope = a1 === a0 ? 0 : (c1 - c0) / (a1 - a0);
      const lean = 1 / Math.sqrt(1 + slope * slope);
      const spread = (half + 0.5) / lean;
      const full = half < 0.5 ? 510 * half : 255;
      const to = Math.min(sideA - 1, Math.floor((a0 > a1 ? a0 : a1) + beyond - 0.5));
      for (let a = Math.max(0, Math.ceil((a0 < a1 ? a0 : a1) - beyond - 0.5)); a <= to; a++) {
        const middle = c0 + (a + 0.5 - a0) * slope;
        const until = Math.min(sideC - 1, Math.floor(middle + spread - 0.5));
        let c = Math.max(0, Math.ceil(middle - spread - 0.5));
        for (let at = a * stepA + c * stepC; c <= until; c++, at += stepC) {
          const off = c + 0.5 - middle;
          let cover = 255 * (half + 0.5 - (off < 0 ? -off : off) * lean);
          if (cover > full) cover = full;
          if (cover > mask[at]) mask[at] = cover;
        }
      }
    }

    function disc(cx, cy, radius) {
      const until = Math.min(height - 1, Math.floor(cy + radius));
      const right = Math.min(width - 1, Math.floor(cx + radius));
      for (let y = Math.max(0, Math.floor(cy - radius)); y <= until; y++) {
        for (let x = Math.max(0, Math.floor(cx - radius)); x <= right; x++) {
          const cover = Math.min(255, 255 * (radius + 0.5 - Math.hypot(x + 0.5 - cx, y + 0.5 - cy)));
          if (cover > mask[y * width + x]) mask[y * width + x] = cover;
        }
      }
    }

    // Draws [on, off, on, off] pieces of a segment; returns how far along the pattern its end is.
    function dashes(ax, ay, bx, by, half, dash, phase) {
      const long = Math.hypot(bx - ax, by - ay);
      const whole = dash.reduce((sum, part) => sum + part, 0);
      let [at, piece, left] = [0, 0, phase % whole];
      while (left >= dash[piece]) left -= dash[piece++];
      while (at < long) {
        const next = Math.min(long, at + dash[piece] - left);
        if (piece % 2 === 0) {
          const [s, e] = [at / long, next / long];
          segment(ax + (bx - ax) * s, ay + (by - ay) * s, ax + (bx - ax) * e, ay + (by - ay) * e, half, 0);
        }
        [at, left, piece] = [next, 0, (piece + 1) % dash.length];
      }
      return phase + long;
    }

    // The paths of a row; steps that are short against the line's width are left out.
    function line({ first: firstPath, start, x, y }, row, half, dash) {
      const round = half > 2 && !dash;
      const beyond = dash || round ? 0 : Math.max(0.5, half);
      const least = Math.max(1, Math.min(2, half));
      for (let path = firstPath[row]; path < firstPath[row + 1]; path++) {
        const end = start[path + 1] - 1;
        let px = x[start[path]] * scale - left;
        let py = y[start[path]] * scale - top;
        let phase = 0;
        if (round) disc(px, py, half);
        for (let i = start[path] + 1; i <= end; i++) {
          const cx = x[i] * scale - left;
          const cy = y[i] * scale - top;
          if (i < end && Math.abs(cx - px) + Math.abs(cy - py) < least) continue;
          if (dash) phase = dashes(px, py, cx, cy, half, dash, phase);
          else segment(px, py, cx, cy, half, beyond);
          if (round) disc(cx, cy, half);
          px = cx;
          py = cy;
        }
      }
    }

    // Lays a colour over a pixel of the sheet.
    function over(at, colour) {
      const alpha = colour >>> 24;
      const below = colours[at];
      if (alpha === 255 || below === 0) colours[at] = colour;
      else if (below >>> 24 === 255) {
        const part = alpha + (alpha >> 7); // of 256
        const redBlue = ((colour & 0xff00ff) * part + (below & 0xff00ff) * (256 - part)) >>> 8;
        const green = ((colour & 0xff00) * part + (below & 0xff00) * (256 - part)) >>> 8;
        colours[at] = (redBlue & 0xff00ff) | (green & 0xff00) | 0xff000000;
      } else colours[at] = mix(colour, below, alpha);
    }

    // Of two translucent colours.
    function mix(colour, below, alpha) {
      const kept = ((below >>> 24) * (255 - alpha)) / 255;
      const sum = alpha + kept;
      const red = ((colour & 255) * alpha + (below & 255) * kept) / sum;
      const green = (((colour >> 8) & 255) * alpha + ((below >> 8) & 255) * kept) / sum;
      const blue = (((colour >> 16) & 255) * alpha + ((below >> 16) & 255) * kept) / sum;
      return red | (green << 8) | (blue << 16) | (Math.round(sum) << 24);
    }

    // Moves the mask to the sheet: a pixel with the value v gets the colour table[v].
    function ink(table) {
      const four = new Uint32Array(mask.buffer, 0, mask.length / 4);
      const to = ((last + 1) * width - 1) >> 2;
      for (let word = (first * width) >> 2; last >= 0 && word <= to; word++) {
        if (four[word] === 0) continue;
        for (let at = 4 * word; at < 4 * word + 4; at++) if (mask[at] !== 0) over(at, table[mask[at]]);
        four[word] = 0;
      }
      upper = Math.min(upper, first);
      lower = Math.max(lower, last);
      [first, last] = [height, -1];
    }

    // The table of a colour that is as strong as the mask says.
    function tint(colour, strength) {
      const [red, green, blue, alpha] = parse(context, colour);
      return Uint32Array.from({ length: 256 }, (_, cover) =>
        (red | (green << 8) | (blue << 16) | (Math.round((cover * alpha * strength) / 255) << 24)) >>> 0);
    }

    // Rows of a shape in one colour; each of `rows` is within the frame.
    function stroke(shape, rows, { colour, width: wide, dash }) {
      const half = (wide * ratio) / 2;
      const pieces = dash ? (dash.length % 2 ? [...dash, ...dash] : dash).map((part) => part * ratio) : null;
      for (const row of rows) {
        touch(shape.box[4 * row + 1] * scale - top - half - 1, shape.box[4 * row + 3] * scale - top + half + 1);
        line(shape, row, half, pieces);
      }
      ink(tint(colour, context.globalAlpha));
      flush();
    }

    // The boxes of rows, none smaller than a pixel.
    function boxes({ box }, rows, colour) {
      for (const row of rows) {
        const west = Math.max(0, Math.round(box[4 * row] * scale - left));
        const north = Math.max(0, Math.round(box[4 * row + 1] * scale - top));
        const east = Math.min(width, Math.max(west + 1, Math.round(box[4 * row + 2] * scale - left)));
        const south = Math.min(height, Math.max(north + 1, Math.round(box[4 * row + 3] * scale - top)));
        touch(north, south);
        for (let y = north; y < south; y++) mask.fill(255, y * width + west, y * width + east);
      }
      ink(tint(colour, context.globalAlpha));
      flush();
    }

    // Squares around points, each with the colour of its rank (from 1; 0: none): the highest on top.
    // `each(visit)` calls visit with all rows; `ranks` has the rank of every row.
    function squares({ x, y }, each, ranks, { side, colours: given }) {
      const size = Math.max(1, Math.round(side * ratio));
      each((row) => {
        const value = ranks(row);
        const west = Math.round(x[row] * scale - left - size / 2);
        const north = Math.round(y[row] * scale - top - size / 2);
        if (value === 0 || west + size <= 0 || north + size <= 0 || west >= width || north >= height) return;
        const [fromX, toX] = [west < 0 ? 0 : west, west + size > width ? width : west + size];
        const [fromY, toY] = [north < 0 ? 0 : north, north + size > height ? height : north + size];
        if (fromY < first) first = fromY;
        if (toY - 1 > last) last = toY - 1;
        for (let line = fromY * width; line < toY * width; line += width) {
          for (let at = line + fromX; at < line + toX; at++) if (mask[at] < value) mask[at] = value;
        }
      });
      const table = new Uint32Array(256);
      given.forEach((colour, i) => { table[i + 1] = tint(colour, context.globalAlpha)[255]; });
      ink(table);
      flush();
    }

    // A picture (a canvas) with its middle at a place of the world.
    function stamp(image, wx, wy) {
      if (!pictures.has(image)) {
        const { data } = image.getContext("2d").getImageData(0, 0, image.width, image.height);
        pictures.set(image, new Uint32Array(data.buffer));
      }
      const picture = pictures.get(image);
      const west = Math.round(wx * scale - left - image.width / 2);
      const north = Math.round(wy * scale - top - image.height / 2);
      const [fromX, toX] = [Math.max(0, -west), Math.min(image.width, width - west)];
      const [fromY, toY] = [Math.max(0, -north), Math.min(image.height, height - north)];
      if (toX <= fromX || toY <= fromY) return;
      for (let y = fromY; y < toY; y++) {
        for (let x = fromX; x < toX; x++) {
          const colour = picture[y * image.width + x];
          if (colour) over((north + y) * width + west + x, colour);
        }
      }
      upper = Math.min(upper, north + fromY);
      lower = Math.max(lower, north + toY - 1);
    }

    // Lays the sheet over the canvas and clears it.
    function flush() {
      if (held || lower < upper) return;
      const [from, count] = [upper * width, lower - upper + 1];
      const bytes = new Uint8ClampedArray(colours.buffer, 4 * from, 4 * count * width);
      canvas.width = width; // a canvas of just this size: all of it is copied when it is drawn
      canvas.height = count;
      canvas.getContext("2d").putImageData(new ImageData(bytes, width, count), 0, 0);
      context.save();
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.globalAlpha = 1;
      context.drawImage(canvas, 0, upper);
      context.restore();
      colours.fill(0, from, from + count * width);
      [upper, lower] = [height, -1];
    }

    // Lays on the canvas only at the end of `draw`, which draws by this sheet and by nothing else.
    function hold(draw) {
      const before = held;
      held = true;
      draw();
      held = before;
      flush();
    }

    return { context, stroke, boxes, squares, stamp, flush, hold };
  }

  return { sheet };
})();
