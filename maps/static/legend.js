// The layers of a question, each with its switch and with what its signs, classes and patterns mean.
const legend = (() => {
  "use strict";

  const { el, fill } = tell;
  const byId = (id) => document.getElementById(id);

  // `redraw()` after a switch; `asideOf()` is one more group at the end (the comparison), or null.
  function create(data, state, { read, say, places, ofPlain, redraw, asideOf }) {
    const { t, whole, aside, kindKey, statusKey, shareKey, lineKey, gradeKey, riskKey, patch } = say;
    const { layers, palette } = data;

    const check = (text, key, checked, change) => el("label", {},
      el("input", { type: "checkbox", checked, on: { change } }), key, el("span", { class: "name" }, text));
    const title = (name) => {
      const given = data.titles[{ area: "area_value" }[name] || name];
      return (given && given[state.lang]) || t(`layer.${name}`);
    };
    const layer = (name, key, text) => check(text || title(name), key, state.shown[name], (event) => {
      state.on[state.question][name] = state.shown[name] = event.target.checked;
      redraw();
    });
    const note = (key, text, bounds) => el("div", { class: "key" }, key, el("span", {}, text), bounds ? el("span", { class: "bounds" }, bounds) : null);
    const group = (text, rows) => {
      const shown = rows.filter((row) => row !== null);
      return shown.length ? el("div", { role: "group", "aria-label": text || shown[0].textContent }, text ? el("h3", {}, text) : null, ...shown) : null;
    };
    const gateKey = () => signs.key((pen) => {
      pen.fillStyle = palette.plain.entrances;
      pen.fillRect(8, 8, 6, 6);
    });

    function show() {
      const mine = { cover: () => [homes(), reached(), shares(), facilities()], safe: ways, places: placesGroups, build: () => [proposals(), shares(), homes(), facilities()] };
      fill(byId("layers"), ...mine[state.question](), ...others(), background(), asideOf());
    }

    function homes() {
      if (!layers.demand || !data.rules.length) return null;
      const byValue = palette.status.slice().sort((a, b) => b.value - a.value);
      return group(null, [layer("demand", null), ...byValue.map((s) => note(statusKey(s, 18), s[state.lang]))]);
    }

    const reached = () => (layers.line && data.rules.length ? group(null, [layer("service", lineKey([[palette.plain.service, 3]]))]) : null);

    // The classes that colour the communities, with their bounds; of a lack, the bounds of the lack.
    function shares() {
      const gauge = state.question === "places" ? state.gauge : null;
      if (!layers.area || (state.question === "places" && !layers.place_gap)) return null;
      const per = (value) => Math.round(value * 100);
      const covered = ({ from, to }) => (from === 0 ? `< ${per(to)}%` : to >= 1 ? `≥ ${per(from)}%` : `${per(from)}–${per(to)}%`);
      const lack = ({ from, to }) => (from === 0 ? `> ${per(1 - to)}%` : to >= 1 ? `≤ ${per(1 - from)}%` : `${per(1 - to)}–${per(1 - from)}%`);
      const text = gauge ? t(`gauge.${gauge}`) : `${title("area")}${aside(t(`measure.${state.measure}`))}`;
      return group(null, [layer("area", null, text),
        ...[...palette.share].reverse().map((s) => note(shareKey(s), s[state.lang], gauge && gauge !== "placed" ? lack(s) : covered(s))),
        note(shareKey(null), t("ui.no_children")), layer("label", null)]);
    }

    function facilities() {
      if (!layers.facility) return null;
      const kinds = read.kinds().map((id) => check(read.kindName(id), kindKey(id), state.kinds.has(id), (event) => {
        if (event.target.checked) state.kinds.add(id);
        else state.kinds.delete(id);
        redraw(true);
      }));
      return group(t("ui.facilities"), [...kinds, layers.entrance ? layer("entrance", gateKey()) : null]);
    }

    function placesGroups() {
      const bars = [[0.6, "some"], [1, "full"], [NaN, "unknown"]];
      return [shares(),
        layers.short_group ? group(null, [layer("short_group", places.groupKey())]) : null,
        layers.school_places ? group(null, [layer("school_places", null), ...bars.map(([share, word]) => note(places.fillKey(share), t(`fill.${word}`)))]) : null,
        layers.school_zone ? group(null, [layer("school_zone", lineKey([[palette.place.zone, 2]])), note(patch(palette.place.moves), t("change.moves"))]) : null,
      ];
    }

    function proposals() {
      return group(null, [
        ...(layers.site ? [layer("site", null), ...palette.site.map((s) => note(places.siteKey(s.id), s[state.lang]))] : []),
        layers.link ? layer("link", places.linkKey()) : null,
        layers.co_use ? layer("co_use", places.shareKey()) : null,
      ]);
    }

    function ways() {
      const { risk, unsure, grade, route } = palette;
      const ramp = risk.slice().reverse();
      const bounds = (of, r) => (r[of] > 0 ? `≥ ${whole(r[of])}` : `< ${whole(risk[1][of])}`);
      return [
        layers.school ? group(null, [layer("school", null),
          layers.entrance ? layer("entrance", gateKey()) : null, layer("label", null),
          layers.zone ? layer("zone", lineKey([[route.zone, 1.6, [5, 3]]])) : null]) : null,
        layers.route ? group(null, [layer("route", null), note(lineKey([[route.safest, 5]]), t("choice.safest")),
          note(lineKey([[route.shortest, 2.4, [5, 3]]]), t("choice.shortest"))]) : null,
        layers.exposure ? group(null, [layer("exposure", null), ...ramp.map((r) => note(
          lineKey([[r.colour, 5], ...(r.dash ? [["#fff", 1.6, safety.DASHES[r.dash]]] : [])]), r[state.lang], bounds("street", r)))]) : null,
        layers.crossing ? group(null, [layer("crossing", null),
          ...ramp.map((r) => note(riskKey(r, 20), r[state.lang], bounds("crossing", r))),
          note(riskKey(unsure, 20, true), unsure[state.lang])]) : null,
        layers.hazard ? group(null, [layer("hazard", null), ...grade.map((g) => note(gradeKey(g, 20), g[state.lang]))]) : null,
        layers.mark ? group(null, [layer("mark", null), ...palette.mark.map((m) => note(marks.picture(m), m[state.lang]))]) : null,
      ];
    }

    function others() {
      const drawn = questions.draws(data, state.question);
      return generic.names(data).filter((name) => drawn.includes(name)).map((name) => group(null, ofPlain.legend(name, layer, note)));
    }

    function background() {
      const streets = palette.street.map((s) => note(
        lineKey(s.casing ? [[s.casing, s.width_px + 3], [s.colour, s.width_px + 1.4]] : [[s.colour, 1.2]]), t(`layer.street_${s.id}`)));
      return group(t("ui.background"), [
        layers.line ? layer("street", null) : null, ...(layers.line ? streets : []),
        ...["railway", "water", "green", "building"].map((name) => (layers[name]
          ? layer(name, name === "railway" ? lineKey([[palette.plain.railway, 3]]) : patch(palette.plain[name])) : null))]);
    }

    return { show };
  }

  return { create };
})();
