// Draws what stands in the page as specification and data. Colours of text and lines are the page's.
(() => {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const narrow = document.body.clientWidth < 600;
  const config = {
    background: "transparent",
    font: "system-ui, sans-serif",
    view: { stroke: null },
    title: { color: colour("--text"), fontSize: 12, fontWeight: "normal", anchor: "start" },
    axis: {
      labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal",
      labelColor: colour("--text"), titleColor: colour("--text"), gridColor: colour("--line"),
      domainColor: colour("--line"), tickColor: colour("--line"),
    },
    legend: {
      labelFontSize: 12,
      labelColor: colour("--text"), titleColor: colour("--text"),
      columns: narrow ? 1 : 4,
    },
  };
  const options = { actions: false, ast: true, renderer: "svg", config };
  document.querySelectorAll("[data-chart]").forEach((place) => {
    const spec = JSON.parse(document.getElementById(`spec-${place.dataset.chart}`).textContent);
    if (narrow) {
      // Room for the drawing beside its names; the rows have them whole.
      const titles = { titleAnchor: "end", titleLimit: place.clientWidth - 10 };
      spec.config = { axisX: titles, axisY: { labelLimit: 0.45 * place.clientWidth }, legend: { labelLimit: place.clientWidth - 70 } };
    }
    vegaEmbed(place, spec, options)
      .then(() => place.classList.add("drawn"))
      .catch((error) => { place.textContent = "The chart could not be drawn; its rows are below."; console.error(error); });
  });
  document.querySelectorAll(".filters select").forEach((choice) => {
    choice.addEventListener("change", () => choice.form.requestSubmit());
  });
})();
