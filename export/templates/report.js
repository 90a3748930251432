"use strict";
/* The report's player and charts. `report` is what the tests drive. */
const report = (() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const JOINTS = data.joints.length, ANGLES = data.angles.length, UNKNOWN = -32768;
  const COLOURS = { left: "#e69f00", right: "#56b4e9", middle: "#e0e4e8" };
  const TINTS = ["#009e73", "#cc79a7", "#f0e442", "#0072b2", "#d55e00", "#bebebe"];
  const byId = (id) => document.getElementById(id);
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer;

  const people = data.people.map((one) => ({
    ...one,
    xyz: new Int16Array(bytes(one.xyz_mm)),
    deg: new Float32Array(bytes(one.angles_deg)),
    tint: TINTS[one.id % TINTS.length],
  }));
  const tick = data.time_s.length > 1 ? (data.time_s.at(-1) - data.time_s[0]) / (data.time_s.length - 1) : 0;

  /** A joint of a person in a frame in metres, or null where it is not known. */
  function joint(person, frame, index) {
    const row = frame - person.first;
    if (row < 0 || row >= person.count) return null;
    const at = (row * JOINTS + index) * 3;
    return person.xyz[at] === UNKNOWN ? null : [0, 1, 2].map((axis) => person.xyz[at + axis] / 1000);
  }

  /** An angle of a person in a frame in degrees, or null. */
  function angle(person, frame, index) {
    const row = frame - person.first;
    const value = row < 0 || row >= person.count ? NaN : person.deg[row * ANGLES + index];
    return Number.isNaN(value) ? null : value;
  }

  /* ---- the world's size: where people are but for the outermost twentieths, and a body around that ---- */
  function extent() {
    const pelvis = [[], [], []], feet = [];
    for (const person of people)
      for (let at = 0; at < person.xyz.length; at += 3) {
        if (person.xyz[at] === UNKNOWN) continue;
        const index = (at / 3) % JOINTS;
        if (index === 0) pelvis.forEach((values, axis) => values.push(person.xyz[at + axis] / 1000));
        if (data.joints[index].endsWith("ankle")) feet.push(person.xyz[at + 1] / 1000);
      }
    if (!pelvis[0].length) return { low: [-1, -1, -1], high: [1, 1, 1], floor: -1 };
    const part = (values, share) => values[Math.round(share * (values.length - 1))];
    for (const values of [...pelvis, feet]) values.sort((a, b) => a - b);
    const low = pelvis.map((values) => part(values, 0.05) - 0.5), high = pelvis.map((values) => part(values, 0.95) + 0.5);
    const floor = feet.length ? part(feet, 0.05) - 0.07 : low[1] - 0.5;
    return { low: [low[0], floor, low[2]], high: [high[0], Math.max(high[1] + 0.4, floor + 1.6), high[2]], floor };
  }
  const world = extent();
  const middle = world.low.map((value, axis) => (value + world.high[axis]) / 2);
  const radius = Math.hypot(...world.low.map((value, axis) => world.high[axis] - value)) / 2;
  const corners = [0, 1, 2, 3, 4, 5, 6, 7].map((bits) => [0, 1, 2].map((axis) => (bits & (1 << axis) ? world.high : world.low)[axis]));
  const canvas = byId("scene"), pen = canvas.getContext("2d");
  const state = { frame: 0, playing: false, view: { yaw: 0.5, pitch: 0.22, distance: 1 }, speed: 1 };

  /** The nearest view from which the whole scene is in sight. */
  function home() {
    const inSight = ([x, y, depth]) => depth > 0.3 && x > 0 && x < canvas.clientWidth && y > 0 && y < canvas.clientHeight;
    state.view = { yaw: 0.5, pitch: 0.22, distance: 1 };
    while (state.view.distance < radius * 20 && !corners.every((corner) => inSight(project(corner)))) state.view.distance *= 1.03;
  }

  /** From the world to the canvas: [x, y, depth]. */
  function project(point) {
    const { yaw, pitch, distance } = state.view;
    const [x, y, z] = point.map((value, axis) => value - middle[axis]);
    const across = x * Math.cos(yaw) - z * Math.sin(yaw), along = x * Math.sin(yaw) + z * Math.cos(yaw);
    const up = y * Math.cos(pitch) - along * Math.sin(pitch), depth = distance - along * Math.cos(pitch) - y * Math.sin(pitch);
    const scale = (1.25 * canvas.clientHeight) / Math.max(depth, 0.05);
    return [canvas.clientWidth / 2 + across * scale, canvas.clientHeight / 2 - up * scale, depth];
  }

  function line(from, to, colour, width) {
    const [a, b] = [project(from), project(to)];
    if (a[2] < 0.1 || b[2] < 0.1) return;
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.beginPath();
    pen.moveTo(a[0], a[1]);
    pen.lineTo(b[0], b[1]);
    pen.stroke();
  }

  function drawFloor() {
    const mesh = radius > 12 ? 5 : radius > 5 ? 2 : 1;
    const from = (axis) => Math.floor((world.low[axis] - 0.5) / mesh) * mesh, to = (axis) => Math.ceil((world.high[axis] + 0.5) / mesh) * mesh;
    for (let x = from(0); x <= to(0); x += mesh) line([x, world.floor, from(2)], [x, world.floor, to(2)], "#3a424d", 1);
    for (let z = from(2); z <= to(2); z += mesh) line([from(0), world.floor, z], [to(0), world.floor, z], "#3a424d", 1);
  }

  function drawPerson(person) {
    const points = data.joints.map((_, index) => joint(person, state.frame, index));
    const bones = data.bones
      .filter(([a, b]) => points[a] && points[b])
      .map(([a, b]) => ({ a: points[a], b: points[b], side: data.sides[b], depth: project(points[a])[2] + project(points[b])[2] }))
      .sort((one, other) => other.depth - one.depth);
    pen.lineCap = "round";
    for (const bone of bones) line(bone.a, bone.b, COLOURS[bone.side], Math.max(2, (0.045 * 2.5 * canvas.clientHeight) / bone.depth));
    const head = points[data.joints.indexOf("head")];
    if (!head) return;
    const [x, y] = project(head);
    pen.fillStyle = person.tint;
    pen.font = "600 13px system-ui, sans-serif";
    pen.textAlign = "center";
    pen.fillText(String(person.id), x, y - 10);
  }

  function draw() {
    const ratio = window.devicePixelRatio || 1;
    const width = Math.round(canvas.clientWidth * ratio), height = Math.round(canvas.clientHeight * ratio);
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
    drawFloor();
    people.forEach(drawPerson);
  }

  /* ---- charts ---- */
  const groups = [];
  data.angles.forEach((name, index) => {
    const [, side, rest] = name.match(/^(right_|left_)?(.*)$/);
    let group = groups.find((one) => one.name === rest);
    if (!group) groups.push((group = { name: rest, parts: [] }));
    group.parts.push({ side: side ? side.slice(0, -1) : "middle", index });
  });
  const words = (name) => name[0].toUpperCase() + name.slice(1).replaceAll("_", " ");
  const look = {
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { color: "#e8ecf0", family: "system-ui, sans-serif", size: 13 },
    margin: { l: 56, r: 16, t: 8, b: 40 }, hovermode: "closest", showlegend: true, legend: { orientation: "h", y: 1.12 },
  };
  const axis = (title, more) => ({ title: { text: title }, gridcolor: "#2b313a", zerolinecolor: "#4a525d", automargin: true, ...more });
  const span = () => (data.time_s.length ? [data.time_s[0], Math.max(data.time_s.at(-1), data.time_s[0] + 0.1)] : [0, 1]);

  function chosen() {
    const who = byId("person").value;
    return { group: groups[Number(byId("angle").value)], who: people.filter((one) => who === "all" || String(one.id) === who) };
  }

  function drawAngles() {
    const { group, who } = chosen();
    const traces = who.flatMap((person, nth) =>
      group.parts.map(({ side, index }) => ({
        x: data.time_s.slice(person.first, person.first + person.count),
        y: Array.from({ length: person.count }, (_, row) => angle(person, person.first + row, index)),
        name: (who.length > 1 ? "person " + person.id + " " : "") + (side === "middle" ? words(group.name) : side),
        line: { color: COLOURS[side], width: 2, dash: ["solid", "dot", "dash", "dashdot"][nth % 4] },
        mode: "lines", connectgaps: false, hovertemplate: "%{y:.1f}° at %{x:.2f} s<extra>%{fullData.name}</extra>",
      })),
    );
    const layout = { ...look, height: 320, xaxis: axis("time, s", { range: span() }), yaxis: axis(words(group.name) + ", degrees") };
    return Plotly.react("angles", traces, layout, { displayModeBar: false, responsive: true });
  }

  function drawTracks() {
    const traces = people.map((person) => ({
      x: person.stretches_s.flatMap(([from, to]) => [from, to, null]),
      y: person.stretches_s.flatMap(() => ["person " + person.id, "person " + person.id, null]),
      name: "person " + person.id, mode: "lines", line: { width: 12, color: person.tint }, hovertemplate: "%{x:.2f} s<extra>%{y}</extra>",
    }));
    const layout = { ...look, showlegend: false, height: 90 + 30 * Math.max(1, people.length), xaxis: axis("time, s", { range: span() }), yaxis: axis("", { autorange: "reversed", type: "category" }) };
    return Plotly.react("tracks", traces, layout, { displayModeBar: false, responsive: true });
  }

  /** The white line in a chart that goes with the player; plain HTML, because a redraw a frame is too slow. */
  function moveCursor(id) {
    const chart = byId(id), full = chart._fullLayout;
    if (!full || !data.time_s.length) return;
    let cursor = chart.querySelector(".cursor");
    if (!cursor) {
      cursor = document.createElement("div");
      cursor.className = "cursor";
      chart.append(cursor);
    }
    const x = full.xaxis.l2p(data.time_s[state.frame]), inside = x >= 0 && x <= full.xaxis._length;
    cursor.style.display = inside ? "block" : "none";
    cursor.style.left = full.xaxis._offset + x + "px";
    cursor.style.top = full.yaxis._offset + "px";
    cursor.style.height = full.yaxis._length + "px";
  }

  function reading() {
    const { group, who } = chosen();
    const person = who.find((one) => state.frame >= one.first && state.frame < one.first + one.count) || who[0];
    if (!person) return "";
    const parts = group.parts.map(({ side, index }) => {
      const value = angle(person, state.frame, index);
      return (side === "middle" ? "" : side + " ") + (value === null ? "unknown" : value.toFixed(1) + "°");
    });
    return "person " + person.id + ": " + parts.join(", ");
  }

  /* ---- what the user does ---- */
  function show(frame) {
    state.frame = Math.max(0, Math.min(data.time_s.length - 1, frame));
    byId("scrub").value = state.frame;
    byId("clock").value = data.time_s.length ? data.time_s[state.frame].toFixed(2) + " s, frame " + data.frame[state.frame] : "no frames";
    byId("reading").value = reading();
    draw();
    moveCursor("angles");
    moveCursor("tracks");
  }

  function nearest(time) {
    let low = 0, high = data.time_s.length - 1;
    while (low < high) {
      const half = (low + high) >> 1;
      if (data.time_s[half] < time) low = half + 1;
      else high = half;
    }
    return low > 0 && time - data.time_s[low - 1] < data.time_s[low] - time ? low - 1 : low;
  }

  let began = 0, beganAt = 0;
  function play(on) {
    state.playing = on && data.time_s.length > 1;
    byId("play").textContent = state.playing ? "Pause" : "Play";
    if (!state.playing) return;
    if (state.frame >= data.time_s.length - 1) show(0);
    [began, beganAt] = [performance.now(), data.time_s[state.frame]];
    requestAnimationFrame(step);
  }

  function step(now) {
    if (!state.playing) return;
    const time = beganAt + (Math.max(0, now - began) / 1000) * state.speed;
    if (time > data.time_s.at(-1) + tick / 2) {
      show(data.time_s.length - 1);
      play(false);
      return;
    }
    const frame = nearest(time);
    if (frame !== state.frame) show(frame);
    requestAnimationFrame(step);
  }

  const seek = (frame) => {
    show(frame);
    if (state.playing) [began, beganAt] = [performance.now(), data.time_s[state.frame]];
  };

  function listen() {
    byId("play").addEventListener("click", () => play(!state.playing));
    byId("scrub").addEventListener("input", (event) => seek(Number(event.target.value)));
    byId("speed").addEventListener("change", (event) => {
      state.speed = Number(event.target.value);
      seek(state.frame);
    });
    for (const id of ["angle", "person"]) byId(id).addEventListener("change", () => drawAngles().then(() => show(state.frame)));
    for (const id of ["angles", "tracks"]) byId(id).on("plotly_click", (event) => seek(nearest(event.points[0].x)));
    for (const id of ["angles", "tracks"]) byId(id).on("plotly_relayout", () => moveCursor(id));
    let held = null;
    canvas.addEventListener("pointerdown", (event) => {
      held = [event.clientX, event.clientY];
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!held) return;
      state.view.yaw -= (event.clientX - held[0]) / 150;
      state.view.pitch = Math.max(-1.5, Math.min(1.5, state.view.pitch + (event.clientY - held[1]) / 150));
      held = [event.clientX, event.clientY];
      draw();
    });
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => (held = null));
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      state.view.distance = Math.max(0.5, Math.min(radius * 20, state.view.distance * Math.exp(event.deltaY / 800)));
      draw();
    }, { passive: false });
    canvas.addEventListener("dblclick", () => { home(); draw(); });
    document.addEventListener("keydown", (event) => {
      if (["SELECT", "BUTTON"].includes(event.target.tagName)) return;
      if (event.key === " ") { event.preventDefault(); play(!state.playing); }
      else if (event.key === "l") seek(state.frame + 1);
      else if (event.key === "k") seek(state.frame - 1);
    });
    window.addEventListener("resize", () => show(state.frame));
  }

  home();
  byId("scrub").max = Math.max(0, data.time_s.length - 1);
  groups.forEach((group, index) => byId("angle").add(new Option(words(group.name), index)));
  byId("angle").value = String(groups.findIndex((group) => group.name === "knee_flexion"));
  if (people.length > 1) byId("person").add(new Option("everybody", "all"));
  people.forEach((one) => byId("person").add(new Option("person " + one.id, one.id)));
  if (people.length) byId("person").value = String(people.reduce((a, b) => (b.count > a.count ? b : a)).id);
  const ready = Promise.all([drawAngles(), drawTracks()]).then(() => {
    listen();
    show(people.length ? Math.min(...people.map((one) => one.first)) : 0);
  });
  return { data, people, state, joint, angle, seek, play, project, ready };
})();
