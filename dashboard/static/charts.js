// Draws what stands in the page as specification and data. Colours of text and lines are the page's.
(() => {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const narrow = document.body.clientWidth < 600;
  const config = {
    background: "transparent",
    font: "system-ui, sans-serif",
    title: { color: colour("--text"), fontSize: 12, fontWeight: "normal", anchor: "start" },
    axis: {
      labelColor: colour("--text"), titleColor: colour("--text"), gridColor: colour("--line"),
      domainColor: colour("--line"), tickColor: colour("--line"),
    },
    legend: {
      labelColor: colour("--text"), titleColor: colour("--text"),
    },
  };
  // What the page says of looks goes before what the specification says.
  const styled = (spec, place) => {
    const own = {
      ...config,
      // As many kinds beside each other as there is room for.
      legend: { ...config.legend, columns: Math.max(1, Math.floor((place.clientWidth - 60) / 170)) },
    };
    if (narrow) {
      // Room for the drawing beside its names; the rows have them whole.
      own.axisX = { titleAnchor: "end", titleLimit: place.clientWidth - 10 };
      own.axisY = { labelLimit: 0.45 * place.clientWidth };
      own.legend.labelLimit = place.clientWidth - 70;
    }
    const merged = Object.entries(own).map(([name, value]) =>
      [name, typeof value === "object" ? { ...spec.config[name], ...value } : value]);
    return { ...spec, config: { ...spec.config, ...Object.fromEntries(merged) } };
  };
  document.querySelectorAll("[data-chart]").forEach((place) => {
    const spec = JSON.parse(document.getElementById(`spec-${place.dataset.chart}`).textContent);
    vegaEmbed(place, styled(spec, place), { actions: false, ast: true, renderer: "svg" })
      .then(() => place.classList.add("drawn"))
      .catch((error) => { place.textContent = "The chart could not be drawn; its rows are below."; console.error(error); });
  });
  document.querySelectorAll(".filters select").forEach((choice) => {
    choice.addEventListener("change", () => choice.form.requestSubmit());
  });
})();
