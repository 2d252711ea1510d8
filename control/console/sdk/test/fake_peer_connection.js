// RTCPeerConnection and tracks without media. A "session description" is JSON: type, sections,
// ICE generation.

export class FakeTrack extends EventTarget {
  constructor(kind, height = 540) {
    super();
    Object.assign(this, { kind, enabled: true, id: `${kind}-${Math.random()}`, height });
  }

  getSettings() {
    return this.kind === "video" ? { height: this.height } : {};
  }
}

export class FakeStream {
  constructor(...kinds) {
    this.id = "stream";
    this.tracks = kinds.map((kind) => new FakeTrack(kind));
  }

  getTracks() {
    return this.tracks;
  }

  addTrack(track) {
    this.tracks.push(track);
  }

  removeTrack(track) {
    this.tracks = this.tracks.filter((one) => one !== track);
  }
}

class FakeSender {
  constructor(track, encodings) {
    this.track = track;
    this.encodings = encodings;
  }

  getParameters() {
    return { ...this.parameters, encodings: this.encodings.map((one) => ({ ...one })) };
  }

  async setParameters({ encodings, ...parameters }) {
    this.encodings = encodings;
    this.parameters = parameters;
  }

  async replaceTrack(track) {
    this.track = track;
  }
}

export class FakePeerConnection extends EventTarget {
  static all = [];

  constructor(configuration) {
    super();
    FakePeerConnection.all.push(this);
    Object.assign(this, {
      configuration,
      connectionState: "new",
      signalingState: "stable",
      transceivers: [],
      ice: 0,
      restarts: 0,
      localDescription: null,
      remoteDescription: null,
      stats: new Map(),
    });
  }

  addTransceiver(track, { direction, streams, sendEncodings = [{}] }) {
    const transceiver = {
      mid: null,
      direction,
      streams,
      sender: new FakeSender(track, sendEncodings),
      preferences: undefined,
      setCodecPreferences(codecs) {
        this.preferences = codecs;
      },
    };
    this.transceivers.push(transceiver);
    return transceiver;
  }

  restartIce() {
    this.restarts += 1;
  }

  async setLocalDescription(description) {
    if (description?.type === "rollback") {
      this.signalingState = "stable";
      return;
    }
    if (this.signalingState === "have-remote-offer") {
      this.localDescription = {
        type: "answer",
        sdp: JSON.stringify({ type: "answer", to: this.remote.ice }),
      };
      this.signalingState = "stable";
      return;
    }
    this.transceivers.forEach((one, index) => {
      one.mid = String(index);
    });
    const sections = this.transceivers.map(({ mid, sender }) => ({ mid, kind: sender.track.kind }));
    this.localDescription = {
      type: "offer",
      sdp: JSON.stringify({ type: "offer", sections, ice: this.restarts }),
    };
    this.signalingState = "have-local-offer";
  }

  async setRemoteDescription({ type, sdp }) {
    if (this.connectionState === "closed") throw new Error("closed");
    this.remote = JSON.parse(sdp);
    if (this.remote.type !== type) throw new Error(`not an ${type}`);
    this.remoteDescription = { type, sdp };
    this.signalingState = type === "offer" ? "have-remote-offer" : "stable";
    if (type !== "offer" || this.tracks) return;
    this.tracks = this.remote.sections.map(({ mid, kind, stream }) => {
      const track = new FakeTrack(kind);
      const event = Object.assign(new Event("track"), {
        transceiver: { mid },
        track,
        streams: [{ id: stream }],
      });
      this.dispatchEvent(event);
      return track;
    });
  }

  /** What a network would do. */
  become(state) {
    this.connectionState = state;
    this.dispatchEvent(new Event("connectionstatechange"));
  }

  async getStats() {
    return this.stats;
  }

  close() {
    this.connectionState = "closed";
  }
}

const CODECS = ["VP8", "VP9", "AV1", "H264", "rtx"];
export const fakeCapabilities = {
  getCapabilities: (kind) => ({
    codecs: kind === "video" ? CODECS.map((name) => ({ mimeType: `video/${name}` })) : [],
  }),
};
