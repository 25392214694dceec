// How a thing is told: elements, numbers as text, pictures of legends.
// Strings of the data reach the page as text nodes only.
const tell = (() => {
  "use strict";

  // An element with attributes (constants of this file) and children (elements or text).
  function el(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name === "on") for (const [event, run] of Object.entries(value)) node.addEventListener(event, run);
      else if (value === true) node.setAttribute(name, "");
      else if (value !== false && value !== null) node.setAttribute(name, value);
    }
    node.append(...children.filter((child) => child !== null));
    return node;
  }

  function fill(node, ...children) {
    node.textContent = "";
    node.append(...children.filter((child) => child !== null));
  }

  // `state.lang` decides the language at every call.
  function teller(data, state, read) {
    const t = read.words;

    // -- numbers as text
    const locale = () => data.languages[state.lang].tag;
    const formats = new Map(); // making one takes longer than using it a hundred times
    const format = (style, digits) => {
      const name = `${locale()} ${style} ${digits}`;
      if (!formats.has(name)) {
        formats.set(name, new Intl.NumberFormat(locale(), { style, maximumFractionDigits: digits, minimumFractionDigits: style === "percent" ? 1 : 0 }));
      }
      return formats.get(name);
    };
    const whole = (value) => (value === null || value !== value ? t("ui.unknown")
      : format("decimal", value < 20 && value % 1 ? 1 : 0).format(value));
    const percent = (share) => (share === null || share !== share ? "—" : format("percent", 1).format(share));
    const count = (value) => whole(value === null ? null : Math.round(value));
    const children = (value) => `${count(value)} ${t("ui.children_unit")}`;
    const metres = (value) => (value === null ? "—" : value !== value ? t("ui.nothing_reached") : `${whole(Math.round(value))} ${t("ui.metre")}`);
    const metresShort = (value) => (value === value && value !== null ? metres(value) : "—");
    const aside = (text) => `${t("sign.open")}${text}${t("sign.close")}`;
    const settlement = (value) => t(`settlement.${value}`) || value || t("ui.unknown");
    const share = (value) => data.palette.share[signs.classOf(value, data.palette.share)];

    // -- pictures for keys
    const kindKey = (id, size = 22) => signs.key((pen) => {
      pen.translate(size / 2, size / 2);
      signs.kindSign(pen, read.kindStyle(id), size * 0.37);
    }, size);
    const statusKey = (status, size = 18) => signs.key((pen) => {
      pen.translate(size / 2, size / 2);
      signs.statusSign(pen, status, size * 0.27);
    }, size);
    const centred = (draw) => (of, size = 18, ...more) => signs.key((pen) => {
      pen.translate(size / 2, size / 2);
      draw(pen, of, size * 0.32, ...more);
    }, size);
    const [gradeKey, riskKey] = [signs.gradeSign, signs.riskSign].map(centred);
    const verdictKey = centred((pen, of, radius) => signs.verdictSign(pen, of, radius * 1.3));
    const shareKey = (of) => signs.key((pen, size) => {
      pen.fillStyle = of ? signs.classFill(pen, of, data.palette.plain) : data.palette.plain.none;
      pen.fillRect(1, 4, size - 2, size - 8);
      pen.strokeStyle = data.palette.plain.outline;
      pen.lineWidth = 0.8;
      pen.strokeRect(1, 4, size - 2, size - 8);
    });
    // Each line is [colour, width] or [colour, width, dash].
    const lineKey = (draw) => signs.key((pen, size) => {
      pen.lineCap = "round";
      for (const [colour, width, dash] of draw) {
        pen.setLineDash(dash || []);
        pen.lineCap = dash ? "butt" : "round";
        pen.beginPath();
        pen.moveTo(2, size / 2 + 3);
        pen.bezierCurveTo(size * 0.4, 1, size * 0.6, size - 1, size - 2, size / 2 - 3);
        pen.strokeStyle = colour;
        pen.lineWidth = width;
        pen.stroke();
      }
    });
    const patch = (colour) => signs.key((pen, size) => {
      pen.fillStyle = colour;
      pen.fillRect(1, 4, size - 2, size - 8);
    });

    const bar = (value) => {
      const inner = el("i");
      inner.style.width = `${Math.max(0, Math.min(1, value || 0)) * 100}%`;
      return el("span", { class: "bar", "aria-hidden": "true" }, inner);
    };

    return {
      t, locale, whole, count, children, percent, metres, metresShort, aside, settlement, share, kindKey,
      statusKey, shareKey, lineKey, patch, bar, gradeKey, riskKey, verdictKey,
    };
  }

  return { el, fill, teller };
})();
