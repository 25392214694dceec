// What the page was given: reads the data block that maps/codec.py and maps/datablock.py write.
const block = (() => {
  "use strict";

  // Returns a promise of the parsed header; every column in it has become an array.
  async function read(base64) {
    const binary = atob(base64.trim());
    const packed = new Uint8Array(binary.length);
    for (let i = 0; i < binary.length; i++) packed[i] = binary.charCodeAt(i);
    const bytes = await unpack(packed);
    const length = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
    const head = new TextDecoder().decode(bytes.subarray(4, 4 + length));
    return open(JSON.parse(head), bytes.subarray(4 + length));
  }

  async function unpack(packed) {
    if (typeof DecompressionStream === "undefined") return inflate(packed.subarray(2));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  function open(header, body) {
    for (const layer of Object.values(header.layers)) {
      layer.table = new Map((layer.columns || []).map(([name, spec]) => [name, column(spec, body)]));
      for (const part of [layer, layer.site || {}]) {
        if (part.shape) part.shape = shape(part.shape, body);
        if (part.point) part.point = place(part.point, body);
      }
      for (const part of ["area", "line"]) {
        const spec = layer[part];
        if (spec) whenAsked(layer, { [part]: () => shape(spec, body) });
      }
      if (layer.site) layer.site.row = number(layer.site.row, body);
      if (layer.of) layer.of = number(layer.of, body); // of each row: its path in the layer's shape
      if (layer.street) layer.street = number(layer.street, body);
      if (layer.reached) layer.reached = layer.reached.map((spec) => number(spec, body));
      if (layer.rules) {
        layer.rules = layer.rules.map((rule) => rule && whenAsked({}, {
          status: () => number(rule.status, body),
          walk_m: () => (rule.walk_m ? number(rule.walk_m, body) : null),
          nearest: () => (rule.nearest ? column(rule.nearest, body) : null),
        }));
      }
    }
    return header;
  }

  // Gives an object values that are made when they are first asked for.
  function whenAsked(object, makers) {
    for (const [name, make] of Object.entries(makers)) {
      Object.defineProperty(object, name, {
        configurable: true,
        get() {
          const value = make();
          Object.defineProperty(object, name, { value });
          return value;
        },
      });
    }
    return object;
  }

  function column(spec, body) {
    if (!spec.words) return number(spec, body);
    const codes = number(spec.codes, body);
    return Array.from(codes, (code) => spec.words[code]);
  }

  // Planes of bytes -> zigzag differences -> multiples of the step; NaN where nothing was known.
  function number(spec, body) {
    const { at, n, step, planes } = spec;
    const missing = spec.missing === undefined ? NaN : spec.missing;
    const zigzag = new Uint32Array(n);
    for (let plane = planes - 1; plane >= 0; plane--) {
      const from = at + plane * n;
      for (let i = 0; i < n; i++) zigzag[i] = (zigzag[i] << 8) | body[from + i];
    }
    const values = new Float64Array(n);
    let whole = 0;
    for (let i = 0; i < n; i++) {
      whole += (zigzag[i] >>> 1) ^ -(zigzag[i] & 1);
      values[i] = whole === missing ? NaN : whole * step;
    }
    return values;
  }

  // Web Mercator at zoom 0 (a world of 256 x 256): what Leaflet's pixels are multiples of.
  function mercatorX(lon) {
    return 256 * (lon / 360 + 0.5);
  }

  function mercatorY(lat) {
    const sine = Math.sin((lat * Math.PI) / 180);
    return 128 - (64 * Math.log((1 + sine) / (1 - sine))) / Math.PI;
  }

  function place(spec, body) {
    const lon = number(spec.x, body);
    const lat = number(spec.y, body);
    return { lon, lat, x: project(lon.slice(), mercatorX), y: project(lat.slice(), mercatorY) };
  }

  function project(values, how) {
    for (let i = 0; i < values.length; i++) values[i] = how(values[i]);
    return values;
  }

  // Paths of all rows in one array: those of row r are first[r] .. first[r + 1], the vertices of
  // path p are start[p] .. start[p + 1]; box holds min x, min y, max x, max y of each row.
  function shape(spec, body) {
    const counts = number(spec.paths, body);
    const sizes = number(spec.vertices, body);
    const [x, y] = [project(number(spec.x, body), mercatorX), project(number(spec.y, body), mercatorY)];
    const first = sums(counts);
    const start = sums(sizes);
    const box = new Float64Array(4 * counts.length);
    for (let row = 0; row < counts.length; row++) {
      let [west, north, east, south] = [Infinity, Infinity, -Infinity, -Infinity];
      for (let i = start[first[row]]; i < start[first[row + 1]]; i++) {
        if (x[i] < west) west = x[i];
        if (x[i] > east) east = x[i];
        if (y[i] < north) north = y[i];
        if (y[i] > south) south = y[i];
      }
      box.set([west, north, east, south], 4 * row);
    }
    return { closed: spec.closed, n: counts.length, first, start, x, y, box };
  }

  function sums(counts) {
    const total = new Uint32Array(counts.length + 1);
    for (let i = 0; i < counts.length; i++) total[i + 1] = total[i] + counts[i];
    return total;
  }

  // RFC 1951, for browsers without DecompressionStream (Chromium before 80).
  function inflate(packed) {
    const LENGTH = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83,
      99, 115, 131, 163, 195, 227, 258];
    const DISTANCE = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769,
      1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577];
    const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
    let out = new Uint8Array(packed.length * 4);
    let [size, at, held, waiting] = [0, 0, 0, 0];

    const bits = (count) => {
      while (waiting < count) {
        held |= packed[at++] << waiting;
        waiting += 8;
      }
      const value = held & ((1 << count) - 1);
      held >>>= count;
      waiting -= count;
      return value;
    };
    const put = (byte) => {
      if (size === out.length) {
        const larger = new Uint8Array(2 * size);
        larger.set(out);
        out = larger;
      }
      out[size++] = byte;
    };
    const code = (lengths) => {
      const count = new Uint16Array(16);
      for (const length of lengths) count[length]++;
      count[0] = 0;
      const next = new Uint16Array(16);
      for (let length = 1; length < 15; length++) next[length + 1] = next[length] + count[length];
      const symbols = new Uint16Array(lengths.length);
      lengths.forEach((length, symbol) => {
        if (length) symbols[next[length]++] = symbol;
      });
      return { count, symbols };
    };
    const symbol = ({ count, symbols }) => {
      let [value, first, index] = [0, 0, 0];
      for (let length = 1; ; length++) {
        value |= bits(1);
        if (value - count[length] < first) return symbols[index + value - first];
        index += count[length];
        first = (first + count[length]) << 1;
        value <<= 1;
      }
    };
    const fixed = () => {
      const lengths = Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8));
      return [code(lengths), code(new Array(30).fill(5))];
    };
    const dynamic = () => {
      const [literals, distances, orders] = [bits(5) + 257, bits(5) + 1, bits(4) + 4];
      const short = new Array(19).fill(0);
      for (let i = 0; i < orders; i++) short[ORDER[i]] = bits(3);
      const table = code(short);
      const lengths = [];
      while (lengths.length < literals + distances) {
        const length = symbol(table);
        if (length < 16) lengths.push(length);
        else {
          const value = length === 16 ? lengths[lengths.length - 1] : 0;
          let repeat = length === 16 ? 3 + bits(2) : length === 17 ? 3 + bits(3) : 11 + bits(7);
          while (repeat--) lengths.push(value);
        }
      }
      return [code(lengths.slice(0, literals)), code(lengths.slice(literals))];
    };
    const compressed = ([literal, distance]) => {
      for (let value = symbol(literal); value !== 256; value = symbol(literal)) {
        if (value < 256) put(value);
        else {
          const step = value - 257;
          let length = LENGTH[step] + (step < 8 || step > 27 ? 0 : bits((step >> 2) - 1));
          const far = symbol(distance);
          const back = DISTANCE[far] + (far < 4 ? 0 : bits((far >> 1) - 1));
          while (length--) put(out[size - back]);
        }
      }
    };
    const stored = () => {
      held = waiting = 0;
      let length = packed[at] | (packed[at + 1] << 8);
      at += 4;
      while (length--) put(packed[at++]);
    };

    for (let last = 0; !last; ) {
      last = bits(1);
      const kind = bits(2);
      if (kind === 0) stored();
      else compressed(kind === 1 ? fixed() : dynamic());
    }
    return out.subarray(0, size);
  }

  return { read, inflate, mercatorX, mercatorY };
})();
