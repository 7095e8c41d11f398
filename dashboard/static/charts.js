// Draws what stands in the page as specification and data. Colours of text and lines are the page's.
(() => {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const config = {
    background: "transparent",
    font: "system-ui, sans-serif",
    axis: {
      labelColor: colour("--text"), titleColor: colour("--text"), gridColor: colour("--line"),
      domainColor: colour("--line"), tickColor: colour("--line"),
    },
    legend: {
      labelColor: colour("--text"), titleColor: colour("--text"),
      ...(document.body.clientWidth < 600 ? { columns: 2 } : {}),
    },
  };
  const options = { actions: false, ast: true, renderer: "svg", config };
  document.querySelectorAll("[data-chart]").forEach((place) => {
    const spec = JSON.parse(document.getElementById(`spec-${place.dataset.chart}`).textContent);
    vegaEmbed(place, spec, options)
      .then(() => place.classList.add("drawn"))
      .catch((error) => { place.textContent = "The chart could not be drawn; its rows are below."; console.error(error); });
  });
  document.querySelectorAll(".filters select").forEach((choice) => {
    choice.addEventListener("change", () => choice.form.requestSubmit());
  });
})();
