// Which sign and which fill a thing has: on the map, in the legend and in lists.
const signs = (() => {
  "use strict";

  const FONT = '"Noto Sans SC","Noto Sans CJK SC","Source Han Sans SC","Microsoft YaHei","PingFang SC",sans-serif';

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

  // The sign of a crossing's risk; hollow where most of it is assumed.
  function riskSign(pen, { sign, colour }, radius, hollow) {
    pen.beginPath();
    OUTLINES[sign](pen, radius);
    pen.fillStyle = hollow ? "#fff" : colour;
    pen.fill();
    pen.strokeStyle = hollow ? colour : "#fff";
    pen.lineWidth = hollow ? Math.max(1.4, radius * 0.4) : 1.2;
    pen.stroke();
  }

  // The sign of a hazard: its grade as a letter on a plate.
  function gradeSign(pen, { id, colour }, radius) {
    pen.beginPath();
    polygon(pen, radius * 1.36, 4, Math.PI / 4);
    pen.fillStyle = colour;
    pen.strokeStyle = "#fff";
    pen.lineWidth = 1.4;
    pen.stroke();
    pen.fill();
    letter(pen, id, radius * 1.5);
  }

  function letter(pen, text, size) {
    pen.fillStyle = "#fff";
    pen.font = `700 ${Math.round(size)}px ${FONT}`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(text, 0, size * 0.06);
  }

  // The light of a check: a disc with a tick, a cross, a question mark or a dash.
  function verdictSign(pen, { sign, colour }, radius) {
    pen.beginPath();
    pen.arc(0, 0, radius, 0, 2 * Math.PI);
    pen.fillStyle = colour;
    pen.fill();
    if (sign === "question") return letter(pen, "?", radius * 1.5);
    const r = radius * 0.45;
    pen.beginPath();
    const strokes = { tick: [[-r, 0, -r / 3, r, r, -r]], cross: [[-r, -r, r, r], [-r, r, r, -r]], dash: [[-r, 0, r, 0]] };
    for (const [x, y, ...rest] of strokes[sign]) {
      pen.moveTo(x, y);
      for (let i = 0; i < rest.length; i += 2) pen.lineTo(rest[i], rest[i + 1]);
    }
    pen.strokeStyle = "#fff";
    pen.lineWidth = radius * 0.3;
    pen.lineCap = "round";
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

  return { FONT, classFill, classOf, statusSign, kindSign, riskSign, gradeSign, verdictSign, sprite, key };
})();
