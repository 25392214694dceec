// What the page does: it asks a question of the data, draws the answer, and tells of what is chosen.
const yimi = (() => {
  "use strict";

  const { el, fill, teller } = tell;
  const NOTHING = new Set();
  const PRINT = [1050, 516]; // the map on an A4 sheet, in pixels
  const NEAR_M = 20; // a click this close to a home means it, where nothing else was hit
  const byId = (id) => document.getElementById(id);

  async function start(given) {
    let data;
    try {
      data = await block.read(byId("data").textContent);
    } catch (fault) {
      byId("broken").hidden = false;
      return;
    }
    page(data, given);
  }

  function page(data, given) {
    const { about, layers } = data;
    const asked = questions.offered(data);
    const state = {
      lang: about.lang, question: asked[0] || "cover", rule: 0, measure: "walk", stage: null, gauge: "placed",
      kinds: new Set(), selected: null, gap: null, all: false, list: null, on: questions.switches(data), shown: {},
      way: { school: null, profile: null, choice: "safest" },
    };
    for (const name of Object.keys(data.roles)) {
      const { shape, point, of } = layers[name] || {};
      if (shape && !point && !of) layers[name].point = middles(shape);
    }
    const read = tables.reader(data, state);
    const say = teller(data, state, read);
    const { t, whole, percent, aside } = say;
    state.stage = read.stages.length ? read.stages[0] : null;
    const map = given || L.map(byId("map"), { zoomControl: false, attributionControl: false });
    map.options.zoomSnap = 0.25;
    map.options.maxZoom = 19;

    const stageKinds = new Map(read.stages.map((stage) => [stage, new Set(read.placesRows(stage)
      .map((row) => read.facilityRow.get(read.get(layers.school_places, "facility_id", row)))
      .filter((row) => row !== undefined).map((row) => read.get(layers.facility, "kind", row)))]));
    const view = {
      read,
      get rule() { return state.rule; },
      get stage() { return state.stage; },
      get on() { return state.shown; },
      get safe() { return state.question === "safe"; },
      get kinds() {
        if (state.question === "safe") return NOTHING;
        return state.question === "places" ? stageKinds.get(state.stage) || NOTHING : state.kinds;
      },
      get way() { return state.way; },
      get selected() { return state.selected; },
      get tiles() {
        let found = false;
        map.eachLayer((layer) => { found = found || layer instanceof L.TileLayer; });
        return found;
      },
      after: false,
      share: (row) => view.shareOf(row, state.rule, state.measure, state.gauge),
      shareOf: (row, rule, measure, gauge) => (state.question === "places" ? placedShare(row, gauge) : read.share(row, rule, measure)),
      kind: (row) => read.kindStyle(read.get(layers.facility, "kind", row)),
      schoolKind: (row) => read.kindStyle(read.get(layers.school, "kind", row)),
    };

    // Of the children of the stage: those with a place, or those who do not lack it for this cause.
    function placedShare(row, gauge) {
      const { number, children } = read.lacking(read.get(layers.area, "area_id", row), state.stage, gauge);
      if (!(children > 0)) return NaN;
      return gauge === "placed" ? number / children : 1 - number / children;
    }

    const picture = painter.create(data, view);
    const { gradeOf } = picture;
    const keys = places.pens(data, read);
    const ofSchools = schools.create(data, state, { read, say, gradeOf, open: goTo });
    const ofPlaces = panel.create(data, state, { read, say, places: keys, areaAt: picture.areaAt, open: goTo });
    const ofMarks = marks.teller(data, state, { read, say });
    const ofPlain = generic.teller(data, state, { read, say, go: goTo });
    const inform = { ...ofPlain.panels(), ...ofPlaces, mark: ofMarks.panel(ofPlaces.facts), ...ofSchools, ...sites.create(data, state, { read, say, places: keys, facts: ofPlaces.facts, ruleFacts: ofPlaces.ruleFacts }) };
    const list = lists.create(state, { say, matches: search.matches, changed: () => link.later(), sources: rows.create(data, state,
      { read, say, gradeOf, places: keys, ofMarks, ofPlain, go: Object.assign(goTo, { gap: goToGap }), more: { gaps: everyRule, hazards: everySchool } }) });
    const subject = questions.create(data, state, { read, say, choose: { rule: chooseRule, stage: chooseStage, shade } });
    const route = ways.create(data, state, { say, redraw });
    const find = search.create(data, { read, say, layers: () => questions.ASKED[state.question].finds, open: goTo });
    const link = permalink.create(data, state, { read, asked, map });
    map.createPane("yimi").style.zIndex = 350; // above tiles, below what others add
    L.setOptions(picture.layer, { pane: "yimi" });
    const against = compare.create(data, state, { map, view, pane: map.getPane("yimi"), read, say, rules: subject.rules,
      paint: (other) => painter.create(data, other).layer });
    const keyOf = legend.create(data, state, { read, say, places: keys, ofPlain, redraw: (kinds) => { redraw(); if (kinds) showList(); }, asideOf: against.group });

    function redraw() {
      picture.layer.later();
      against.redraw();
      link.later();
    }

    // -- what is asked
    function ask(name) {
      state.question = name;
      if (state.question === "build" && !subject.rules().includes(state.rule)) setRule(subject.rules()[0]);
      if (state.selected && !tellsOf(state.selected.layer)) select(null);
      showQuestion();
      showInfo();
      find.show();
      redraw();
      byId(`ask-${name}`).focus();
    }

    const tellsOf = (layer) => ["area", "facility"].includes(layer) || questions.draws(data, state.question).includes(layer);

    function showQuestion() {
      state.shown = { ...state.on[state.question] };
      subject.showQuestions(asked, ask);
      subject.showSubject();
      route.show();
      keyOf.show();
      against.show();
      showList();
    }

    const showList = () => list.show(questions.lists(data, state.question));

    function setRule(place) {
      state.rule = place;
      const kind = read.kindOfRule(place);
      state.kinds = new Set(kind === null ? read.kinds() : [kind]);
    }

    function chooseRule(place) {
      setRule(place);
      chosen();
    }

    function chooseStage(id) {
      if (read.stages.includes(id)) state.stage = id;
      chosen();
    }

    function chosen() {
      subject.showSubject();
      shade();
      showInfo();
    }

    function shade() {
      keyOf.show();
      against.show();
      showList();
      redraw();
    }

    // -- above the tables
    function everyRule() {
      return el("label", { class: "check" }, el("input", { id: "all-rules", type: "checkbox", checked: state.all,
        on: { change: (event) => { state.all = event.target.checked; list.showRows(); } } }), ` ${t("ui.gaps_all")}`);
    }

    function everySchool() {
      return state.way.school === null ? null
        : el("button", { type: "button", id: "all-hazards", class: "link", on: { click: () => select(null) } }, t("ui.hazards_all"));
    }

    // -- going to a thing
    function goTo(found) {
      if (!(found.row >= 0)) return;
      if (found.layer === "facility") {
        state.kinds.add(read.get(layers.facility, "kind", found.row));
        keyOf.show();
      }
      select(found);
      const { point } = layers[found.layer];
      fly(point.lat[found.row], point.lon[found.row]);
    }

    function goToGap(row, place) {
      if (place !== undefined && place !== state.rule) chooseRule(place);
      const area = tables.at(read.areaRow, read.get(layers.gap, "area_id", row));
      if (area >= 0) select({ layer: "area", row: area });
      state.gap = row;
      fly(layers.gap.point.lat[row], layers.gap.point.lon[row]);
    }

    function fly(lat, lon) {
      if (!(lat === lat && lon === lon)) return;
      const zoom = Math.max(map.getZoom(), 15);
      const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
      if (still) map.setView([lat, lon], zoom, { animate: false });
      else map.flyTo([lat, lon], zoom, { duration: 0.9 });
      if (window.innerWidth <= 820) byId("stage").scrollIntoView({ block: "start" });
    }

    // A school keeps its ways on the map until another thing than its hazards is chosen.
    function select(found) {
      state.selected = found;
      state.gap = null;
      const before = state.way.school;
      const ofSchool = found && ["school", "hazard"].includes(found.layer);
      state.way.school = ofSchool ? read.get(layers[found.layer], "school_id", found.row) : null;
      if (state.question === "safe" && before !== state.way.school) {
        route.show();
        showList();
      }
      showInfo();
      redraw();
    }

    function showInfo() {
      const info = byId("info");
      info.hidden = !state.selected;
      byId("told").textContent = "";
      if (!state.selected) return;
      const { layer, row } = state.selected;
      const close = el("button", { type: "button", class: "close", "aria-label": t("ui.close"), on: { click: () => { select(null); map.getContainer().focus({ preventScroll: true }); } } }, "×");
      fill(info, close, ...inform[layer](row));
      info.scrollTop = 0;
      byId("told").textContent = [...info.querySelectorAll("h3, .status")].map((node) => node.textContent).join(" ");
    }

    // -- the pointer
    function under(event, touch) {
      const world = map.project(event.latlng, 0);
      const scale = 2 ** map.getZoom();
      const found = picture.hit(world.x, world.y, (touch ? 14 : 8) / scale, map.getZoom());
      if (map.getZoom() < 15 || (found[0] && found[0].layer !== "area")) return found;
      const metre = 256 / (40075016.7 * Math.cos((event.latlng.lat * Math.PI) / 180));
      return [...picture.hit(world.x, world.y, NEAR_M * metre, map.getZoom()).filter(({ layer }) => layer === "demand"), ...found];
    }

    function titleOf({ layer, row }) {
      if (data.roles[layer].plain) return ofPlain.brief(layer, row);
      const name = { hazard: "place", crossing: "street_name", link: "reason" }[layer] || "name";
      const text = layer === "mark" ? ofMarks.name(row) : ofSchools.said(layers[layer], name, row);
      const risk = read.get(layers[layer], "risk", row);
      const status = layer === "demand" && read.status(row, state.rule);
      const share = layer === "area" ? view.share(row) : NaN;
      return [text, status && status[state.lang], share === share ? percent(share) : null,
        risk === risk && risk !== null ? `${t("column.risk")} ${whole(Math.round(risk * 10) / 10)}` : null].filter(Boolean).join(" · ");
    }

    function showTip(event) {
      const tip = byId("tip");
      const found = under(event, false)[0];
      const text = found ? titleOf(found) : "";
      tip.hidden = !text;
      if (!text) return;
      tip.textContent = text;
      const right = event.containerPoint.x > map.getSize().x - 300;
      tip.style.left = right ? "auto" : `${event.containerPoint.x + 14}px`;
      tip.style.right = right ? `${map.getSize().x - event.containerPoint.x + 14}px` : "auto";
      tip.style.top = `${event.containerPoint.y + 14}px`;
    }

    // -- language
    function nextLanguage() {
      const codes = Object.keys(data.languages);
      return codes[(codes.indexOf(state.lang) + 1) % codes.length];
    }

    function showAll() {
      document.documentElement.lang = data.languages[state.lang].tag;
      const title = about.title[state.lang];
      document.title = about.synthetic ? `${title}${aside(t("ui.synthetic"))}` : title;
      byId("title").textContent = title;
      byId("synthetic").hidden = !about.synthetic;
      for (const node of document.querySelectorAll("[data-word]")) node.textContent = t(node.dataset.word);
      for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", t(node.dataset.label));
      for (const node of document.querySelectorAll("[data-hint]")) node.placeholder = t(node.dataset.hint);
      const other = data.languages[nextLanguage()];
      Object.assign(byId("language"), { lang: other.tag, textContent: other.name });
      byId("language").setAttribute("aria-label", t("ui.language_label").replace("{language}", other.name));
      frame.words();
      const sources = [about.attribution && `${t("ui.source")}${t("sign.colon")}${about.attribution}`, ...tiles.words()];
      fill(byId("source"), sources.filter(Boolean).join(" · "));
      fill(byId("notes"), ...about.notes.map((note) => el("li", {}, note[state.lang])));
      document.querySelector("footer").hidden = !about.notes.length;
      byId("find").hidden = !find.given;
      showQuestion();
      showInfo();
      find.show();
    }

    // What an address asks for, as far as the page has it.
    function follow(wanted) {
      for (const name of ["question", "measure", "gauge", "stage", "lang", "list"]) if (wanted[name] !== null) state[name] = wanted[name];
      if (wanted.rule !== null) setRule(wanted.rule);
      if (wanted.selected && inform[wanted.selected.layer] && tellsOf(wanted.selected.layer)) state.selected = wanted.selected;
      const ofSchool = state.selected && ["school", "hazard"].includes(state.selected.layer);
      state.way.school = ofSchool ? read.get(layers[state.selected.layer], "school_id", state.selected.row) : null;
    }

    // -- put together
    const tiles = basemap.create(data, state, { map, say });
    const frame = framing.create(data, { map, say });
    const first = data.rules.length ? read.kindOfRule(0) : null;
    state.kinds = new Set(first === null ? read.kinds() : [first]);
    if (window.innerWidth <= 1180) byId("legend").open = false;
    const wanted = link.given();
    if (wanted) follow(wanted);
    showAll();
    map.invalidateSize({ animate: false });
    if (wanted && wanted.view) map.setView(wanted.view.centre, wanted.view.zoom, { animate: false });
    else frame.fitAll();
    picture.layer.addTo(map);

    map.on("click", (event) => {
      const touch = event.originalEvent && event.originalEvent.pointerType === "touch";
      select(under(event, touch)[0] || null);
      byId("tip").hidden = true;
    });
    let waiting = 0;
    map.on("mousemove", (event) => {
      cancelAnimationFrame(waiting);
      waiting = requestAnimationFrame(() => showTip(event));
    });
    map.on("mouseout movestart", () => { byId("tip").hidden = true; });
    map.on("moveend", link.later);
    map.getContainer().addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target === map.getContainer()) select(under({ latlng: map.getCenter() }, true)[0] || null);
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && state.selected) select(null);
    });
    byId("language").addEventListener("click", () => {
      state.lang = nextLanguage();
      showAll();
      redraw();
    });
    byId("print").addEventListener("click", () => window.print());
    frame.onPrint(PRINT, () => { picture.layer.redraw(); against.print(); });
    window.addEventListener("hashchange", () => {
      const asks = link.ours() ? null : link.given();
      if (!asks) return;
      follow(asks);
      showAll();
      if (asks.view) map.setView(asks.view.centre, asks.view.zoom, { animate: false });
      redraw();
    });
    new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(byId("slot"));
    document.documentElement.dataset.ready = "yes";
    Object.assign(yimi, { map, data, view, state }); // for the browser's console
  }

  // The middle of each row's box: where to fly to, of things that are not points.
  function middles({ box, n }) {
    const [x, y] = [0, 1].map((axis) => Float64Array.from({ length: n }, (_, row) => (box[4 * row + axis] + box[4 * row + axis + 2]) / 2));
    const lat = y.map((value) => (360 / Math.PI) * Math.atan(Math.exp(Math.PI * (1 - value / 128))) - 90);
    return { x, y, lat, lon: x.map((value) => (value / 256 - 0.5) * 360) };
  }

  return { start };
})();
