// Finding a thing by its name, by the initials of its pinyin or by the whole of it.
const search = (() => {
  "use strict";

  const { el, fill } = tell;
  const HITS = 12;
  const byId = (id) => document.getElementById(id);
  const plain = (text) => String(text).normalize("NFKC").toLowerCase();

  // Whether a text is meant by what was typed; `pinyin` is "initials reading" or null.
  function matches(typed, text, pinyin) {
    const wanted = plain(typed.trim());
    if (!wanted || plain(text).includes(wanted)) return true;
    const letters = wanted.replace(/[\s'’]+/g, "");
    return Boolean(pinyin && letters) && pinyin.split(" ").some((reading) => reading.includes(letters));
  }

  // The better the smaller: a name from its start, within, its initials, its reading; then the shorter.
  function rank(typed, { name, pinyin }) {
    const wanted = plain(typed.trim());
    const at = plain(name).indexOf(wanted);
    if (at >= 0) return at;
    const [initials] = (pinyin || "").split(" ");
    return 1000 + (initials.startsWith(wanted) ? 0 : initials.includes(wanted) ? 1 : 2);
  }

  // `layers()` names the layers that are looked through; `open(found)` goes to one.
  function create(data, { read, say, layers, open }) {
    const { t, whole, kindKey } = say;
    const index = [];
    for (const layer of Object.keys(data.roles).filter((name) => data.roles[name].id)) {
      const names = (data.layers[layer] && data.layers[layer].table.get("name")) || [];
      names.forEach((name, row) => name && index.push({ layer, row, name, pinyin: read.get(data.layers[layer], "pinyin", row) }));
    }

    function show() {
      const typed = byId("search").value;
      const hits = typed.trim() ? index.filter((entry) => layers().includes(entry.layer) && matches(typed, entry.name, entry.pinyin)) : [];
      hits.sort((a, b) => rank(typed, a) - rank(typed, b) || a.name.length - b.name.length);
      const lines = hits.slice(0, HITS).map((entry) => {
        const kind = entry.layer === "area" ? null : read.get(data.layers[entry.layer], "kind", entry.row);
        const under = kind === null ? read.get(data.layers.area, "town", entry.row) || "" : read.kindName(kind);
        return el("li", { class: "hit" }, el("button", { type: "button", on: { click: () => go(entry) } },
          kind === null ? null : kindKey(kind, 20), el("span", {}, entry.name), el("small", {}, under)));
      });
      if (typed.trim() && !hits.length) lines.push(el("li", {}, t("ui.search_none")));
      if (hits.length > HITS) lines.push(el("li", {}, t("ui.search_more").replace("{n}", whole(hits.length - HITS))));
      fill(byId("found"), ...lines);
    }

    function go(entry) {
      fill(byId("found"));
      byId("search").value = entry.name;
      open({ layer: entry.layer, row: entry.row });
    }

    byId("search").addEventListener("input", show);
    byId("find").addEventListener("keydown", (event) => {
      const hits = [...byId("found").querySelectorAll("button")];
      const at = hits.indexOf(document.activeElement);
      if (event.key === "Enter" && at < 0 && hits.length) hits[0].click();
      if (event.key === "Escape") fill(byId("found"));
      if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
      event.preventDefault();
      const next = at + (event.key === "ArrowDown" ? 1 : -1);
      (hits[Math.min(next, hits.length - 1)] || byId("search")).focus();
    });
    document.addEventListener("click", (event) => {
      if (!byId("find").contains(event.target)) fill(byId("found"));
    });
    return { show, given: index.length > 0 };
  }

  return { create, matches };
})();
