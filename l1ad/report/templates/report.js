// The moving parts of a report: charts, sliders, CSV, theme, print. Nothing is loaded.
"use strict";
(() => {
  const UNKNOWN = "–";
  const PRINT_WIDTH = 660;
  const root = document.documentElement;
  const touched = matchMedia("(pointer: coarse)").matches;
  const parts = new Map();
  let printing = null;

  // ---- what the page knows of a block ----

  function part(name) {
    if (!parts.has(name)) {
      const element = document.getElementById(name);
      const data = JSON.parse(element.querySelector(":scope > script.data").textContent);
      parts.set(name, { element, ...data, hidden: new Set(), drawn: false, setting: null });
    }
    return parts.get(name);
  }

  // ---- charts ----

  function colours() {
    const style = getComputedStyle(root);
    return (name) => style.getPropertyValue(`--${name}`).trim();
  }

  function painted(trace, colour, hidden) {
    if (trace.type === "heatmap") return trace;
    const own = colour(`c${trace.meta.colour}`);
    trace.line = { ...trace.line, color: own };
    trace.marker = { size: 8, ...trace.marker, color: own };
    trace.error_y = { ...trace.error_y, color: own };
    trace.fillcolor = own;
    trace.visible = !hidden.has(trace.meta.series);
    return trace;
  }

  function hasPlace(setting, axis) {
    return axis.type !== "log" || setting > 0;
  }

  function upright(setting, axis, colour) {
    const line = { color: colour("link"), width: 2 };
    const visible = hasPlace(setting, axis);
    return { type: "line", x0: setting, x1: setting, y0: 0, y1: 1, yref: "paper", line, visible };
  }

  function laidOut(chart, colour) {
    const layout = structuredClone(chart.figure.layout);
    const ink = colour("muted");
    const axis = { color: ink, gridcolor: colour("grid"), linecolor: colour("line"), tickcolor: colour("line") };
    layout.xaxis = { ...layout.xaxis, ...axis };
    layout.yaxis = { ...layout.yaxis, ...axis };
    layout.font = { color: colour("ink"), family: getComputedStyle(document.body).fontFamily, size: 13 };
    layout.paper_bgcolor = "rgba(0,0,0,0)";
    layout.plot_bgcolor = chart.kind === "heatmap" ? colour("card") : "rgba(0,0,0,0)";
    layout.hoverlabel = { bgcolor: colour("paper"), font: { color: colour("ink") }, align: "left" };
    layout.modebar = { bgcolor: "rgba(0,0,0,0)", color: ink, activecolor: colour("link") };
    layout.uirevision = "kept";
    if (touched) layout.dragmode = false;
    for (const shape of layout.shapes ?? []) shape.line.color = ink;
    for (const words of layout.annotations ?? []) words.bgcolor = colour("paper");
    if (chart.setting !== null) layout.shapes = [...(layout.shapes ?? []), upright(chart.setting, layout.xaxis, colour)];
    return printing ? { ...layout, ...onPaper(chart, layout) } : layout;
  }

  function onPaper(chart, { height }) {
    return { width: PRINT_WIDTH, height: chart.kind === "heatmap" ? height : 0.8 * height };
  }

  function draw(chart) {
    const colour = colours();
    const element = chart.element.querySelector(".plot");
    const traces = structuredClone(chart.figure.data).map((trace) => painted(trace, colour, chart.hidden));
    Plotly.react(element, traces, laidOut(chart, colour), {
      displaylogo: false,
      displayModeBar: touched ? false : "hover",
      responsive: true,
      // Plotly would else offer to send the numbers to a server of its maker.
      showSendToCloud: false,
      plotlyServerURL: "",
      modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"],
      toImageButtonOptions: { filename: chart.block.name, scale: 2 },
    });
    chart.drawn = true;
  }

  function follow(name, setting) {
    const chart = part(name);
    chart.setting = setting;
    if (!chart.drawn) return;
    const { shapes = [], xaxis } = chart.figure.layout;
    const line = `shapes[${shapes.length}]`;
    const moved = { [`${line}.x0`]: setting, [`${line}.x1`]: setting, [`${line}.visible`]: hasPlace(setting, xaxis) };
    Plotly.relayout(chart.element.querySelector(".plot"), moved);
  }

  function startChart(element) {
    const chart = part(element.dataset.name);
    const plot = element.querySelector(".plot");
    const width = chart.figure.layout.meta?.width;
    plot.style.minHeight = `${chart.figure.layout.height}px`;
    if (width) Object.assign(plot.style, { minWidth: `${width}px`, maxWidth: `${Math.max(1.7 * width, 480)}px` });
    for (const button of element.querySelectorAll(".legend button")) {
      button.addEventListener("click", () => toggle(chart, button));
    }
  }

  function toggle(chart, button) {
    const shown = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(shown));
    for (const place of button.dataset.series.split(" ").map(Number)) {
      if (shown) chart.hidden.delete(place);
      else chart.hidden.add(place);
    }
    draw(chart);
  }

  function drawOnSight(elements) {
    const watcher = new IntersectionObserver((seen) => {
      for (const { target } of seen.filter((one) => one.isIntersecting)) {
        watcher.unobserve(target);
        draw(part(target.dataset.name));
      }
    }, { rootMargin: "300px" });
    elements.forEach((element) => watcher.observe(element));
  }

  function redraw() {
    for (const one of parts.values()) if (one.drawn) draw(one);
  }

  // ---- numbers: as l1ad.report.numbers writes them ----

  function valueText(value, low, high, decimals, unit) {
    if (value === null) return UNKNOWN;
    const text = `${value.toFixed(decimals)} ${unit}`.trimEnd();
    if (low === null || high === null) return text;
    return `${text} (${low.toFixed(decimals)} to ${high.toFixed(decimals)})`;
  }

  function plainNumber(value, digits) {
    return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(digits)));
  }

  // ---- sliders ----

  // A setting typed as it is shown is that setting, though what is shown be rounded up.
  function firstAtOrAbove({ positions, setting_digits: digits }, setting) {
    const place = positions.findIndex((one) => Math.max(one, Number(plainNumber(one, digits))) >= setting);
    return place < 0 ? positions.length - 1 : place;
  }

  function startSlider(element) {
    const { block } = part(element.dataset.name);
    const range = element.querySelector("input[type=range]");
    const box = element.querySelector("input[type=number]");
    const show = (place) => showSetting(element, block, place);
    range.addEventListener("input", () => show(Number(range.value)));
    box.addEventListener("change", () => {
      if (box.value !== "") show(firstAtOrAbove(block, Number(box.value)));
    });
    for (const button of element.querySelectorAll(".marks button")) {
      button.addEventListener("click", () => show(Number(button.dataset.place)));
    }
    const [first] = Object.values(block.marks);
    show(first === undefined ? 0 : block.positions.indexOf(first));
  }

  function showSetting(element, block, place) {
    const setting = block.positions[place];
    const shown = plainNumber(setting, block.setting_digits);
    const range = element.querySelector("input[type=range]");
    range.value = String(place);
    range.setAttribute("aria-valuetext", shown);
    element.querySelector("input[type=number]").value = shown;
    element.querySelector("output").textContent = shown;
    for (const button of element.querySelectorAll(".marks button")) {
      button.setAttribute("aria-pressed", String(Number(button.dataset.place) === place));
    }
    for (const cell of element.querySelectorAll("td[data-row]")) {
      const row = block.rows[cell.dataset.row];
      const at = (ends) => (ends === null ? null : ends[place][cell.dataset.column]);
      cell.textContent = valueText(at(row.values), at(row.low), at(row.high), row.decimals, row.unit);
    }
    if (block.chart) follow(block.chart, setting);
  }

  // ---- CSV: columns as l1ad.report.csv_data writes them ----

  function seriesLines({ name, x, y, low, high }) {
    const binned = x.length > y.length;
    return y.map((value, n) => [name, x[n], binned ? x[n + 1] : null, value, low && low[n], high && high[n]]);
  }

  function sliderLines({ positions, columns, rows }) {
    const cell = (row, n, c) => [row.values[n][c], row.low && row.low[n][c], row.high && row.high[n][c]];
    return positions.flatMap((setting, n) => rows.flatMap((row) => columns.map((title, c) => [
      setting, row.name, title, row.unit, ...cell(row, n, c),
    ])));
  }

  const CSV_LINES = {
    chart: (block) => [["series", "x", "x_high", "y", "low", "high"], ...block.series.flatMap(seriesLines)],
    heatmap: ({ rows, columns, values }) => [
      ["row", "column", "value"],
      ...rows.flatMap((row, r) => columns.map((column, c) => [row, column, values[r][c]])),
    ],
    slider: (block) => [["setting", "row", "column", "unit", "value", "low", "high"], ...sliderLines(block)],
    table: ({ header, rows }) => [header, ...rows],
  };

  function csvCell(value) {
    const text = value === null ? "" : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  }

  function offerCsv(name) {
    const { kind, block } = part(name);
    const text = CSV_LINES[kind](block).map((line) => `${line.map(csvCell).join(",")}\r\n`).join("");
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
    link.download = `${name}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  // ---- theme; a page opened from a file may be refused a memory ----

  const THEMES = ["auto", "light", "dark"];

  function remembered() {
    try {
      return localStorage.getItem("l1ad-theme") ?? "auto";
    } catch {
      return "auto";
    }
  }

  function setTheme(theme) {
    root.dataset.theme = theme;
    document.querySelector(".theme-name").textContent = theme;
    redraw();
  }

  function nextTheme() {
    const theme = THEMES[(THEMES.indexOf(root.dataset.theme) + 1) % THEMES.length];
    setTheme(theme);
    try {
      localStorage.setItem("l1ad-theme", theme);
    } catch {
      // The choice then lasts as long as the page.
    }
  }

  // ---- print: light, unfolded, every chart drawn to the paper's width ----

  function beforePrint() {
    if (printing) return;
    const folded = [...document.querySelectorAll("main details:not([open])")];
    printing = { theme: root.dataset.theme, folded };
    folded.forEach((one) => { one.open = true; });
    root.dataset.theme = "light";
    for (const element of document.querySelectorAll("figure")) draw(part(element.dataset.name));
  }

  function afterPrint() {
    if (!printing) return;
    const { theme, folded } = printing;
    printing = null;
    folded.forEach((one) => { one.open = false; });
    setTheme(theme);
    for (const plot of document.querySelectorAll(".js-plotly-plot")) Plotly.relayout(plot, { autosize: true });
  }

  // ---- contents: folded on narrow screens, and marks where the reader is ----

  function startContents() {
    const wide = matchMedia("(min-width: 1080px)");
    const fold = () => { document.querySelector("nav details").open = wide.matches; };
    fold();
    wide.addEventListener("change", fold);
    const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
    const watcher = new IntersectionObserver((seen) => {
      for (const { target } of seen.filter((one) => one.isIntersecting)) {
        links.forEach((link) => link.removeAttribute("aria-current"));
        links.get(target.id)?.setAttribute("aria-current", "true");
      }
    }, { rootMargin: "-10% 0px -80% 0px" });
    document.querySelectorAll("main section").forEach((section) => watcher.observe(section));
  }

  function start() {
    setTheme(remembered());
    const figures = [...document.querySelectorAll("figure")];
    figures.forEach(startChart);
    document.querySelectorAll(".slider").forEach(startSlider);
    document.querySelectorAll("[data-csv]").forEach((one) => one.addEventListener("click", () => offerCsv(one.dataset.csv)));
    document.querySelector("button.theme").addEventListener("click", nextTheme);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
    matchMedia("print").addEventListener("change", ({ matches }) => (matches ? beforePrint() : afterPrint()));
    addEventListener("beforeprint", beforePrint);
    addEventListener("afterprint", afterPrint);
    startContents();
    drawOnSight(figures);
  }

  start();
})();
