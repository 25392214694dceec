// Two maps in one frame, one on each side of a handle: two measures, two rules, before and after.
const compare = (() => {
  "use strict";

  const { el, fill } = tell;
  const HANDLE = 36; // px, the width of the handle in map.css
  const byId = (id) => document.getElementById(id);

  // `view` as of painter.create; `paint(view)` returns a second canvas layer.
  function create(data, state, { map, view, pane, read, say, rules, paint }) {
    const { t } = say;
    const { hazard, school } = data.layers;
    const treated = [hazard, school].some((layer) => layer && [...layer.table.keys()].some((name) => name.endsWith("_after")));
    let [chosen, layer] = [null, null];
    const over = Object.create(view, {
      rule: { get: () => (chosen && chosen.rule !== undefined ? chosen.rule : state.rule) },
      share: { value: (row) => view.shareOf(row, over.rule, (chosen && chosen.measure) || state.measure, (chosen && chosen.gauge) || state.gauge) },
      after: { get: () => Boolean(chosen && chosen.after) },
    });

    // What may stand on the right of what is shown: [id, text, what differs].
    function options() {
      if (state.question === "safe") return treated ? [["after", t("ui.after_trial"), { after: true }]] : [];
      if (state.question === "places") {
        return data.layers.place_gap ? questions.GAUGES.filter((gauge) => gauge !== state.gauge)
          .map((gauge) => [`g:${gauge}`, t(`gauge.${gauge}`), { gauge }]) : [];
      }
      if (!data.layers.area_value && !data.layers.demand) return [];
      const measures = data.layers.area_value ? read.measures(questions.MEASURES).filter((measure) => measure !== state.measure)
        .map((measure) => [`m:${measure}`, t(`measure.${measure}`), { measure }]) : [];
      return [...measures, ...rules().filter((rule) => rule !== state.rule)
        .map((rule) => [`r:${rule}`, `${read.ruleName(rule)} [${data.rules[rule]}]`, { rule }])];
    }

    // A group of the legend: what to compare with.
    function group() {
      const offered = options();
      if (chosen && !offered.some(([id]) => id === chosen.id)) choose(null);
      if (!offered.length) return null;
      return el("div", { role: "group", class: "screen", "aria-labelledby": "against-name" }, el("h3", {}, el("label", { for: "against", id: "against-name" }, t("ui.compare"))),
        el("select", { id: "against", on: { change: (event) => choose(offered[event.target.selectedIndex - 1] || null) } },
          el("option", { value: "" }, t("ui.compare_none")),
          ...offered.map(([id, text]) => el("option", { value: id, selected: Boolean(chosen) && chosen.id === id }, text))));
    }

    function choose(option) {
      chosen = option && { id: option[0], text: option[1], ...option[2] };
      byId("compare").hidden = !chosen;
      if (chosen && !layer) {
        map.createPane("compare").style.zIndex = 351;
        layer = paint(over);
        L.setOptions(layer, { pane: "compare" });
      }
      if (layer && Boolean(chosen) !== map.hasLayer(layer)) map[chosen ? "addLayer" : "removeLayer"](layer);
      show();
    }

    function here() {
      if (state.question === "safe") return t("ui.before_trial");
      if (state.question === "places") return t(`gauge.${state.gauge}`);
      return chosen.rule === undefined ? t(`measure.${state.measure}`) : read.ruleName(state.rule);
    }

    function show() {
      if (!chosen) {
        pane.style.clip = "";
        return;
      }
      const name = chosen.rule === undefined ? chosen.text : read.ruleName(chosen.rule);
      fill(byId("side-left"), here());
      fill(byId("side-right"), name);
      byId("swipe").setAttribute("aria-label", `${t("ui.swipe")}: ${here()} | ${name}`);
      place();
      layer.later();
    }

    // The panes move with the map; their clips are told in their own pixels.
    function place() {
      if (!chosen) return;
      const size = map.getSize();
      const share = Number(byId("swipe").value) / 100;
      const x = HANDLE / 2 + share * (size.x - HANDLE);
      byId("swipe-line").style.left = `${x}px`;
      byId("swipe").setAttribute("aria-valuetext", `${Math.round(share * 100)} %`);
      byId("side-left").style.right = `${size.x - x + HANDLE / 2}px`;
      byId("side-right").style.left = `${x + HANDLE / 2}px`;
      const [from, to] = [[0, 0], size].map((corner) => map.containerPointToLayerPoint(corner));
      pane.style.clip = `rect(${from.y}px, ${from.x + x}px, ${to.y}px, ${from.x}px)`;
      map.getPane("compare").style.clip = `rect(${from.y}px, ${to.x}px, ${to.y}px, ${from.x + x}px)`;
    }

    byId("swipe").addEventListener("input", place);
    map.on("move zoom viewreset resize", place);
    return { group, show, redraw: () => chosen && layer.later(), print: () => chosen && layer.redraw() };
  }

  return { create };
})();
