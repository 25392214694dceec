// What the page does: choosing a rule and a measure, layers, search, gaps, the panel, the language.
const yimi = (() => {
  "use strict";

  const { el, fill, teller } = tell;
  const MEASURES = ["straight", "network", "walk"];
  const QUESTIONS = ["cover", "safe"];
  const LAYERS = { cover: ["area", "area_value", "demand", "service", "gap"],
    safe: ["school", "route", "exposure", "crossing", "hazard", "zone", "audit"] };
  const NOTHING = new Set();
  const ROWS = 200; // of the gap list, shown at once
  const HITS = 12; // of the search
  const PRINT = [1050, 516]; // the map on an A4 sheet, in pixels
  const byId = (id) => document.getElementById(id);

  // ---- the page ----------------------------------------------------------------------------------

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
    const about = data.about;
    const state = {
      lang: about.lang, rule: 0, measure: "walk", kinds: new Set(), selected: null, gap: null, all: false,
      sort: { column: "rank", down: false }, rows: ROWS,
      question: null, way: { school: null, profile: null, choice: "safest" },
      on: { area: true, label: true, demand: true, service: true, street: true, water: true, green: true,
        railway: true, building: true, entrance: true, school: true, exposure: true, crossing: true,
        hazard: true, route: true, zone: true },
    };
    const read = tables.reader(data, state);
    const say = teller(data, state, read);
    const { t, locale, whole, count, percent, metresShort, aside, kindKey, statusKey, shareKey, lineKey, gradeKey, riskKey } = say;
    const layers = data.layers;
    const map = given || L.map(byId("map"), { zoomControl: false, attributionControl: false });
    map.options.zoomSnap = 0.25;
    map.options.maxZoom = 19;

    const view = {
      get rule() { return state.rule; },
      get on() { return state.shown; },
      get safe() { return state.question === "safe"; },
      get kinds() { return state.question === "safe" ? NOTHING : state.kinds; },
      get way() { return state.way; },
      get selected() { return state.selected; },
      get tiles() {
        let found = false;
        map.eachLayer((layer) => { found = found || layer instanceof L.TileLayer; });
        return found;
      },
      share: (row) => read.share(row, state.rule, state.measure),
      kind: (row) => read.kindStyle(read.get(layers.facility, "kind", row)),
      schoolKind: (row) => read.kindStyle(read.get(layers.school, "kind", row)),
    };
    const picture = painter.create(data, view);
    const { gradeOf } = picture;
    const ofSchools = schools.create(data, state, { read, say, gradeOf, open: goToThing });
    const inform = { ...panel.create(data, state, { read, say, areaAt: picture.areaAt, measures: MEASURES }), ...ofSchools };
    const list = hazards.create(data, state, { read, say, gradeOf, said: ofSchools.said, open: goToThing,
      redraw: () => picture.layer.later() });

    // -- which of the two questions is asked
    const asked = QUESTIONS.filter((name) => LAYERS[name].some((layer) => layers[layer]));
    state.question = asked[0] || "cover";

    function showQuestion() {
      const other = LAYERS[state.question === "safe" ? "cover" : "safe"];
      state.shown = { ...state.on };
      for (const name of other) state.shown[name] = false;
      byId("questions").hidden = asked.length < 2;
      for (const name of QUESTIONS) byId(`ask-${name}`).setAttribute("aria-pressed", String(name === state.question));
      byId("skip").href = state.question === "safe" ? "#hazards" : "#gaps";
      showMeasures();
      list.showWays();
      byId("ways").hidden = byId("ways").hidden || state.question !== "safe";
      list.showList();
      showLayers();
      showGaps();
    }

    function ask(name) {
      state.question = name;
      if (state.selected && !asks(state.selected.layer)) select(null);
      showQuestion();
      search();
      picture.layer.later();
    }

    const asks = (layer) => layer === "area" || LAYERS[state.question].includes(layer) || layer === "facility";

    // A school keeps its ways on the map until another thing than its hazards is chosen.
    function goToThing(found) {
      select(found);
      const { point } = layers[found.layer];
      fly(point.lat[found.row], point.lon[found.row]);
    }

    // -- the question: rule and measures
    function showRules() {
      const groups = new Map();
      data.rules.forEach((_, place) => {
        const kind = read.kindOfRule(place);
        groups.set(kind, [...(groups.get(kind) || []), place]);
      });
      const options = [...groups].map(([kind, places]) => {
        const group = el("optgroup", { label: kind === null ? t("ui.unknown") : read.kindName(kind) });
        for (const place of places) {
          const limit = read.ruleText(place, "limit");
          group.append(el("option", { value: place, selected: place === state.rule },
            limit ? `${read.ruleName(place)} · ${limit}` : read.ruleName(place)));
        }
        return group;
      });
      if (!options.length) options.push(el("option", {}, t("ui.no_rule")));
      fill(byId("rule"), ...options);
      const parts = ["standard", "clause", "strength"].map((name) => read.ruleText(state.rule, name)).filter(Boolean);
      const verified = read.ruleText(state.rule, "verified");
      fill(byId("clause"), parts.join(" · "), verified ? el("span", { class: "tag" }, verified) : null);
    }

    function showMeasures() {
      byId("question").hidden = !data.rules.length || state.question === "safe";
      fill(byId("measures"), ...MEASURES.map((measure) => {
        const total = read.total(state.rule, measure);
        const input = el("input", { type: "radio", name: "measure", value: measure, checked: measure === state.measure,
          on: { change: () => { state.measure = measure; chooseMeasure(); } } });
        return el("label", { class: measure === state.measure ? "measure chosen" : "measure" }, input,
          el("span", { class: "name" }, t(`measure.${measure}`)),
          el("b", {}, percent(total.share)), say.bar(total.share),
          el("span", { class: "count" }, total.children > 0
            ? `${count(total.covered)} / ${count(total.children)}` : t("ui.no_children")),
          el("span", { class: "why" }, t(`measure.${measure}_why`)));
      }));
    }

    function chooseMeasure() {
      for (const label of byId("measures").children) {
        label.className = label.firstChild.value === state.measure ? "measure chosen" : "measure";
      }
      showLayers();
      picture.layer.later();
    }

    function chooseRule(place) {
      state.rule = place;
      const kind = read.kindOfRule(place);
      state.kinds = new Set(kind === null ? read.kinds() : [kind]);
      showRules();
      showMeasures();
      showLayers();
      if (!state.all) {
        state.rows = ROWS;
        showGaps();
      }
      showInfo();
      picture.layer.later();
    }

    // -- layers and legend
    function showLayers() {
      const check = (text, key, checked, change) => el("label", {},
        el("input", { type: "checkbox", checked, on: { change } }), key, el("span", { class: "name" }, text));
      const layer = (name, key) => check(title(name), key, state.on[name], (event) => {
        state.on[name] = state.shown[name] = event.target.checked;
        picture.layer.later();
      });
      const note = (key, text, bounds) => el("div", { class: "key" }, key, el("span", {}, text), bounds ? el("span", { class: "bounds" }, bounds) : null);
      const title = (name) => {
        const given = data.titles[{ area: "area_value" }[name] || name];
        return (given && given[state.lang]) || t(`layer.${name}`);
      };
      const group = (text, rows) => {
        const shown = rows.filter((row) => row !== null);
        return shown.length ? el("div", { role: "group" }, text ? el("h3", {}, text) : null, ...shown) : null;
      };
      const kinds = read.kinds().map((id) => check(read.kindName(id), kindKey(id), state.kinds.has(id), (event) => {
        if (event.target.checked) state.kinds.add(id);
        else state.kinds.delete(id);
        picture.layer.later();
      }));
      const shares = [...data.palette.share].reverse();
      const per = (value) => Math.round(value * 100);
      const streets = data.palette.street.map((s) => note(
        lineKey(s.casing ? [[s.casing, s.width_px + 3], [s.colour, s.width_px + 1.4]] : [[s.colour, 1.2]]), t(`layer.street_${s.id}`)));
      const cover = state.question === "safe" ? [] : [
        layers.demand && data.rules.length ? group(null, [layer("demand", null),
          ...data.palette.status.slice().sort((a, b) => b.value - a.value).map((s) => note(statusKey(s, 18), s[state.lang]))]) : null,
        layers.line && data.rules.length ? group(null, [layer("service", lineKey([[data.palette.plain.service, 3]]))]) : null,
        layers.area ? group(null, [
          check(`${title("area")}${aside(t(`measure.${state.measure}`))}`, null, state.on.area, (event) => {
            state.on.area = state.shown.area = event.target.checked;
            picture.layer.later();
          }),
          ...shares.map((s) => note(shareKey(s), s[state.lang],
            s.from === 0 ? `< ${per(s.to)}%` : s.to >= 1 ? `≥ ${per(s.from)}%` : `${per(s.from)}–${per(s.to)}%`)),
          note(shareKey(null), t("ui.no_children")), layer("label", null)]) : null,
        layers.facility ? group(t("ui.facilities"), [...kinds,
          layers.entrance ? layer("entrance", gateKey()) : null]) : null,
      ];
      fill(byId("layers"), ...cover, ...(state.question === "safe" ? safeGroups(layer, note, group) : []), ...[
        group(t("ui.background"), [
          layers.line ? layer("street", null) : null, ...(layers.line ? streets : []),
          ...["railway", "water", "green", "building"].map((name) => (layers[name]
            ? layer(name, name === "railway" ? lineKey([[data.palette.plain.railway, 3]]) : say.patch(data.palette.plain[name])) : null))]),
      ].filter((part) => part !== null));
    }

    const gateKey = () => signs.key((pen) => {
      pen.fillStyle = data.palette.plain.entrances;
      pen.fillRect(8, 8, 6, 6);
    });

    function safeGroups(layer, note, group) {
      const { risk, unsure, grade, route } = data.palette;
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
      ];
    }

    // -- gaps
    const GAP_COLUMNS = ["rank", "area_name", "children", "share", "walk_m"];

    function showGaps() {
      const gap = layers.gap;
      byId("gaps").hidden = !gap || state.question === "safe";
      byId("more").textContent = t("ui.gaps"); // even where it is hidden, a button has a name
      if (!gap) return;
      const { column, down } = state.sort;
      const value = (row) => read.get(gap, column, row);
      const compare = (a, b) => {
        const [x, y] = [value(a), value(b)];
        if (typeof x === "string" || typeof y === "string") return String(x || "").localeCompare(String(y || ""), locale());
        return (x === x ? x : Infinity) - (y === y ? y : Infinity) || 0;
      };
      const rows = read.gapRows(state.all ? null : state.rule).sort((a, b) => (down ? -1 : 1) * compare(a, b) || a - b);
      byId("gap-count").textContent = `${whole(rows.length)}`;
      const order = state.all ? null : new Map(read.gapRows(state.rule)
        .sort((a, b) => read.get(gap, "rank", a) - read.get(gap, "rank", b)).map((row, i) => [row, i + 1]));
      const [head, body] = [byId("gap-table").tHead, byId("gap-table").tBodies[0]];
      fill(head, el("tr", {}, ...GAP_COLUMNS.map((name) => el("th", {
        scope: "col", class: name === "area_name" ? "" : "number",
        "aria-sort": name !== column ? "none" : down ? "descending" : "ascending",
      }, el("button", { type: "button", on: { click: () => sortBy(name) } },
        `${t(`column.${name}`)}${name === column ? (down ? " ↓" : " ↑") : ""}`)))));
      fill(body, ...rows.slice(0, state.rows).map((row) => gapRow(gap, row, order ? order.get(row) : read.get(gap, "rank", row))));
      if (!rows.length) fill(body, el("tr", {}, el("td", { colspan: GAP_COLUMNS.length, class: "quiet" }, t("ui.gaps_none"))));
      const left = rows.length - state.rows;
      byId("more").hidden = left <= 0;
      byId("more").textContent = t("ui.gaps_more").replace("{n}", whole(Math.min(left, ROWS)));
    }

    // The rank is told among the rows that are listed: of one rule, or of all.
    function gapRow(gap, row, rank) {
      const place = read.rulePlace.get(read.get(gap, "rule_id", row));
      const under = [read.get(gap, "town", row), state.all && place !== undefined ? read.ruleName(place) : null];
      return el("tr", { class: row === state.gap ? "chosen" : "" },
        el("td", { class: "number" }, whole(rank)),
        el("td", {}, el("button", { type: "button", on: { click: (event) => goToGap(row, place, event) } },
          read.get(gap, "area_name", row) || read.get(gap, "area_id", row) || t("ui.unknown")),
        el("small", {}, under.filter(Boolean).join(" · "))),
        el("td", { class: "number" }, count(read.get(gap, "children", row))),
        el("td", { class: "number" }, percent(read.get(gap, "share", row))),
        el("td", { class: "number" }, metresShort(read.get(gap, "walk_m", row))));
    }

    function sortBy(column) {
      state.sort = { column, down: state.sort.column === column ? !state.sort.down : column === "children" };
      showGaps();
      const heads = [...byId("gap-table").tHead.querySelectorAll("button")];
      heads[GAP_COLUMNS.indexOf(column)].focus();
    }

    function goToGap(row, place, event) {
      if (place !== undefined && place !== state.rule) chooseRule(place);
      const area = tables.at(read.areaRow, read.get(layers.gap, "area_id", row));
      for (const other of byId("gap-table").querySelectorAll("tr.chosen")) other.className = "";
      event.target.closest("tr").className = "chosen";
      state.gap = row;
      if (area >= 0) select({ layer: "area", row: area });
      fly(layers.gap.point.lat[row], layers.gap.point.lon[row]);
    }

    // -- search
    const plainText = (text) => String(text).normalize("NFKC").toLowerCase();
    const index = [];
    for (const layer of ["area", "facility", "school"]) {
      const names = (layers[layer] && layers[layer].table.get("name")) || [];
      names.forEach((name, row) => name && index.push({ layer, row, name, plain: plainText(name) }));
    }

    function search() {
      const wanted = plainText(byId("search").value.trim());
      const searched = state.question === "safe" && layers.school ? ["area", "school"] : ["area", "facility"];
      const hits = wanted ? index.filter((entry) => searched.includes(entry.layer) && entry.plain.includes(wanted)) : [];
      hits.sort((a, b) => a.plain.indexOf(wanted) - b.plain.indexOf(wanted) || a.plain.length - b.plain.length);
      const rows = hits.slice(0, HITS).map((entry) => {
        const kind = entry.layer === "area" ? null : read.get(layers[entry.layer], "kind", entry.row);
        const under = kind === null ? read.get(layers.area, "town", entry.row) || "" : read.kindName(kind);
        return el("li", { class: "hit" }, el("button", { type: "button", on: { click: () => goTo(entry) } },
          kind === null ? null : kindKey(kind, 20), el("span", {}, entry.name), el("small", {}, under)));
      });
      if (wanted && !hits.length) rows.push(el("li", {}, t("ui.search_none")));
      if (hits.length > HITS) rows.push(el("li", {}, t("ui.search_more").replace("{n}", whole(hits.length - HITS))));
      fill(byId("found"), ...rows);
    }

    function goTo(entry) {
      fill(byId("found"));
      byId("search").value = entry.name;
      if (entry.layer === "facility") {
        state.kinds.add(read.get(layers.facility, "kind", entry.row));
        showLayers();
      }
      select({ layer: entry.layer, row: entry.row });
      const { lat, lon } = layers[entry.layer].point;
      fly(lat[entry.row], lon[entry.row]);
    }

    function fly(lat, lon) {
      if (!(lat === lat && lon === lon)) return;
      const zoom = Math.max(map.getZoom(), 15);
      const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
      if (still) map.setView([lat, lon], zoom, { animate: false });
      else map.flyTo([lat, lon], zoom, { duration: 0.9 });
      if (window.innerWidth <= 820) byId("stage").scrollIntoView({ block: "start" });
    }

    // -- what was clicked
    function select(found) {
      state.selected = found;
      const ofSchool = found && ["school", "hazard"].includes(found.layer);
      state.way.school = ofSchool ? read.get(layers[found.layer], "school_id", found.row) : null;
      if (state.question === "safe") {
        list.showWays();
        list.showList();
      }
      showInfo();
      picture.layer.later();
    }

    function showInfo() {
      const info = byId("info");
      info.hidden = !state.selected;
      if (!state.selected) return;
      const { layer, row } = state.selected;
      fill(info, el("button", { type: "button", class: "close", "aria-label": t("ui.close"), on: { click: () => select(null) } }, "×"), ...inform[layer](row));
    }

    function under(event, touch) {
      const world = map.project(event.latlng, 0);
      return picture.hit(world.x, world.y, (touch ? 14 : 8) / 2 ** map.getZoom(), map.getZoom());
    }

    function titleOf({ layer, row }) {
      const risk = read.get(layers[layer], "risk", row);
      const name = { school: "name", hazard: "place", crossing: "street_name", exposure: "name" }[layer];
      const text = [ofSchools.said(layers[layer], name, row), risk === risk && risk !== null ? `${t("column.risk")} ${whole(Math.round(risk * 10) / 10)}` : null];
      return text.filter(Boolean).join(" · ");
    }

    function showTip(event) {
      const tip = byId("tip");
      const found = under(event, false)[0];
      const text = found && { facility: () => read.get(layers.facility, "name", found.row),
        demand: () => { const s = read.status(found.row, state.rule); return s && s[state.lang]; },
        ...Object.fromEntries(["school", "hazard", "crossing", "exposure"].map((name) => [name, () => titleOf(found)])),
        area: () => `${read.get(layers.area, "name", found.row) || ""} ${data.rules.length ? percent(read.share(found.row, state.rule, state.measure)) : ""}`,
      }[found.layer]();
      tip.hidden = !text;
      if (!text) return;
      tip.textContent = text;
      const right = event.containerPoint.x > map.getSize().x - 300;
      tip.style.left = right ? "auto" : `${event.containerPoint.x + 14}px`;
      tip.style.right = right ? `${map.getSize().x - event.containerPoint.x + 14}px` : "auto";
      tip.style.top = `${event.containerPoint.y + 14}px`;
    }

    // -- language
    function showAll() {
      document.documentElement.lang = state.lang === "zh" ? "zh-CN" : "en";
      const title = about.title[state.lang];
      document.title = about.synthetic ? `${title}${aside(t("ui.synthetic"))}` : title;
      byId("title").textContent = title;
      byId("synthetic").hidden = !about.synthetic;
      for (const node of document.querySelectorAll("[data-word]")) node.textContent = t(node.dataset.word);
      for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", t(node.dataset.label));
      for (const node of document.querySelectorAll("[data-hint]")) node.placeholder = t(node.dataset.hint);
      map.getContainer().setAttribute("aria-label", t("ui.map"));
      for (const [name, word] of [["in", "zoom_in"], ["out", "zoom_out"]]) {
        const button = map.getContainer().querySelector(`.leaflet-control-zoom-${name}`);
        button.title = t(`ui.${word}`);
        button.setAttribute("aria-label", t(`ui.${word}`));
      }
      fit.textContent = state.lang === "zh" ? "全图" : "All";
      fit.title = t("ui.fit");
      fit.setAttribute("aria-label", t("ui.fit"));
      fill(byId("source"), about.attribution ? `${t("ui.source")}${state.lang === "zh" ? "：" : ": "}${about.attribution}` : "");
      fill(byId("notes"), ...about.notes.map((note) => el("li", {}, note[state.lang === "zh" ? 0 : 1])));
      document.querySelector("footer").hidden = !about.notes.length;
      byId("find").hidden = !index.length;
      showRules();
      showQuestion();
      showInfo();
      search();
    }

    // -- the first view
    function bounds() {
      const whole = [Infinity, Infinity, -Infinity, -Infinity];
      const grow = (x, y) => {
        if (x < whole[0]) whole[0] = x;
        if (y < whole[1]) whole[1] = y;
        if (x > whole[2]) whole[2] = x;
        if (y > whole[3]) whole[3] = y;
      };
      const layer = [layers.area, layers.line].find(Boolean);
      if (layer) {
        const { box, n } = layer.shape;
        for (let row = 0; row < n; row++) {
          grow(box[4 * row], box[4 * row + 1]);
          grow(box[4 * row + 2], box[4 * row + 3]);
        }
      } else {
        const points = [layers.demand, layers.facility, layers.school, layers.hazard].filter(Boolean);
        for (const { point } of points) point.x.forEach((x, i) => grow(x, point.y[i]));
      }
      if (!(whole[0] <= whole[2])) return null;
      return L.latLngBounds(map.unproject([whole[0], whole[1]], 0), map.unproject([whole[2], whole[3]], 0));
    }

    function fitAll() {
      const all = bounds();
      const beside = window.innerWidth > 820 && byId("legend").open ? 244 : 0; // what the legend hides
      if (all) {
        map.fitBounds(all, { paddingTopLeft: [12, 12], paddingBottomRight: [12 + beside, 12], maxZoom: 17, animate: false });
      }
      else map.setView([35, 105], 4);
    }

    // -- put together
    const bounded = bounds();
    map.setView(bounded ? bounded.getCenter() : [35, 105], 12, { animate: false });
    L.control.scale({ position: "bottomleft", imperial: false, maxWidth: 140 }).addTo(map);
    const zooming = L.control.zoom({ position: "bottomleft" }).addTo(map);
    const fit = el("a", { href: "#", class: "fit", role: "button", on: { click: (event) => { event.preventDefault(); fitAll(); } } });
    zooming.getContainer().append(fit);
    map.createPane("yimi").style.zIndex = 350; // above tiles, below what others add
    picture.layer.options.pane = "yimi";

    const first = data.rules.length ? read.kindOfRule(0) : null;
    state.kinds = new Set(first === null ? read.kinds() : [first]);
    if (window.innerWidth <= 1180) byId("legend").open = false;
    showAll();
    map.invalidateSize({ animate: false });
    fitAll();
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
    byId("rule").addEventListener("change", (event) => chooseRule(Number(event.target.value)));
    byId("search").addEventListener("input", search);
    byId("search").addEventListener("keydown", (event) => {
      const hit = byId("found").querySelector("button");
      if (event.key === "Enter" && hit) hit.click();
      if (event.key === "ArrowDown" && hit) hit.focus();
      if (event.key === "Escape") fill(byId("found"));
    });
    document.addEventListener("click", (event) => {
      if (!byId("find").contains(event.target)) fill(byId("found"));
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && state.selected) select(null);
    });
    byId("all-rules").addEventListener("change", (event) => { state.all = event.target.checked; showGaps(); });
    for (const name of QUESTIONS) byId(`ask-${name}`).addEventListener("click", () => ask(name));
    byId("profile").addEventListener("change", (event) => list.chooseProfile(event.target.value));
    byId("all-hazards").addEventListener("click", () => select(null));
    byId("more-hazards").addEventListener("click", list.showMore);
    byId("more").addEventListener("click", () => { state.rows += ROWS; showGaps(); });
    byId("language").addEventListener("click", () => {
      state.lang = state.lang === "zh" ? "en" : "zh";
      showAll();
      picture.layer.later();
    });
    byId("print").addEventListener("click", () => window.print());
    // A printed sheet has its own width: the map is laid out for it before, and back afterwards.
    let before = null;
    window.addEventListener("beforeprint", () => {
      before = { whole: bounded && map.getBounds().contains(bounded), centre: map.getCenter(), zoom: map.getZoom() };
      Object.assign(byId("slot").style, { width: `${PRINT[0]}px`, height: `${PRINT[1]}px`, position: "relative" });
      byId("legend").open = true;
      map.invalidateSize({ animate: false });
      if (before.whole) fitAll();
      else map.setView(before.centre, before.zoom, { animate: false });
      picture.layer.redraw();
    });
    window.addEventListener("afterprint", () => {
      Object.assign(byId("slot").style, { width: "", height: "", position: "" });
      map.invalidateSize({ animate: false });
      map.setView(before.centre, before.zoom, { animate: false });
    });
    new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(byId("slot"));
    document.documentElement.dataset.ready = "yes";
    Object.assign(yimi, { map, data, view }); // for the browser's console
  }

  return { start };
})();
