"use strict";
/* The charts of the history. `report` is what the tests drive. */
const report = (() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const OUT = "#56b4e9", BACK = "#e69f00", PLAIN = "#009e73";
  const exercises = [...new Set(data.weeks.map((week) => week.exercise))];

  const named = (monday) => new Date(`${monday}T00:00:00Z`).toLocaleDateString("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
  const ticks = (weeks) => weeks.filter((_, k) => k % Math.ceil(weeks.length / 7) === 0).map(named);

  /** What Plotly gets for the look of every chart. */
  const layout = (weeks) => ({
    height: 240, margin: { l: 46, r: 12, t: 10, b: 34 }, showlegend: false, bargap: 0.4,
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { color: "#e8ecf0", size: 12 },
    hoverlabel: { font: { size: 12 } },
    xaxis: { type: "category", categoryorder: "array", categoryarray: weeks, tickvals: weeks.filter((_, k) => k % Math.ceil(weeks.length / 7) === 0), ticktext: ticks(weeks), gridcolor: "#343b45", tickangle: 0, fixedrange: true },
    yaxis: { rangemode: "tozero", gridcolor: "#343b45", zerolinecolor: "#343b45", fixedrange: true },
  });
  const line = (x, y, name, color) => ({ x, y, name, type: "scatter", mode: "lines+markers", line: { color, width: 2 }, marker: { color, size: 7 }, connectgaps: false });
  const draw = (id, traces, weeks, legend) =>
    Plotly.react(byId(id), traces, { ...layout(weeks), showlegend: legend, legend: { orientation: "h", y: 1.15 } }, { displayModeBar: false, responsive: true });

  /** All Mondays from the first week to the last, those without training too. */
  function mondays(rows) {
    const days = [], last = rows.at(-1).monday;
    for (const day = new Date(`${rows[0].monday}T00:00:00Z`); ; day.setUTCDate(day.getUTCDate() + 7)) {
      days.push(day.toISOString().slice(0, 10));
      if (days.at(-1) >= last || days.length > 5000) return days;
    }
  }

  function show(exercise) {
    const rows = data.weeks.filter((week) => week.exercise === exercise), weeks = mondays(rows);
    const found = new Map(rows.map((week) => [week.monday, week]));
    const course = (key) => weeks.map((monday) => found.get(monday)?.[key] ?? null);
    const held = rows.some((week) => week.hold_s > 0);
    byId("amount-title").textContent = held ? "Seconds held a week" : "Repetitions a week";
    const degrees = rows.some((week) => week.left_right_deg !== null);
    byId("sides-title").textContent = `Difference of left and right, ${degrees ? "degrees" : "parts of the trunk"}`;
    const amount = course(held ? "hold_s" : "reps");
    const reps = rows.reduce((sum, week) => sum + week.reps, 0), sets = rows.reduce((sum, week) => sum + week.sets, 0);
    byId("reading").value = held ? `${sets} sets` : `${reps} repetitions in ${sets} sets`;
    const charts = {
      amount: [{ x: weeks, y: amount, type: "bar", marker: { color: PLAIN } }],
      range: [line(weeks, course("range_deg"), "range", PLAIN)],
      tempo: [line(weeks, course("to_work_s"), "out", OUT), line(weeks, course("to_rest_s"), "back", BACK)],
      sides: [line(weeks, course(degrees ? "left_right_deg" : "left_right_part"), "difference", PLAIN)],
    };
    // a plank has no range, and a push-up from the side no left and right; who is there decides how wide all are
    for (const [id, traces] of Object.entries(charts))
      byId(id).parentElement.hidden = !traces.some((trace) => trace.y.some((value) => value !== null));
    const shown = Object.entries(charts).filter(([id]) => !byId(id).parentElement.hidden);
    return Promise.all(shown.map(([id, traces]) => draw(id, traces, weeks, id === "tempo").then((chart) => Plotly.Plots.resize(chart))));
  }

  let ready = Promise.resolve();
  if (exercises.length) {
    const choice = byId("exercise");
    const most = (name) => data.weeks.filter((week) => week.exercise === name).reduce((sum, week) => sum + week.sets, 0);
    exercises.sort((a, b) => most(b) - most(a));
    for (const name of exercises) choice.add(new Option(name.replaceAll("_", " "), name));
    choice.addEventListener("change", () => { report.ready = show(choice.value); });
    ready = show(exercises[0]);
  }
  return { data, show, ready };
})();
