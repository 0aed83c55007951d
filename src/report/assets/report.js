// Draws the charts of a page from its tables, sorts and searches the tables, and saves them as CSV.
"use strict";
(() => {
  const texts = JSON.parse(document.getElementById("texts").textContent);
  const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const grouped = (number) => number.toLocaleString("en-US", { maximumFractionDigits: 2 });

  // Cells -----------------------------------------------------------------------------------------------------------
  const textOf = (cell) => (cell.querySelector(".value") || cell).textContent;
  const numberOf = (cell) => {
    // A cell may show a bound only, such as <0.1%.
    const text = cell.dataset.exact ?? textOf(cell);
    const plain = text.replace(/[,%+]/g, "");
    return plain === "" || plain === "–" || Number.isNaN(Number(plain)) ? null : Number(plain);
  };
  const kindOf = (table, column) => table.tHead.rows[0].cells[column].dataset.kind;
  const headingOf = (table, column) => textOf(table.tHead.rows[0].cells[column]);
  const allRows = (table) => [...table.tBodies[0].rows];
  const shownRows = (table) => allRows(table).filter((row) => !row.hidden);
  const compare = (table, column) => {
    const number = kindOf(table, column) === "number";
    const valueOf = (row) => {
      const cell = row.cells[column];
      if (cell.className === "missing") return null;
      return number ? numberOf(cell) : textOf(cell);
    };
    const order = new Intl.Collator("en", { numeric: true });
    return (direction) => (one, other) => {
      const [a, b] = [valueOf(one), valueOf(other)];
      // What is missing comes last, whichever way the others go.
      if (a === null || b === null) return (a === null) - (b === null);
      return direction * (number ? a - b : order.compare(a, b));
    };
  };

  // Colours ---------------------------------------------------------------------------------------------------------
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const palette = () => {
    const series = [1, 2, 3, 4, 5, 6].map((place) => colour(`series-${place}`));
    return { series, ink: colour("ink"), muted: colour("muted"), line: colour("line"), surface: colour("surface"),
      land: colour("land"), low: colour("map-low"), high: colour("map-high") };
  };
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const common = (colours) => ({
    animation: !still.matches,
    animationDuration: 300,
    color: colours.series,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: colours.ink },
    legend: { left: 0, top: 0, itemWidth: 14, itemHeight: 8, icon: "roundRect", textStyle: { color: colours.ink } },
    tooltip: { trigger: "axis", confine: true, backgroundColor: colours.surface, borderColor: colours.line, padding: [6, 10],
      textStyle: { color: colours.ink, fontSize: 13 }, axisPointer: { type: "line", lineStyle: { color: colours.muted } } },
  });
  const axis = (colours) => ({
    axisLine: { lineStyle: { color: colours.line } },
    axisTick: { show: false },
    axisLabel: { color: colours.muted, hideOverlap: true },
    splitLine: { lineStyle: { color: colours.line } },
  });
  // Ids of one course begin alike: their ends tell them apart.
  const cutInside = (text, length) => {
    const letters = [...text];
    if (letters.length <= length) return text;
    const head = Math.floor((length - 1) * 0.4);
    return `${letters.slice(0, head).join("")}…${letters.slice(head + 1 - length).join("")}`;
  };
  // Names in a list: as long as a closed one shows them, longer only where that would make two of them alike.
  const labelsOf = (names) => {
    const tried = [34, 90].map((length) => names.map((name) => cutInside(name, length)));
    return tried.find((labels) => new Set(labels).size === new Set(names).size) ?? names;
  };
  // Room above a chart for its legend, which wraps where the chart is narrow.
  const legendHeight = (place, series) => {
    if (series.length < 2) return 12;
    const width = series.reduce((sum, one) => sum + 34 + 7.5 * one.name.length, 0);
    return 14 + 22 * Math.ceil(width / Math.max(place.clientWidth, 1));
  };
  // Widths of labels as the page shows them; canvases may measure with another font.
  const ruler = document.createElement("span");
  ruler.className = "ruler";
  const widest = (labels) => {
    document.body.append(ruler);
    ruler.replaceChildren(...labels.map((label) => Object.assign(document.createElement("span"), { textContent: label })));
    const width = Math.max(0, ...[...ruler.children].map((label) => label.getBoundingClientRect().width));
    ruler.remove();
    return Math.ceil(width);
  };
  const unit = (shares) => (value) => (value === null || value === undefined ? "–" : shares ? `${value}%` : grouped(value));

  // Charts ----------------------------------------------------------------------------------------------------------
  const sharesOf = (table, spec) => {
    const row = allRows(table)[0];
    return row !== undefined && textOf(row.cells[spec.series[0]]).endsWith("%");
  };
  const columnsOf = (table, spec, rows) => spec.series.map((column) => ({
    name: headingOf(table, column),
    data: rows.map((row) => numberOf(row.cells[column])),
  }));

  // Which of so many days have a label: as many as there is room for, at equal distances back from the last one.
  const labelled = (days, place) => {
    const step = Math.max(1, Math.ceil((days - 1) / Math.max(1, Math.floor((place.clientWidth - 60) / 110))));
    return (day) => day === 0 || ((days - 1 - day) % step === 0 && day > 0.7 * step);
  };

  const lines = (table, spec, colours, place) => {
    const rows = allRows(table).sort(compare(table, spec.x)(1));
    const days = rows.map((row) => textOf(row.cells[spec.x]));
    // Points of unfinished weeks are hollow; of all others only those have one that no line reaches, between weeks without events.
    const isUnfinished = (point) => spec.unfinished.includes(days[point]);
    const columns = columnsOf(table, spec, rows);
    const isKnown = (point) => columns.some(({ data }) => data[point] !== null && data[point] !== undefined);
    const isAlone = (point) => rows.length > 1 && isKnown(point) && !isKnown(point - 1) && !isKnown(point + 1);
    const marked = days.some((_, point) => isUnfinished(point) || isAlone(point));
    const sizeOf = (point) => (isUnfinished(point) ? 9 : isAlone(point) ? 5 : 0);
    const series = columns.map((line, place) => ({
      // A single day has no line: values that add up then are a pile of bars, not points upon each other. Those of an unfinished week are hollow.
      itemStyle: rows.length < 2 && isUnfinished(0) ? { color: colours.surface, borderColor: colours.series[place], borderWidth: 2, borderType: "dashed" } : {},
      ...line, type: rows.length < 2 ? "bar" : "line", barMaxWidth: 60, lineStyle: { width: spec.stacked ? 1 : 2 },
      showSymbol: marked, showAllSymbol: marked, symbol: "emptyCircle", symbolSize: (_, { dataIndex }) => sizeOf(dataIndex),
      stack: spec.stacked ? "all" : undefined, areaStyle: spec.stacked ? { opacity: 0.55 } : spec.series.length === 1 ? { opacity: 0.12 } : undefined,
      emphasis: { disabled: true }, z: 10 - place,
    }));
    const look = axis(colours);
    return {
      legend: { show: series.length > 1 },
      grid: { left: 4, right: 16, top: legendHeight(place, series), bottom: 4, containLabel: true },
      tooltip: { valueFormatter: unit(false) },
      xAxis: { type: "category", boundaryGap: rows.length < 2, data: days, ...look, splitLine: { show: false },
        // The first and the last day are always told; labels between them keep their distance.
        axisLabel: rows.length < 2 ? { color: colours.muted } : { color: colours.muted, interval: labelled(days.length, place), hideOverlap: true,
          showMinLabel: true, showMaxLabel: true, alignMinLabel: "left", alignMaxLabel: "right" } },
      yAxis: { type: "value", minInterval: 1, ...look, axisLine: { show: false }, axisLabel: { color: colours.muted, formatter: grouped } },
      series,
    };
  };

  // A place on the axis for each age, also for those of nobody; unless a mistyped year makes it endless.
  const withoutGaps = (names, columns) => {
    const ages = names.map(Number);
    const [first, last] = [ages[0], ages[ages.length - 1]];
    if (!(last - first < 150)) return [names, columns];
    const all = Array.from({ length: last - first + 1 }, (_, place) => first + place);
    const filled = columns.map(({ name, data }) => ({ name, data: all.map((age) => data[ages.indexOf(age)] ?? 0) }));
    return [all.map(String), filled];
  };

  const bars = (table, spec, colours, place) => {
    let rows = shownRows(table);
    const all = rows.length;
    if (spec.limit) rows = rows.slice(0, spec.limit);
    const upright = spec.kind === "columns";
    if (upright) rows = rows.filter((row) => numberOf(row.cells[spec.x]) !== null).sort(compare(table, spec.x)(1));
    const shares = sharesOf(table, spec);
    const nameOf = (row) => textOf(row.cells[spec.x]);
    const counts = new Map();
    rows.forEach((row) => counts.set(nameOf(row), (counts.get(nameOf(row)) ?? 0) + 1));
    let names = rows.map((row) => {
      const mark = spec.mark !== null && textOf(row.cells[spec.mark]) === texts.yes ? texts.correct_mark : "";
      const apart = spec.apart !== null && counts.get(nameOf(row)) > 1 ? ` · ${textOf(row.cells[spec.apart])}` : "";
      // A line end would draw the second line over the first.
      return (mark + nameOf(row) + apart).replace(/\s*[\r\n]+\s*/g, " ");
    });
    let columns = columnsOf(table, spec, rows);
    if (upright) [names, columns] = withoutGaps(names, columns);
    const series = columns.map((bar) => ({
      ...bar, type: "bar", stack: spec.stacked ? "all" : undefined, barMaxWidth: upright ? 18 : 14, barGap: "15%",
      itemStyle: { borderRadius: spec.stacked ? 0 : upright ? [2, 2, 0, 0] : [0, 2, 2, 0] },
    }));
    const look = axis(colours);
    const shownName = (name) => cutInside(name, place.clientWidth < 400 ? 24 : place.clientWidth < 620 ? 32 : 44);
    const value = { type: "value", ...look, axisLine: { show: false }, minInterval: shares ? undefined : 1, max: shares ? 100 : undefined,
      axisLabel: { color: colours.muted, hideOverlap: true, formatter: (number) => (shares ? `${number}%` : grouped(number)) } };
    const category = { type: "category", ...look, splitLine: { show: false }, inverse: !upright, data: names,
      axisLabel: { color: colours.ink, hideOverlap: true, interval: upright ? "auto" : 0, formatter: shownName } };
    return {
      legend: { show: series.length > 1 },
      grid: upright ? { left: 4, right: 8, top: legendHeight(place, series), bottom: 4, containLabel: true }
        : { left: widest(names.map(shownName)) + 10, right: 24, top: legendHeight(place, series), bottom: 24 },
      tooltip: { axisPointer: { type: "shadow" }, valueFormatter: unit(shares) },
      xAxis: upright ? category : value,
      yAxis: upright ? value : category,
      series,
      rows: rows.length,
      all,
    };
  };

  const map = (table, spec, colours) => {
    const rows = allRows(table);
    const named = Object.fromEntries(rows.map((row) => [textOf(row.cells[spec.x]), textOf(row.cells[0])]));
    const data = rows.map((row) => ({ name: textOf(row.cells[spec.x]), value: numberOf(row.cells[spec.series[0]]) }))
      .filter((country) => country.name.length === 2);
    const most = Math.max(1, ...data.map((country) => country.value));
    return {
      tooltip: { trigger: "item", renderMode: "richText", formatter: ({ name, value }) => (named[name] ? `${named[name]}: ${grouped(value)}` : name) },
      // The scale begins at one learner: countries without any have the colour of land. A logarithm would tell small countries apart, but nobody reads it.
      visualMap: { type: "continuous", min: Math.min(1, most - 1), max: most, calculable: false, left: 0, bottom: 0, itemWidth: 10, itemHeight: 90, orient: "vertical",
        text: [grouped(most), most > 1 ? "1" : ""], textStyle: { color: colours.muted }, inRange: { color: [colours.low, colours.high] } },
      series: [{ type: "map", map: "world", roam: false, showLegendSymbol: false, data, aspectScale: 0.85, left: 0, right: 0, top: 0, bottom: 0, selectedMode: false,
        itemStyle: { areaColor: colours.land, borderColor: colours.surface, borderWidth: 0.5 },
        emphasis: { label: { show: false }, itemStyle: { areaColor: colours.series[1] } } }],
    };
  };

  const draw = (place) => {
    const spec = JSON.parse(place.dataset.chart);
    const table = document.getElementById(place.dataset.table);
    const colours = palette();
    const make = { lines, columns: bars, bars, map }[spec.kind];
    const own = make(table, spec, colours, place);
    if (spec.kind === "bars") place.style.height = `${Math.max(90, 52 + own.rows * (spec.stacked || spec.series.length === 1 ? 26 : 40))}px`;
    const note = place.parentElement.querySelector(".drawn");
    if (note) {
      note.hidden = !(own.all > own.rows);
      note.textContent = filled(texts.drawn, { drawn: grouped(own.rows), all: grouped(own.all) });
    }
    delete own.rows;
    delete own.all;
    const shared = common(colours);
    const options = { ...shared, ...own };
    for (const part of ["legend", "tooltip"]) options[part] = { ...shared[part], ...own[part] };
    const chart = echarts.getInstanceByDom(place) || echarts.init(place, null, { renderer: "svg" });
    chart.resize();
    chart.setOption(options, true);
    place.dataset.drawn = spec.kind;
  };

  const trendCells = [...document.querySelectorAll("[data-trend]")];
  const trends = (cells) => {
    const colours = palette();
    // All lines end at the same day and begin at zero, so that they can be compared.
    const longest = Math.max(...trendCells.map((cell) => JSON.parse(cell.dataset.trend).length));
    const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width: 112, height: 28 });
    for (const cell of cells) {
      const known = JSON.parse(cell.dataset.trend);
      const data = [...Array(longest - known.length).fill(null), ...known];
      chart.setOption({
        animation: false, color: colours.series,
        grid: { left: 1, right: 3, top: 3, bottom: 3 },
        xAxis: { type: "category", show: false, boundaryGap: false, data: data.map((_, place) => place) },
        yAxis: { type: "value", show: false, min: 0, max: Math.max(1, ...known) },
        series: [{ type: "line", data, showSymbol: known.length < 2, symbolSize: 4, lineStyle: { width: 1.5 }, areaStyle: { opacity: 0.12 }, silent: true }],
      }, true);
      const drawing = cell.querySelector(".drawing");
      drawing.innerHTML = chart.renderToSVGString();
      cell.dataset.drawn = "trend";
    }
    chart.dispose();
  };

  // Charts are drawn when they come near the window, and all of them before printing.
  const waiting = new Set();
  const drawNow = (place) => {
    waiting.delete(place);
    watcher.unobserve(place);
    if (place.dataset.trend) trends([place]); else draw(place);
  };
  const watcher = new IntersectionObserver((entries) => {
    const near = entries.filter((entry) => entry.isIntersecting).map((entry) => entry.target);
    const cells = near.filter((place) => place.dataset.trend);
    cells.forEach((place) => { waiting.delete(place); watcher.unobserve(place); });
    if (cells.length) trends(cells);
    near.filter((place) => !place.dataset.trend).forEach(drawNow);
  }, { rootMargin: "300px" });
  const wait = (place) => { waiting.add(place); watcher.observe(place); };
  const everyChart = () => [...document.querySelectorAll("[data-chart], [data-trend]")];
  const redraw = () => everyChart().filter((place) => place.dataset.drawn).forEach((place) => (place.dataset.trend ? trends([place]) : draw(place)));
  const drawAll = () => [...waiting].forEach(drawNow);

  // Tables ----------------------------------------------------------------------------------------------------------
  const csvOf = (table) => {
    const field = (text, kind) => {
      // What a spreadsheet would run is made a text; numbers, also negative ones, stay numbers.
      const safe = kind !== "number" && /^[=+\-@\t\r\n＝＋－＠]/.test(text) ? `'${text}` : text;
      return /[",\r\n]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
    };
    const columns = [...table.tHead.rows[0].cells];
    const valueOf = (cell, kind) => {
      if (kind === "trend") return JSON.parse(cell.dataset.trend || "[]").join(" ");
      if (cell.className === "missing") return "";
      return kind === "number" ? (cell.dataset.exact ?? textOf(cell)).replace(/[,+]/g, "") : textOf(cell);
    };
    const names = columns.map((column) => field(textOf(column), "text"));
    const details = table.querySelector(".detail") ? ["id"] : [];
    const rows = shownRows(table).map((row) => [
      ...[...row.cells].map((cell, place) => field(valueOf(cell, columns[place].dataset.kind), columns[place].dataset.kind)),
      ...details.map(() => field(row.querySelector(".detail").textContent, "text")),
    ]);
    return [[...names, ...details], ...rows].map((cells) => cells.join(",")).join("\r\n") + "\r\n";
  };

  const prefix = document.body.dataset.name ? `${document.body.dataset.name}-` : "";
  const save = (name, text) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv;charset=utf-8" }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  };

  // What a search found in a table tells nothing of the rows that the page has no room for.
  const wordsOf = (table) => {
    if (table.dataset.all) return { none: texts.no_match_of_first, some: texts.rows_of_first, all: texts.first_rows };
    return { none: table.dataset.summed ? texts.no_match_of_frequent : texts.no_match, some: texts.rows, all: texts.all_rows };
  };
  // Rows of a table that are printed; the styles and a note say the same.
  const PRINTED = 20;
  const prepare = (view) => {
    const table = view.querySelector("table");
    const [search, count, button] = [".search input", "[aria-live]", ".download"].map((name) => view.querySelector(name));
    const list = view.querySelector(".part select");
    const printed = view.querySelector(".print");
    const charts = [...view.querySelectorAll("[data-chart]")];
    const partColumns = JSON.parse(table.dataset.parts || "[]");
    const partOf = (row) => partColumns.map((column) => textOf(row.cells[column])).join(" · ");
    const drawAgain = () => charts.filter((place) => place.dataset.drawn && !["lines", "map"].includes(place.dataset.drawn)).forEach(draw);

    const choose = () => {
      const sought = search.value.trim().toLowerCase();
      const part = partColumns.length ? list.value : "";
      let shown = 0;
      for (const row of allRows(table)) {
        const fits = (!part || partOf(row) === part) && (!sought || row.textContent.toLowerCase().includes(sought));
        row.hidden = !fits;
        shown += fits;
      }
      // A print has the first rows of these.
      if (printed) printed.hidden = shown <= PRINTED;
      const all = allRows(table).length;
      const words = wordsOf(table);
      count.textContent = filled(shown === 0 ? words.none : shown < all ? words.some : all === 1 ? texts.one_row : words.all, { shown: grouped(shown), kept: grouped(all), all: table.dataset.all ?? grouped(all) });
      drawAgain();
    };
    if (partColumns.length) {
      const parts = [...new Set(allRows(table).map(partOf))];
      const labels = labelsOf(parts);
      parts.forEach((part, place) => list.add(new Option(labels[place], part)));
      list.add(new Option(texts.everything, ""));
      list.value = parts[0] ?? "";
      list.addEventListener("change", choose);
    }
    let timer;
    search.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(choose, 120); });
    button.addEventListener("click", () => save(prefix + table.dataset.file, csvOf(table)));
    const headings = [...table.tHead.rows[0].cells];
    headings.forEach((heading, column) => {
      if (heading.dataset.kind === "trend") return;
      const sorter = Object.assign(document.createElement("button"), { type: "button" });
      sorter.append(...heading.childNodes);
      heading.append(sorter);
      sorter.addEventListener("click", () => {
        const first = heading.dataset.kind === "text" ? 1 : -1;
        const was = heading.getAttribute("aria-sort");
        const direction = was ? (was === "ascending" ? -1 : 1) : first;
        headings.forEach((other) => other.removeAttribute("aria-sort"));
        const word = direction === 1 ? "ascending" : "descending";
        heading.setAttribute("aria-sort", word);
        table.tBodies[0].append(...allRows(table).sort(compare(table, column)(direction)));
        count.textContent = filled(texts.sorted, { column: headingOf(table, column), direction: texts[word] });
        drawAgain();
      });
    });
    view.querySelectorAll(".tools").forEach((tools) => { tools.hidden = false; });
    choose();
  };

  // Videos, second by second ----------------------------------------------------------------------------------------
  const timelines = (view) => {
    const videos = JSON.parse(view.querySelector("script").textContent);
    const list = view.querySelector(".part select");
    const table = view.querySelector("table");
    const place = view.querySelector("[data-chart]");
    labelsOf(videos.map((video) => video.name)).forEach((label, number) => list.add(new Option(label, number)));
    const show = () => {
      const video = videos[Number(list.value)];
      const cell = (name, text) => Object.assign(document.createElement(name), { textContent: text });
      table.tBodies[0].replaceChildren(...video.viewers.map((viewers, segment) => {
        const row = document.createElement("tr");
        const first = cell("th", grouped(segment * video.step));
        first.scope = "row";
        row.append(first, cell("td", grouped(viewers)), cell("td", grouped(video.replays[segment])));
        return row;
      }));
      place.setAttribute("aria-label", filled(texts.video_chart, { video: video.name }));
      table.dataset.file = table.dataset.file.replace(/(-video-\d+)?\.csv$/, `-video-${Number(list.value) + 1}.csv`);
      const search = view.querySelector(".search input");
      search.value = "";
      search.dispatchEvent(new Event("input"));
      if (place.dataset.drawn) draw(place);
    };
    list.addEventListener("change", show);
    list.value = "0";
    show();
  };

  // The page --------------------------------------------------------------------------------------------------------
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const remembered = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
  const setTheme = (theme) => {
    if (theme) document.documentElement.dataset.theme = theme; else delete document.documentElement.dataset.theme;
  };
  const theme = document.querySelector(".theme");
  setTheme(remembered());
  theme.hidden = false;
  theme.addEventListener("click", () => {
    const isDark = (document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light")) === "dark";
    const wanted = isDark ? "light" : "dark";
    setTheme(wanted);
    // A wish that the system fulfils anyway is none: the page follows the system again.
    const asSystem = dark.matches === (wanted === "dark");
    try { if (asSystem) localStorage.removeItem("theme"); else localStorage.setItem("theme", wanted); } catch { /* a browser that keeps nothing */ }
    redraw();
  });
  dark.addEventListener("change", redraw);

  document.querySelectorAll(".timelines").forEach(timelines);
  document.querySelectorAll(".view").forEach(prepare);
  everyChart().forEach(wait);
  let resizing;
  addEventListener("resize", () => { clearTimeout(resizing); resizing = setTimeout(() => everyChart().filter((place) => place.dataset.drawn && !place.dataset.trend).forEach(draw), 150); });
  const print = matchMedia("print");
  const printing = () => { drawAll(); redraw(); };
  print.addEventListener("change", printing);
  addEventListener("beforeprint", printing);
  addEventListener("afterprint", redraw);
  if (print.matches) printing();

  const links = new Map([...document.querySelectorAll("nav.lenses a")].map((link) => [link.hash.slice(1), link]));
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries.filter((found) => found.isIntersecting)) {
      links.forEach((link) => link.removeAttribute("aria-current"));
      links.get(entry.target.id)?.setAttribute("aria-current", "true");
    }
  }, { rootMargin: "-20% 0px -70%" });
  links.forEach((_, id) => { const section = document.getElementById(id); if (section) seen.observe(section); });
  document.documentElement.dataset.ready = "yes";
})();
