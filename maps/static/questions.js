// What can be asked of the map: which layers answer a question, and what can be chosen for it.
const questions = (() => {
  "use strict";

  const { el, fill } = tell;
  const byId = (id) => document.getElementById(id);
  const MEASURES = ["straight", "network", "walk"];
  const GAUGES = ["placed", "distance", "safety", "capacity_low"];
  // `needs`: one of these layers and the question is offered; `lists`: its tables; `finds`: what its
  // search looks through. What its map draws beside the background, the roles say themselves.
  const ASKED = {
    cover: { needs: ["area_value", "demand", "service", "gap"],
      lists: ["gaps", "communities", "facilities"], finds: ["area", "facility"] },
    safe: { needs: ["school", "route", "exposure", "crossing", "hazard", "zone", "audit", "mark"],
      lists: ["hazards", "schools", "marks"], finds: ["area", "school"] },
    places: { needs: ["place_gap", "short_group", "school_places", "school_zone"],
      lists: ["lacking", "groups", "fill", "zones"], finds: ["area", "facility"] },
    build: { needs: ["site", "link", "co_use"],
      lists: ["sites", "links", "shared"], finds: ["area", "facility", "site"] },
  };
  const BACKGROUND = ["label", "street", "water", "green", "railway", "building", "entrance"];
  const OFF = { build: ["demand", "label"], places: ["school_zone"] }; // until they are asked for

  // The questions that the data answer; where there is no answer at all, the first one.
  function offered(data) {
    const own = (name) => generic.names(data).filter((layer) => draws(data, name).includes(layer));
    return Object.keys(ASKED).filter((name) => [...ASKED[name].needs, ...own(name)].some((layer) => data.layers[layer]));
  }

  const draws = (data, question) => Object.keys(data.roles).filter((name) => data.roles[name].asked.includes(question));
  const lists = (data, question) => [...ASKED[question].lists, ...generic.names(data).filter((name) => draws(data, question).includes(name))];

  // What is switched on at first, question by question.
  function switches(data) {
    return Object.fromEntries(Object.keys(ASKED).map((name) => [name, Object.fromEntries(
      [...BACKGROUND, ...Object.keys(data.roles)].map((layer) => [layer,
        (BACKGROUND.includes(layer) || draws(data, name).includes(layer)) && !(OFF[name] || []).includes(layer)]))]));
  }

  // `choose` of {rule(place), stage(id), shade()} is told what was chosen.
  function create(data, state, { read, say, choose }) {
    const { t, percent, count } = say;
    const { site, link, co_use: shared } = data.layers;
    const ruled = [site, link, shared].flatMap((layer) => (layer && layer.table.get("rule_id")) || []);
    const kinds = new Set((site && site.table.get("kind")) || []);

    // The rules that the question may be asked under.
    function rules() {
      const every = data.rules.map((_, place) => place);
      if (state.question !== "build") return every;
      return every.filter((place) => ruled.includes(data.rules[place]) || kinds.has(read.kindOfRule(place)));
    }

    function showSubject() {
      const places = state.question === "places";
      byId("question").hidden = state.question === "safe" || !(places ? read.stages.length : rules().length);
      byId("rule-name").textContent = t(places ? "ui.stage" : "ui.rule");
      fill(byId("rule"), ...(places ? stageOptions() : ruleOptions()));
      showClause();
      showCards();
    }

    function stageOptions() {
      return read.stages.map((id) => el("option", { value: id, selected: id === state.stage }, read.kindName(id)));
    }

    function ruleOptions() {
      const groups = new Map();
      for (const place of rules()) {
        const kind = read.kindOfRule(place);
        groups.set(kind, [...(groups.get(kind) || []), place]);
      }
      const options = [...groups].map(([kind, places]) => el("optgroup",
        { label: kind === null ? t("ui.unknown") : read.kindName(kind) }, ...places.map((place) => {
          const limit = read.ruleText(place, "limit");
          return el("option", { value: place, selected: place === state.rule },
            limit ? `${read.ruleName(place)} · ${limit}` : read.ruleName(place));
        })));
      return options.length ? options : [el("option", {}, t("ui.no_rule"))];
    }

    function showClause() {
      if (state.question === "places") return fill(byId("clause"), t("ui.stage_hint"));
      const parts = ["standard", "clause", "strength"].map((name) => read.ruleText(state.rule, name)).filter(Boolean);
      const verified = read.ruleText(state.rule, "verified");
      return fill(byId("clause"), parts.join(" · "), verified ? el("span", { class: "tag" }, verified) : null);
    }

    // The numbers of the whole study, one card each; the chosen one colours the communities.
    function showCards() {
      const places = state.question === "places";
      const cards = places ? gaugeCards() : state.question === "build" ? [] : measureCards();
      byId("measures-title").textContent = t(places ? "ui.gauges" : cards.length > 1 ? "ui.measures" : "ui.measure_one");
      byId("measures-hint").textContent = t(places ? "ui.gauges_hint" : "ui.measures_hint");
      for (const id of ["measures-title", "measures", "measures-hint"]) byId(id).hidden = !cards.length;
      byId("measures").dataset.cards = String(cards.length);
      fill(byId("measures"), ...cards);
    }

    function measureCards() {
      return read.measures(MEASURES).map((measure) => {
        const total = read.total(state.rule, measure);
        return card(measure, "measure", { name: t(`measure.${measure}`), share: total.share, why: t(`measure.${measure}_why`),
          number: total.children === 0 ? t("ui.no_children") : total.children > 0
            ? `${count(total.covered)} / ${count(total.children)}` : t("ui.unknown") });
      });
    }

    function gaugeCards() {
      if (!data.layers.place_gap) return [];
      return GAUGES.map((gauge) => {
        const { number, children } = read.lacking(null, state.stage, gauge);
        return card(gauge, "gauge", { name: t(`gauge.${gauge}`), share: children > 0 ? number / children : NaN,
          number: children > 0 ? `${count(number)} / ${count(children)}` : t("ui.no_children"), why: t(`gauge.${gauge}_why`) });
      });
    }

    function card(value, name, { name: title, share, number, why }) {
      const chosen = state[name] === value;
      const input = el("input", { type: "radio", name: "measure", value, checked: chosen, on: { change: () => {
        state[name] = value;
        for (const label of byId("measures").children) label.classList.toggle("chosen", label.firstChild.checked);
        choose.shade();
      } } });
      return el("label", { class: chosen ? "measure chosen" : "measure" }, input, el("span", { class: "name" }, title),
        el("b", {}, percent(share)), say.bar(share), el("span", { class: "count" }, number), el("span", { class: "why" }, why));
    }

    function showQuestions(asked, ask) {
      byId("questions").hidden = asked.length < 2;
      fill(byId("questions"), ...asked.map((name) => el("button", { type: "button", id: `ask-${name}`,
        "aria-pressed": String(name === state.question), on: { click: () => ask(name) } }, t(`ui.ask_${name}`))));
    }

    byId("rule").addEventListener("change", (event) => {
      if (state.question === "places") choose.stage(event.target.value);
      else choose.rule(Number(event.target.value));
    });
    return { rules, showSubject, showCards, showQuestions };
  }

  return { ASKED, BACKGROUND, draws, lists, MEASURES, GAUGES, offered, switches, create };
})();
