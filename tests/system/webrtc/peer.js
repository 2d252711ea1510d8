// Peer connections by name, published by WHIP or viewed by WHEP, as the test commands. Functions of `commands` are
// called from outside with JSON and answer with JSON.

const peers = new Map();
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const DESCRIPTOR =
  "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension";

// How long this page stood still at the most since it was asked last: a frame that is late by as much proves nothing.
let beat = performance.now(), stall = 0;
setInterval(() => {
  const now = performance.now();
  stall = Math.max(stall, now - beat - 20);
  beat = now;
}, 20);

function picture(width, height, fps) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d");
  let turn = 0;
  setInterval(() => {
    context.fillStyle = `hsl(${turn++ % 360} 80% 50%)`;
    context.fillRect(0, 0, width, height);
    context.fillStyle = "black";
    context.fillRect((turn * 7) % (width - 60), height / 3, 60, 60);
  }, 1000 / fps);
  return canvas.captureStream(fps).getVideoTracks()[0];
}

let shared;
const camera = () => (shared ??= picture(960, 540, 20));
let voice;
const microphone = async () =>
  (voice ??= (await navigator.mediaDevices.getUserMedia({ audio: true })).getAudioTracks()[0]);

async function exchange(peer, path) {
  const { pc } = peer;
  await pc.setLocalDescription();
  const response = await fetch("/relay" + path, {
    method: "POST", headers: { "Content-Type": "application/sdp" }, body: pc.localDescription.sdp });
  peer.answer = await response.text();
  if (response.status !== 201) throw new Error(`${response.status} ${peer.answer}`);
  peer.location = response.headers.get("Location");
  peer.etag = response.headers.get("ETag");
  await pc.setRemoteDescription({ type: "answer", sdp: peer.answer });
}

// Every decoded frame: when it came, its RTP timestamp, its size.
async function watch(peer, track) {
  if (!globalThis.MediaStreamTrackProcessor) {  // Firefox: what is shown
    const video = Object.assign(document.createElement("video"), { muted: true, srcObject: new MediaStream([track]) });
    document.body.append(video);
    const seen = (now, frame) => {
      peer.frames.push([now, frame.rtpTimestamp, frame.width, frame.height]);
      video.requestVideoFrameCallback(seen);
    };
    video.requestVideoFrameCallback(seen);
    return video.play();
  }
  const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
  for (;;) {
    const { done, value: frame } = await reader.read();
    if (done) return;
    peer.frames.push([performance.now(), frame.metadata().rtpTimestamp, frame.codedWidth, frame.codedHeight]);
    frame.close();
  }
}

async function stats(pc) {
  const found = {};
  const report = await pc.getStats();
  for (const entry of report.values()) {
    if (entry.type === "transport") {
      const pair = report.get(entry.selectedCandidatePairId);
      const remote = pair && report.get(pair.remoteCandidateId);
      Object.assign(found, { srtp: entry.srtpCipher, role: entry.dtlsRole, remote: remote?.address,
        protocol: remote?.protocol, port: remote?.port, dtls: entry.dtlsState });
    }
    if (entry.type === "inbound-rtp") found[entry.kind] = entry;
    if (entry.type === "outbound-rtp" && entry.kind === "video") {
      found.sent ??= [];
      found.sent.push({ rid: entry.rid, width: entry.frameWidth, frames: entry.framesSent,
        mode: entry.scalabilityMode, nack: entry.nackCount, pli: entry.pliCount });
    }
    if (entry.type === "outbound-rtp" && entry.kind === "audio") found.sentAudio = entry.packetsSent;
  }
  return { ...found, state: pc.connectionState };
}

const commands = {
  ready: () => navigator.userAgent,

  // What can be sent, such as "video/VP8".
  codecs: () => RTCRtpSender.getCapabilities("video").codecs.map((codec) => codec.mimeType),

  async publish(name, path, { codec, encodings, audio }) {
    const peer = { pc: new RTCPeerConnection(), frames: [] };
    peers.set(name, peer);
    if (audio) peer.pc.addTransceiver(await microphone(), { direction: "sendonly" });
    const transceiver = peer.pc.addTransceiver(camera(), { direction: "sendonly", sendEncodings: encodings });
    const parameters = transceiver.sender.getParameters();
    parameters.degradationPreference = "maintain-resolution";  // a slow machine sends fewer frames
    await transceiver.sender.setParameters(parameters);
    transceiver.setCodecPreferences(RTCRtpSender.getCapabilities("video").codecs
      .filter((c) => c.mimeType === "video/" + codec || c.mimeType === "video/rtx"));
    await exchange(peer, path);
  },

  async view(name, path, { descriptor, rtx = true } = {}) {
    const peer = { pc: new RTCPeerConnection(), frames: [] };
    peers.set(name, peer);
    peer.pc.addTransceiver("audio", { direction: "recvonly" });
    const video = peer.pc.addTransceiver("video", { direction: "recvonly" });
    if (descriptor)
      video.setHeaderExtensionsToNegotiate(video.getHeaderExtensionsToNegotiate()
        .map((one) => (one.uri === DESCRIPTOR ? { ...one, direction: "sendrecv" } : one)));
    if (!rtx)
      video.setCodecPreferences(RTCRtpReceiver.getCapabilities("video").codecs
        .filter((c) => c.mimeType !== "video/rtx"));
    peer.pc.ontrack = ({ track }) => {
      if (track.kind === "video") watch(peer, track);
      else Object.assign(new Audio(), { srcObject: new MediaStream([track]), muted: true }).play();
    };
    await exchange(peer, path);
  },

  async encodings(name, changes) {
    const { sender } = peers.get(name).pc.getTransceivers().at(-1);
    const parameters = sender.getParameters();
    parameters.encodings.forEach((one, i) => Object.assign(one, changes[i]));
    await sender.setParameters(parameters);
  },

  async state(name) {
    const peer = peers.get(name), last = peer.frames.at(-1) ?? [];
    return { ...await stats(peer.pc), frames: peer.frames.length, width: last[2], height: last[3] };
  },

  stood() {
    const stood = stall;
    stall = 0;
    return stood;
  },

  // Frames since the last call, and how long the page stood still meanwhile.
  frames(name) {
    return { frames: peers.get(name).frames.splice(0), stall: commands.stood() };
  },

  // RFC 9725 section 4.3.3: new credentials out, the relay's back; nothing else of the descriptions changes.
  async restart(name) {
    const peer = peers.get(name), { pc } = peer;
    pc.restartIce();
    await pc.setLocalDescription();
    const lines = (text, pattern) => text.split("\r\n").filter((line) => pattern.test(line));
    const own = lines(pc.localDescription.sdp, /^a=ice-(ufrag|pwd):/).slice(0, 2);
    const media = lines(pc.localDescription.sdp, /^m=/)[0], mid = lines(pc.localDescription.sdp, /^a=mid:/)[0];
    const response = await fetch("/relay" + peer.location, {
      method: "PATCH", headers: { "Content-Type": "application/trickle-ice-sdpfrag", "If-Match": "*" },
      body: [...own, media, mid, ""].join("\r\n") });
    const fragment = await response.text();
    if (response.status !== 200) throw new Error(`${response.status} ${fragment}`);
    const value = (field) => lines(fragment, new RegExp(`^a=${field}:`))[0];
    peer.answer = peer.answer.replace(/^a=ice-ufrag:.*$/gm, value("ice-ufrag"))
      .replace(/^a=ice-pwd:.*$/gm, value("ice-pwd"));
    await pc.setRemoteDescription({ type: "answer", sdp: peer.answer });
    return { etag: response.headers.get("ETag"), before: peer.etag };
  },

  async close(name) {
    const peer = peers.get(name);
    peers.delete(name);
    const { status } = await fetch("/relay" + peer.location, { method: "DELETE" });
    peer.pc.close();
    return status;
  },
};

for (;;) {
  const command = await fetch("/command").then((response) => response.json()).catch(() => wait(200));
  if (!command) continue;
  const result = { id: command.id };
  try {
    result.value = await commands[command.name](...command.arguments);
  } catch (error) {
    result.error = `${error}\n${error.stack ?? ""}`;  // Firefox's stack doesn't say what is wrong
  }
  await fetch("/result", { method: "POST", body: JSON.stringify(result) });
}
