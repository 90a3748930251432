// Drawing: the picture with everybody's 2D skeleton, and the skeletons in space.

// Okabe-Ito: the person's own left is orange, right is sky blue, the middle of the body is near white.
const LEFT = "#e69f00", RIGHT = "#56b4e9", MIDDLE = "#f2f4f6", GRID = "#39424b", TEXT = "#9aa7b2";
const BONES_2D = [
  [1, 2, RIGHT], [2, 3, RIGHT], [3, 4, RIGHT], [1, 5, LEFT], [5, 6, LEFT], [6, 7, LEFT], [1, 8, RIGHT], [8, 9, RIGHT],
  [9, 10, RIGHT], [1, 11, LEFT], [11, 12, LEFT], [12, 13, LEFT], [1, 0, MIDDLE], [0, 14, RIGHT], [14, 16, RIGHT],
  [0, 15, LEFT], [15, 17, LEFT],
];
const BONES_3D = [
  [0, 1, RIGHT], [1, 2, RIGHT], [2, 3, RIGHT], [0, 4, LEFT], [4, 5, LEFT], [5, 6, LEFT], [0, 7, MIDDLE], [7, 8, MIDDLE],
  [8, 9, MIDDLE], [9, 10, MIDDLE], [8, 11, LEFT], [11, 12, LEFT], [12, 13, LEFT], [8, 14, RIGHT], [14, 15, RIGHT],
  [15, 16, RIGHT],
];
const LEAST_SCORE = 0.1, RIM = "rgb(12 14 16 / 60%)";
const ANKLES = [3, 6], ANKLE_HEIGHT_M = 0.09;

function fitted(canvas) {
  const scale = window.devicePixelRatio || 1;
  const width = Math.max(1, Math.round(canvas.clientWidth * scale));
  const height = Math.max(1, Math.round(canvas.clientHeight * scale));
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, width, height);
  context.lineCap = "round";
  return context;
}

function line(context, from, to, colour, width) {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.beginPath();
  context.moveTo(from[0], from[1]);
  context.lineTo(to[0], to[1]);
  context.stroke();
}

// With a dark rim, so that it can be read before anything.
function words(context, text, [x, y], colour, size, weight = 400) {
  context.font = `${weight} ${size}px system-ui, sans-serif`;
  context.textAlign = "center";
  context.lineJoin = "round";
  context.lineWidth = size / 4;
  context.strokeStyle = RIM;
  context.strokeText(text, x, y);
  context.fillStyle = colour;
  context.fillText(text, x, y);
}

export class Picture {
  constructor(canvas) {
    this.canvas = canvas;
  }

  draw(bitmap, head) {
    const context = fitted(this.canvas);
    const { width, height } = this.canvas;
    const scale = Math.min(width / head.width, height / head.height);
    const left = (width - scale * head.width) / 2, top = (height - scale * head.height) / 2;
    // A mirror turns the picture and the bones; text is written unturned.
    const place = ([x, y]) => [
      head.mirror ? width - left - scale * (x + 0.5) : left + scale * (x + 0.5),
      top + scale * (y + 0.5),
    ];
    if (bitmap) {
      context.save();
      if (head.mirror) context.setTransform(-1, 0, 0, 1, width, 0);
      context.drawImage(bitmap, left, top, scale * head.width, scale * head.height);
      context.restore();
    }
    const stroke = Math.max(2, 0.006 * scale * head.height);
    for (const person of head.people) {
      const seen = (joint) => person.xy_px[joint] && person.score[joint] >= LEAST_SCORE;
      const bones = BONES_2D.filter(([one, other]) => seen(one) && seen(other));
      const both = ([one, other]) => [place(person.xy_px[one]), place(person.xy_px[other])];
      for (const bone of bones) line(context, ...both(bone), RIM, 1.7 * stroke);
      for (const bone of bones) line(context, ...both(bone), bone[2], stroke);
      this.label(context, person, place, seen, stroke);
    }
  }

  label(context, person, place, seen, stroke) {
    const tops = person.xy_px.filter((_, joint) => seen(joint)).map(place);
    if (!tops.length) return;
    const x = tops.reduce((sum, point) => sum + point[0], 0) / tops.length;
    const ys = tops.map((point) => point[1]);
    const y = Math.min(...ys) - 2 * stroke - 0.07 * (Math.max(...ys) - Math.min(...ys));  // above the hair
    const size = Math.max(14, 5 * stroke);
    const count = person.coach ? `${person.track_id}: ${person.coach.count}` : `${person.track_id}`;
    words(context, count, [x, Math.max(y, 5 * stroke)], MIDDLE, size, 600);
  }
}

const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const unit = (a) => a.map((value) => value / Math.hypot(...a));

// From camera axes to a level world: x right, y up, z towards the camera, the camera above the origin.
function world(up) {
  const y = unit(up);
  const along = [1, 0, 0].map((value, axis) => value - y[axis] * y[0]);
  const x = unit(along), z = cross(x, y);
  return (point) => [dot(x, point), dot(y, point), dot(z, point)];
}

export class Space {
  constructor(canvas) {
    this.canvas = canvas;
    this.azimuth = 0.5;
    this.elevation = 0.16;
    this.zoom = 1;
    this.centre = null;
    this.floor = null;
    canvas.addEventListener("pointerdown", (event) => canvas.setPointerCapture(event.pointerId));
    canvas.addEventListener("pointermove", (event) => {
      if (event.buttons) this.turn(-event.movementX / 150, event.movementY / 150);
    });
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoom = Math.min(4, Math.max(0.4, this.zoom * Math.exp(-event.deltaY / 600)));
    }, { passive: false });
    canvas.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] }[event.key];
      if (step) this.turn(...step);
    });
  }

  turn(azimuth, elevation) {
    this.azimuth += azimuth;
    this.elevation = Math.min(1.5, Math.max(-0.2, this.elevation + elevation));
  }

  draw(head) {
    const context = fitted(this.canvas);
    const toWorld = world(head.up);
    const people = head.people.map((person) => ({
      person,
      joints: person.xyz_m.map((joint, index) =>
        person.valid[index] && joint[0] !== null ? toWorld(joint.map((value, axis) => value + person.root_m[axis])) : null),
    }));
    this.follow(people, head);
    const place = this.camera(head.mirror);
    this.grid(context, place);
    const stroke = Math.max(2, this.canvas.height / 130);
    for (const { person, joints } of people) {
      for (const [one, other, colour] of BONES_3D) {
        if (joints[one] && joints[other]) line(context, place(joints[one]), place(joints[other]), colour, stroke);
      }
      const top = joints[10] || joints[8] || joints[0];
      if (top) this.text(context, `${person.track_id}`, place([top[0], top[1] + 0.12, top[2]]), MIDDLE);
    }
  }

  // The middle of everybody and the floor, both eased so that the view does not jump with each joint.
  follow(people, head) {
    const roots = people.map(({ joints }) => joints[0]).filter(Boolean);
    const ankles = people.flatMap(({ joints }) => ANKLES.map((joint) => joints[joint])).filter(Boolean);
    const ease = (old, goal, share) => (old === null ? goal : old + share * (goal - old));
    if (head.floor_m !== null) this.floor = ease(this.floor, -head.floor_m, 0.1);
    else if (ankles.length) this.floor = ease(this.floor, Math.min(...ankles.map((one) => one[1])) - ANKLE_HEIGHT_M, 0.1);
    if (!roots.length) return;
    const mean = [0, 1, 2].map((axis) => roots.reduce((sum, root) => sum + root[axis], 0) / roots.length);
    this.centre = this.centre ? this.centre.map((old, axis) => old + 0.1 * (mean[axis] - old)) : mean;
  }

  camera(mirror) {
    const [cx, , cz] = this.centre || [0, 0, -3];
    const cy = (this.floor ?? -1) + 0.8;
    const [sa, ca, se, ce] = [Math.sin(this.azimuth), Math.cos(this.azimuth), Math.sin(this.elevation), Math.cos(this.elevation)];
    const distance = 5.5 / this.zoom, focal = 1.5 * Math.min(this.canvas.height, this.canvas.width);
    return ([x, y, z]) => {
      const [dx, dy, dz] = [x - cx, y - cy, z - cz];
      const across = ca * dx - sa * dz, near = sa * dx + ca * dz;
      const up = ce * dy - se * near, depth = Math.max(0.2, distance - (se * dy + ce * near));
      const sideways = (focal * across) / depth;
      return [this.canvas.width / 2 + (mirror ? -sideways : sideways), this.canvas.height / 2 - (focal * up) / depth];
    };
  }

  // Squares of half a metre on the floor, 1.5 m around the people, with the metres at whole ones.
  grid(context, place) {
    const [cx, , cz] = this.centre || [0, 0, -3];
    const y = this.floor ?? -1;
    const [x0, z0] = [Math.round(cx) - 1.5, Math.round(cz) - 1.5];
    for (let step = 0; step <= 6; step += 1) {
      const at = step / 2;
      line(context, place([x0 + at, y, z0]), place([x0 + at, y, z0 + 3]), GRID, 1);
      line(context, place([x0, y, z0 + at]), place([x0 + 3, y, z0 + at]), GRID, 1);
      if (step % 2 === 1) {
        this.text(context, `${x0 + at} m`, place([x0 + at, y, z0 + 3.2]), TEXT);
        this.text(context, `${-(z0 + at)} m`, place([x0 + 3.2, y, z0 + at]), TEXT);
      }
    }
  }

  text(context, told, at, colour) {
    words(context, told, at, colour, Math.max(12 * (window.devicePixelRatio || 1), this.canvas.height / 32));
  }
}
