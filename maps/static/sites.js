// What a click tells of what is proposed: sites, missing links, places to be shared, short groups.
const sites = (() => {
  "use strict";

  const { el } = tell;

  // Functions from a row to the elements of the panel.
  function create(data, state, { read, say, places, facts, ruleFacts }) {
    const { t, whole, percent, count, metresShort } = say;
    const { site, link, co_use: shared, short_group: group, school_zone: zone } = data.layers;
    const said = (layer, name, row) => read.get(layer, `${name}_${state.lang}`, row) || read.get(layer, name, row);
    const some = (value, show) => (value === null || value !== value ? null : show(value));
    const title = (key, text) => el("h3", {}, key, el("span", {}, text || t("ui.unknown")));
    const why = (text) => (text ? el("p", { class: "why" }, text) : null);

    function ofSite(row) {
      const verdict = read.verdict(row, state.rule);
      const mine = (name) => read.ofRule(site, name, row, state.rule);
      return [
        title(places.siteKey(verdict), read.get(site, "name", row) || read.get(site, "candidate_id", row)),
        el("p", { class: "status" }, places.verdictName(verdict)),
        why(said(site, "why", row)),
        facts([["rank", some(mine("rank"), whole)], ["gain", some(mine("children"), count)],
          ["share_to", some(mine("share"), percent)], ["would_be", read.kindName(read.get(site, "kind", row))],
          ["communities", read.get(site, "communities", row)]]),
        ruleFacts(),
      ];
    }

    function ofLink(row) {
      const get = (name) => read.get(link, name, row);
      return [
        title(places.linkKey(), t(`link.${get("kind")}`) || get("kind")),
        why(said(link, "reason", row)),
        facts([["rank", some(get("rank"), whole)], ["length_m", metresShort(get("length_m"))], ["gain", some(get("children"), count)],
          ["share_gain", some(get("share"), percent)], ["walk_saved_m", metresShort(get("walk_saved_m"))]]),
        ruleFacts(),
      ];
    }

    function ofShared(row) {
      const get = (name) => read.get(shared, name, row);
      return [
        title(places.shareKey(), get("name") || get("facility_id")),
        el("p", {}, t("ui.shared_hint")),
        facts([["rank", some(get("rank"), whole)], ["kind", read.kindName(get("kind"))], ["gain", some(get("children"), count)],
          ["share_before", some(get("share_before"), percent)], ["share_to", some(get("share_after"), percent)]]),
        get("area_known") === 0 ? why(t("ui.land_unknown")) : null,
        ruleFacts(),
      ];
    }

    function ofGroup(row) {
      const number = read.get(group, "group", row);
      const names = [];
      for (let other = 0; other < group.n; other++) {
        if (read.get(group, "group", other) === number && read.get(group, "stage", other) === read.get(group, "stage", row)) {
          names.push(read.get(group, "name", other) || read.get(group, "area_id", other));
        }
      }
      return [
        title(places.groupKey(), `${t("column.group")} ${whole(number)}`),
        el("p", {}, t("ui.group_hint")),
        facts([["stage", read.kindName(read.get(group, "stage", row))], ["short", count(read.get(group, "short", row))]]),
        el("h4", {}, `${t("column.communities")} · ${whole(names.length)}`),
        el("ul", { class: "names" }, ...names.map((name) => el("li", {}, name))),
      ];
    }

    function ofZone(row) {
      const get = (name) => read.get(zone, name, row);
      return [
        title(null, get("name") || get("area_id")),
        facts([["stage", read.kindName(get("stage"))], ["children", some(get("children"), count)], ["from_school", get("from_school")],
          ["school", get("school")], ["change", t(`change.${get("change")}`)]]),
        why(said(zone, "why", row)),
      ];
    }

    return { site: ofSite, link: ofLink, co_use: ofShared, short_group: ofGroup, school_zone: ofZone };
  }

  return { create };
})();
