// What lies within the frame: the whole study, a printed sheet; scale, zoom and their words.
const framing = (() => {
  "use strict";

  const { el } = tell;
  const byId = (id) => document.getElementById(id);

  function create(data, { map, say }) {
    const { t } = say;
    const { layers } = data;

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
        const points = [layers.demand, layers.facility, layers.school, layers.hazard, layers.site].filter(Boolean);
        for (const { point } of points) point.x.forEach((x, i) => grow(x, point.y[i]));
      }
      if (!(whole[0] <= whole[2])) return null;
      return L.latLngBounds(map.unproject([whole[0], whole[1]], 0), map.unproject([whole[2], whole[3]], 0));
    }

    const bounded = bounds();
    map.setView(bounded ? bounded.getCenter() : [35, 105], 12, { animate: false });
    L.control.scale({ position: "bottomleft", imperial: false, maxWidth: 140 }).addTo(map);
    const zooming = L.control.zoom({ position: "bottomleft" }).addTo(map);
    const fit = el("a", { href: "#", class: "fit", role: "button", on: { click: (event) => { event.preventDefault(); fitAll(); } } });
    zooming.getContainer().append(fit);

    function fitAll() {
      const beside = window.innerWidth > 820 && byId("legend").open ? 244 : 0; // what the legend hides
      if (!bounded) map.setView([35, 105], 4);
      else map.fitBounds(bounded, { paddingTopLeft: [12, 12], paddingBottomRight: [12 + beside, 12], maxZoom: 17, animate: false });
    }

    function words() {
      map.getContainer().setAttribute("aria-label", t("ui.map"));
      map.getContainer().setAttribute("role", "application");
      for (const [name, word] of [["in", "zoom_in"], ["out", "zoom_out"]]) {
        const button = map.getContainer().querySelector(`.leaflet-control-zoom-${name}`);
        button.title = t(`ui.${word}`);
        button.setAttribute("aria-label", t(`ui.${word}`));
      }
      fit.textContent = t("ui.fit_short");
      fit.title = t("ui.fit");
      fit.setAttribute("aria-label", t("ui.fit"));
    }

    // A printed sheet has its own width: the map is laid out for it before, and back afterwards.
    function onPrint(size, redraw) {
      let before = null;
      window.addEventListener("beforeprint", () => {
        before = { whole: bounded && map.getBounds().contains(bounded), centre: map.getCenter(), zoom: map.getZoom() };
        Object.assign(byId("slot").style, { width: `${size[0]}px`, height: `${size[1]}px`, position: "relative" });
        byId("legend").open = true;
        map.invalidateSize({ animate: false });
        if (before.whole) fitAll();
        else map.setView(before.centre, before.zoom, { animate: false });
        redraw();
      });
      window.addEventListener("afterprint", () => {
        Object.assign(byId("slot").style, { width: "", height: "", position: "" });
        map.invalidateSize({ animate: false });
        map.setView(before.centre, before.zoom, { animate: false });
      });
    }

    return { fitAll, words, onPrint };
  }

  return { create };
})();
