// Tiles of others below the map, where the study asks for them; who made them, and in which datum.
const basemap = (() => {
  "use strict";

  function create(data, state, { map, say }) {
    const given = data.about.basemap;
    if (given) {
      const options = { minZoom: 3, maxZoom: 19, maxNativeZoom: given.zoom, crossOrigin: false };
      for (const url of given.urls) L.tileLayer(url, options).addTo(map);
    }
    return { words: () => (given ? [given.attribution, given.datum === "gcj02" ? say.t("ui.gcj02") : null] : []) };
  }

  return { create };
})();
