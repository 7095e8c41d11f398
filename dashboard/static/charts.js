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
    },
  };
  // As many kinds beside each other as there is room for.
  const fitted = (place) => {
    const columns = Math.max(1, Math.floor((place.clientWidth - 60) / 170));
    return { ...config, legend: { ...config.legend, columns } };
  };
  const options = (place) => ({ actions: false, ast: true, renderer: "svg", config: fitted(place) });
  document.querySelectorAll("[data-chart]").forEach((place) => {
    const spec = JSON.parse(document.getElementById(`spec-${place.dataset.chart}`).textContent);
    vegaEmbed(place, spec, options(place))
      .then(() => place.classList.add("drawn"))
      .catch((error) => { place.textContent = "The chart could not be drawn; its rows are below."; console.error(error); });
  });
  document.querySelectorAll(".filters select").forEach((choice) => {
    choice.addEventListener("change", () => choice.form.requestSubmit());
  });
})();
