// libwebrtc as a publisher or viewer of a codec with Opus, by lines of JSON as gstreamer_peer.py:
// writes {"offer"}, reads {"answer"}, writes counts until its input ends.
// usage: node peer.js publish|view VP8|VP9|AV1
import readline from "node:readline";
import wrtc from "@roamhq/wrtc";

const [role, codec] = process.argv.slice(2);
const [width, height, fps] = [640, 360, 20];
const { RTCAudioSink, RTCAudioSource, RTCVideoSink, RTCVideoSource } = wrtc.nonstandard;
const say = (what) => process.stdout.write(JSON.stringify(what) + "\n");
const counts = { frames: 0, width: 0, height: 0, audio: 0 };
const pc = new wrtc.RTCPeerConnection();

function publish() {
  const source = new RTCVideoSource(), sound = new RTCAudioSource();
  const data = new Uint8ClampedArray(width * height * 1.5).fill(128);
  let turn = 0;
  setInterval(() => {
    for (let y = 0; y < 60; ++y) data.fill((turn * 5 + y) % 256, y * width, (y + 1) * width);
    ++turn;
    source.onFrame({ width, height, data });
  }, 1000 / fps);
  const samples = new Int16Array(480);
  setInterval(() => {
    samples.forEach((_, i) => { samples[i] = 8000 * Math.sin(i * 2 * Math.PI / 48); });
    sound.onData({ samples, sampleRate: 48000, bitsPerSample: 16, channelCount: 1, numberOfFrames: 480 });
  }, 10);
  pc.addTransceiver(sound.createTrack(), { direction: "sendonly" });
  return pc.addTransceiver(source.createTrack(), { direction: "sendonly" });
}

function view() {
  pc.ontrack = ({ track }) => {
    if (track.kind === "audio") {
      new RTCAudioSink(track).ondata = () => { ++counts.audio; };
      return;
    }
    new RTCVideoSink(track).onframe = ({ frame }) => {
      ++counts.frames;
      [counts.width, counts.height] = [frame.width, frame.height];
    };
  };
  pc.addTransceiver("audio", { direction: "recvonly" });
  return pc.addTransceiver("video", { direction: "recvonly" });
}

const transceiver = role === "publish" ? publish() : view();
transceiver.setCodecPreferences(wrtc.RTCRtpSender.getCapabilities("video").codecs
  .filter(({ mimeType }) => mimeType === "video/" + codec || mimeType === "video/rtx"));
await pc.setLocalDescription(await pc.createOffer());
if (pc.iceGatheringState !== "complete")
  await new Promise((done) => {
    pc.onicegatheringstatechange = () => pc.iceGatheringState === "complete" && done();
  });
say({ offer: pc.localDescription.sdp });
const report = setInterval(() => say(counts), 100);
for await (const line of readline.createInterface({ input: process.stdin }))
  await pc.setRemoteDescription({ type: "answer", sdp: JSON.parse(line).answer });
clearInterval(report);
process.exit(0);  // libwebrtc's threads would keep it
