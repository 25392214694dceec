// What is shown, in the page's address: a link opens the map as its sender saw it.
// What an address says is compared with what the page has and never becomes part of it.
const permalink = (() => {
  "use strict";

  // `asked` are the questions that the page offers.
  function create(data, state, { read, asked, map }) {
    const { layers } = data;

    function idOf({ layer, row }) {
      const { id: column } = data.roles[layer]; // of those without one, rows are told by their place
      const id = column ? read.get(layers[layer], column, row) : String(row);
      return `${layer}:${id}`;
    }

    function thing(text) {
      const cut = (text || "").indexOf(":");
      const [layer, id] = [(text || "").slice(0, cut), (text || "").slice(cut + 1)];
      const own = Object.prototype.hasOwnProperty.call(data.roles, layer) ? layers[layer] : null;
      if (!own) return null;
      const { id: column } = data.roles[layer];
      if (!column) return /^\d{1,9}$/.test(id) && Number(id) < own.n ? { layer, row: Number(id) } : null;
      const row = own.table.get(column) ? own.table.get(column).indexOf(id) : -1;
      return row >= 0 ? { layer, row } : null;
    }

    function view(centre, zoom) {
      const [lat, lon] = (centre || "").split(",").map(Number);
      const level = zoom === null ? NaN : Number(zoom);
      if (!(Math.abs(lat) <= 85 && Math.abs(lon) <= 180 && level >= 0 && level <= 19)) return null;
      return { centre: [lat, lon], zoom: level };
    }

    const among = (value, known) => (known.includes(value) ? value : null);

    // What the address says, as far as this page has it; null where it says nothing.
    function given() {
      const said = new URLSearchParams(window.location.hash.slice(1));
      if (!window.location.hash.includes("=")) return null;
      return {
        question: among(said.get("q"), asked), measure: among(said.get("m"), questions.MEASURES),
        gauge: among(said.get("g"), questions.GAUGES), stage: among(said.get("s"), read.stages),
        lang: among(said.get("l"), Object.keys(data.words)), list: said.get("t"),
        rule: read.rulePlace.has(said.get("r")) ? read.rulePlace.get(said.get("r")) : null,
        selected: thing(said.get("o")), view: view(said.get("c"), said.get("z")),
      };
    }

    let written = null;
    function write() {
      const { lat, lng } = map.getCenter();
      const said = new URLSearchParams({ q: state.question, l: state.lang, c: `${lat.toFixed(5)},${lng.toFixed(5)}`,
        z: String(Math.round(map.getZoom() * 100) / 100) });
      if (state.question === "places") {
        said.set("g", state.gauge);
        if (state.stage !== null) said.set("s", state.stage);
      } else if (state.question !== "safe" && data.rules.length) {
        said.set("r", data.rules[state.rule]);
        said.set("m", state.measure);
      }
      if (state.list) said.set("t", state.list);
      if (state.selected) said.set("o", idOf(state.selected));
      written = `#${said}`;
      try {
        window.history.replaceState(null, "", written);
      } catch (fault) {
        written = null; // a frame in a notebook has no address of its own
      }
    }

    let waiting = 0;
    function later() {
      clearTimeout(waiting);
      waiting = setTimeout(write, 150);
    }
    return { given, later, ours: () => window.location.hash === written };
  }

  return { create };
})();
