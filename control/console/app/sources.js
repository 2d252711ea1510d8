// Where one's own picture and sound come from.

const FRAMES_PER_S = 25;
/** Hz and the part of each second that the tone sounds: it is recognised and doesn't hurt. */
const TONE_HZ = 440,
  TONE_S = 0.15,
  TONE_GAIN = 0.08;

/**
 * @param {number} height
 * @returns {number} of a picture of 16:9
 */
export function widthOf(height) {
  return Math.round((height * 16) / 9 / 2) * 2;
}

/** @returns {boolean} whether this page may use cameras: browsers want HTTPS or this machine */
export function camerasAllowed() {
  return Boolean(navigator.mediaDevices?.getUserMedia);
}

/**
 * A camera, and a microphone where there is one.
 * @param {number} height wanted
 * @returns {Promise<MediaStream>}
 */
export async function cameraStream(height) {
  const video = {
    width: { ideal: widthOf(height) },
    height: { ideal: height },
    frameRate: { ideal: 30 },
  };
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: true, video });
  } catch (error) {
    if (/** @type {DOMException} */ (error).name !== "NotFoundError") throw error;
    return navigator.mediaDevices.getUserMedia({ video });
  }
}

/** @returns {Promise<MediaStream>} */
export function microphoneStream() {
  return navigator.mediaDevices.getUserMedia({ audio: true });
}

/** @returns {Promise<MediaStream>} */
export function screenStream() {
  return navigator.mediaDevices.getDisplayMedia({
    video: { frameRate: { ideal: 15 } },
    audio: true,
  });
}

/**
 * Moving bars with a clock, and a short tone every second.
 * @param {number} height
 * @param {() => string} title written into the picture
 * @returns {{stream: MediaStream, stop: () => void}}
 */
export function patternStream(height, title) {
  const picture = patternPicture(height, title);
  const sound = patternSound();
  return {
    stream: new MediaStream([picture.track, sound.track]),
    stop: () => {
      picture.stop();
      sound.stop();
    },
  };
}

/**
 * @param {number} height
 * @param {() => string} title
 */
function patternPicture(height, title) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [widthOf(height), height];
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  let frame = 0;
  const draw = () => drawPattern(context, title(), frame++);
  draw();
  const timer = setInterval(draw, 1000 / FRAMES_PER_S);
  const [track] = canvas.captureStream(FRAMES_PER_S).getVideoTracks();
  track.contentHint = "motion";
  return {
    track,
    stop: () => {
      clearInterval(timer);
      track.stop();
    },
  };
}

const BARS = ["#e2e8f0", "#facc15", "#22d3ee", "#4ade80", "#e879f9", "#f87171", "#60a5fa"];

/**
 * @param {CanvasRenderingContext2D} context
 * @param {string} title
 * @param {number} frame
 */
function drawPattern(context, title, frame) {
  const { width, height } = context.canvas;
  const bar = width / BARS.length;
  BARS.forEach((colour, index) => {
    context.fillStyle = colour;
    context.fillRect(Math.floor(index * bar), 0, Math.ceil(bar), height * 0.72);
  });
  context.fillStyle = "#0f172a";
  context.fillRect(0, height * 0.72, width, height * 0.28);
  // A hand that turns once in four seconds, and a block that runs along the foot.
  const angle = (frame / FRAMES_PER_S / 4) * 2 * Math.PI;
  const [x, y, radius] = [width / 2, height * 0.36, height * 0.26];
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
  context.strokeStyle = "#5eead4";
  context.lineWidth = height / 60;
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x + radius * 0.85 * Math.sin(angle), y - radius * 0.85 * Math.cos(angle));
  context.stroke();
  context.fillStyle = "#5eead4";
  context.fillRect(((frame * width) / 100) % width, height * 0.95, width / 16, height * 0.05);
  context.fillStyle = "#f8fafc";
  context.textAlign = "center";
  context.font = `600 ${Math.round(height / 11)}px system-ui, sans-serif`;
  context.fillText(title, x, height * 0.83, width * 0.9);
  context.font = `${Math.round(height / 18)}px ui-monospace, monospace`;
  context.fillText(
    `${width}×${height}  ${new Date().toISOString().slice(11, 22)}`,
    x,
    height * 0.915,
  );
}

function patternSound() {
  const context = new AudioContext();
  const oscillator = new OscillatorNode(context, { frequency: TONE_HZ });
  const gain = new GainNode(context, { gain: 0 });
  const out = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
  oscillator.connect(gain).connect(out);
  oscillator.start();
  const beep = () => {
    void context.resume(); // before somebody clicked, browsers let nothing sound
    const now = context.currentTime;
    gain.gain.setTargetAtTime(TONE_GAIN, now, 0.01);
    gain.gain.setTargetAtTime(0, now + TONE_S, 0.01);
  };
  const timer = setInterval(beep, 1000);
  const [track] = out.stream.getAudioTracks();
  return {
    track,
    stop: () => {
      clearInterval(timer);
      track.stop();
      void context.close();
    },
  };
}
