// Which ways to school are drawn: of which age, and the recommended or the shortest ones.
const ways = (() => {
  "use strict";

  const { el, fill } = tell;
  const byId = (id) => document.getElementById(id);

  function create(data, state, { say, redraw }) {
    const { t } = say;
    const { route } = data.layers;
    const profiles = [...new Set((route && route.table.get("profile")) || [])]
      .sort((a, b) => Object.keys(data.profiles).indexOf(a) - Object.keys(data.profiles).indexOf(b));

    function show() {
      byId("ways").hidden = !route || state.question !== "safe";
      if (!route) return;
      const name = (id) => (data.profiles[id] ? data.profiles[id][state.lang] : id);
      fill(byId("profile"), el("option", { value: "", selected: state.way.profile === null }, t("ui.all_ages")),
        ...profiles.map((id, place) => el("option", { value: place, selected: id === state.way.profile }, name(id))));
      fill(byId("choices"), ...["safest", "shortest", "both"].map((choice) => el("label", {
        class: choice === state.way.choice ? "measure chosen" : "measure",
      }, el("input", { type: "radio", name: "choice", value: choice, checked: choice === state.way.choice,
        on: { change: () => { state.way.choice = choice; show(); redraw(); byId("choices").querySelector("input:checked").focus(); } } }),
      el("span", { class: "name" }, t(`choice.${choice}`)))));
      byId("ways-hint").textContent = t(state.way.school ? "ui.recommended_hint" : "ui.choose_school");
    }

    byId("profile").addEventListener("change", ({ target }) => {
      state.way.profile = target.value === "" ? null : profiles[Number(target.value)];
      redraw();
    });
    return { show };
  }

  return { create };
})();
