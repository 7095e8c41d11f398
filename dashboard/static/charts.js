// Draws what stands in the page as specification and data, and shows other choices in its place.
(() => {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
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
  const styled = (spec, width) => {
    const own = {
      ...config,
      // As many kinds beside each other as there is room for.
      legend: { ...config.legend, columns: Math.max(1, Math.floor((width - 60) / 170)) },
    };
    if (document.body.clientWidth < 600) {
      // Room for the drawing beside its names; the rows have them whole.
      own.axisX = { titleAnchor: "end", titleLimit: width - 10 };
      own.axisY = { labelLimit: 0.45 * width };
      own.legend.labelLimit = width - 70;
    }
    const merged = Object.entries(own).map(([name, value]) =>
      [name, typeof value === "object" ? { ...spec.config[name], ...value } : value]);
    return { ...spec, config: { ...spec.config, ...Object.fromEntries(merged) } };
  };

  let views = [];
  const draw = async (place) => {
    const spec = JSON.parse(document.getElementById(`spec-${place.dataset.chart}`).textContent);
    try {
      views.push(await vegaEmbed(place, styled(spec, place.clientWidth), { actions: false, ast: true, renderer: "svg" }));
      place.classList.add("drawn");
    } catch (error) {
      place.textContent = "The chart could not be drawn; its rows are below.";
      console.error(error);
    }
  };
  const isOnScreen = (place) => {
    const { top, bottom } = place.getBoundingClientRect();
    return bottom > 0 && top < innerHeight;
  };
  const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  // What is on the screen first; the rest after it is seen, for whoever scrolls, searches or prints.
  const drawAll = async () => {
    const places = [...document.querySelectorAll("[data-chart]")];
    const first = places.filter(isOnScreen);
    document.body.classList.add("drawing");
    await Promise.all(first.map(draw));
    document.body.classList.remove("drawing");
    for (const place of places.filter((one) => !first.includes(one))) {
      await painted();
      // Another choice may have come meanwhile.
      if (place.isConnected) await draw(place);
    }
  };

  // Another choice on the same page comes in its place: the scripts stay, and so does the focus.
  const where = () => location.pathname + location.search;
  let newest = where();
  const show = async (address) => {
    newest = address;
    document.body.classList.add("drawing");
    const answer = await fetch(address).catch(() => null);
    const text = await answer?.text().catch(() => null);
    // Who chooses again meanwhile wants that alone.
    if (newest !== address) return;
    const page = new DOMParser().parseFromString(text ?? "", "text/html");
    if (!answer?.ok || !page.querySelector("form.filters")) {
      // The browser says what is wrong.
      location.assign(address);
      return;
    }
    page.querySelectorAll("noscript").forEach((one) => one.remove());
    const name = document.activeElement?.name;
    views.forEach((one) => one.finalize());
    views = [];
    document.title = page.title;
    ["header", "main"].forEach((part) => document.querySelector(part).replaceWith(page.querySelector(part)));
    if (name) document.querySelector(`.filters [name="${CSS.escape(name)}"]`)?.focus();
    await drawAll();
  };
  const choose = (address) => {
    history.pushState(null, "", address);
    show(where());
  };
  document.addEventListener("submit", (event) => {
    if (!event.target.matches(".filters")) return;
    event.preventDefault();
    choose(`${event.target.getAttribute("action")}?${new URLSearchParams(new FormData(event.target))}`);
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".presets a");
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    choose(link.getAttribute("href"));
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches(".filters select")) event.target.form.requestSubmit();
  });
  // A step to a place on the same page is none.
  addEventListener("popstate", () => { if (where() !== newest) show(where()); });

  drawAll();
})();
