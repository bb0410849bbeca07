// Drawing a signature on the visit's page. Without it (old browser, not loaded) the name typed below counts.
import SignaturePad from "signature_pad";

const MOST_POINTS = 1200;
const pads = new WeakMap();

function resize(canvas, pad) {
  const ratio = Math.max(window.devicePixelRatio || 1, 1);
  canvas.width = canvas.offsetWidth * ratio;
  canvas.height = canvas.offsetHeight * ratio;
  canvas.getContext("2d").scale(ratio, ratio);
  pad.clear();
}

function open(form) {
  const box = form.querySelector("[data-signature]");
  if (!box || pads.has(form)) return;
  box.hidden = false;
  const canvas = box.querySelector("canvas");
  const pad = new SignaturePad(canvas);
  pads.set(form, pad);
  resize(canvas, pad);
  box.querySelector("[data-clear]").addEventListener("click", () => pad.clear());
}

/** The lines drawn, as whole points, thinned out so that they fit into one act. */
export function strokes(form) {
  const pad = pads.get(form);
  if (!pad || pad.isEmpty()) return [];
  const lines = pad.toData().map((line) => line.points.map(({ x, y }) => [Math.max(0, Math.round(x)), Math.max(0, Math.round(y))]));
  const total = lines.reduce((sum, line) => sum + line.length, 0);
  const every = Math.ceil(total / MOST_POINTS);
  return lines.map((line) => line.filter((_point, n) => n % every === 0 || n === line.length - 1));
}

export function clear(form) {
  pads.get(form)?.clear();
}

/** The canvas has its size only once it is seen. */
export function watch(form) {
  const details = form.closest("details");
  if (!details || details.open) open(form);
  details?.addEventListener("toggle", () => details.open && open(form));
}
