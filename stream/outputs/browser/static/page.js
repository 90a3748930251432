// Keeps a socket open, takes the newest message, confirms it and has it drawn.
import { Picture, Space } from "./view.js";

const VERSION = 1;
const FIRST_WAIT_MS = 500, LONGEST_WAIT_MS = 5000;
const byId = (id) => document.getElementById(id);

const picture = new Picture(byId("picture"));
const space = new Space(byId("space"));
// For whoever wants to look in: the last message as it came, and how many came.
const liftcam = (window.liftcam = { message: null, received: 0, connections: 0 });

let waitMs = FIRST_WAIT_MS;

function say(state, lost) {
  byId("state").textContent = state;
  byId("state").dataset.state = lost ? "lost" : "live";
}

function unpack(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  return { head, jpeg: new Uint8Array(buffer, 4 + length) };
}

async function show(buffer) {
  const { head, jpeg } = unpack(buffer);
  if (head.version !== VERSION) {
    say(`this page reads version ${VERSION}, LiftCam sends ${head.version}: load it anew`, true);
    return NaN;
  }
  const bitmap = jpeg.length ? await createImageBitmap(new Blob([jpeg], { type: "image/jpeg" })) : null;
  picture.draw(bitmap, head);
  space.draw(head);
  if (bitmap) bitmap.close();
  const people = head.people.length === 1 ? "1 person" : `${head.people.length} people`;
  byId("numbers").textContent = `${people} · ${head.fps.toFixed(1)} fps · ${Math.round(head.latency_ms)} ms`;
  coach(head.people);
  liftcam.message = head;
  liftcam.received += 1;
  return head.captured_unix_s;
}

function coach(people) {
  const counted = people.filter((person) => person.coach);
  byId("coach").hidden = counted.length === 0;
  if (!counted.length) return;
  const several = counted.length > 1;
  byId("count").textContent = counted.map((person) => person.coach.count).join(several ? " · " : "");
  byId("count").dataset.people = several ? (counted.length === 2 ? "2" : "many") : "1";
  byId("exercise").textContent = counted[0].coach.exercise.replaceAll("_", " ");
  const told = counted.find((person) => person.coach.cue);
  byId("cue").textContent = told ? (several ? `${told.track_id}: ` : "") + told.coach.cue : "";
}

function connect() {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(`${scheme}//${location.host}/socket${location.search}`);
  socket.binaryType = "arraybuffer";
  let taken = 0;
  socket.onopen = () => {
    waitMs = FIRST_WAIT_MS;
    liftcam.connections += 1;
    say("live", false);
  };
  socket.onmessage = async (event) => {
    const captured = await show(event.data);
    // How old it is now that it is drawn; of use where the page's clock is the camera's, on one machine.
    const age = (performance.timeOrigin + performance.now()) / 1000 - captured;
    taken += 1;
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ confirmed: taken, age_s: age }));
  };
  socket.onclose = () => {
    say("connection lost, trying again", true);
    setTimeout(connect, waitMs);
    waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS);
  };
}

connect();
