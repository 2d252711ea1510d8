// The server side of docs/meetings.md in one object, with sockets that are function calls. It is
// strict: what the protocol doesn't know is an error, and every error that it had to answer is
// kept.
import { FakePeerConnection, fakeCapabilities } from "./fake_peer_connection.js";

const FIELDS = {
  join: { needs: ["name"], may: ["token", "resume", "receive", "codecs"] },
  answer: { needs: ["sdp"] },
  publish: { needs: ["publication", "sdp", "tracks"] },
  unpublish: { needs: ["publication"] },
  mute: { needs: ["track", "muted"] },
  view: { may: ["pins", "slots"] },
  restart: { needs: ["leg"], may: ["sdp"] },
  remove: { needs: ["member"] },
  leave: {},
  members: { needs: ["after"] },
};
const TRACK_FIELDS = new Set(["mid", "source", "muted", "height", "scalability"]);
const WISH_FIELDS = new Set(["layers", "height", "paused"]);

function refuse(code, detail = "") {
  return Object.assign(new Error(code), { code, detail });
}

/** A WebSocket of the client. What is said on it arrives in a later turn, in order. */
class FakeSocket extends EventTarget {
  constructor(relay, url, protocol) {
    super();
    Object.assign(this, { relay, url, protocol, open: false, member: undefined });
    relay.sockets.push(this);
    setImmediate(() => {
      if (!relay.reachable) return this.drop(1006);
      this.open = true;
      this.dispatchEvent(new Event("open"));
    });
  }

  send(text) {
    if (!this.open) throw new Error("the socket isn't open");
    setImmediate(() => this.open && !this.relay.deaf && this.relay.receive(this, JSON.parse(text)));
  }

  /** To the client. */
  say(message) {
    setImmediate(
      () =>
        this.open &&
        this.dispatchEvent(Object.assign(new Event("message"), { data: JSON.stringify(message) })),
    );
  }

  close(code = 1005) {
    this.drop(code);
  }

  /** The connection ends, on whichever side. */
  drop(code, reason = "") {
    if (this.ended) return;
    this.ended = true;
    this.open = false;
    setImmediate(() => this.dispatchEvent(Object.assign(new Event("close"), { code, reason })));
  }
}

export class FakeRelay {
  constructor({ video = 3, audio = 2, rights = ["publish", "subscribe"], token } = {}) {
    Object.assign(this, {
      receive_: { video, audio },
      rights,
      token,
      reachable: true,
      deaf: false,
      sockets: [],
      received: [],
      errors: [],
      members: new Map(),
      nextMember: 1,
      nextTrack: 1,
      refusals: [],
      pageSize: Infinity,
    });
    const relay = this;
    this.platform = {
      WebSocket: class {
        constructor(url, protocol) {
          return new FakeSocket(relay, url, protocol);
        }
      },
      RTCPeerConnection: FakePeerConnection,
      RTCRtpSender: fakeCapabilities,
      RTCRtpReceiver: fakeCapabilities,
      network: new EventTarget(),
    };
  }

  /** The socket that is used now. */
  get socket() {
    return this.sockets.at(-1);
  }

  /** Requests of a type that arrived. */
  of(type) {
    return this.received.filter((message) => message.type === type);
  }

  /** The next request of this type is answered with this error. */
  refuseNext(type, code) {
    this.refusals.push({ type, code });
  }

  /** Another member comes, with these tracks. */
  arrive(name, tracks = []) {
    const member = { id: `m${this.nextMember++}`, name, tracks };
    this.members.set(member.id, { info: member });
    this.socket.say({ type: "member-joined", member });
    return member;
  }

  slots(...slots) {
    this.socket.say({ type: "slots", slots });
  }

  /** One's offer of the receiving leg. */
  offer(member) {
    const stream = (index) => (index === 0 ? "pair" : `s${index}`);
    const { video, audio } = member.receive;
    const sections = [
      ...Array.from({ length: video }, (_, i) => ({
        mid: `v${i}`,
        kind: "video",
        stream: stream(i),
      })),
      ...Array.from({ length: audio }, (_, i) => ({
        mid: `a${i}`,
        kind: "audio",
        stream: stream(i),
      })),
    ];
    const sdp = JSON.stringify({ type: "offer", sections, ice: member.ice++ });
    this.socket.say({ type: "offer", sdp, generation: member.generation });
  }

  /** @param {FakeSocket} socket */
  receive(socket, message) {
    this.received.push(message);
    try {
      this.check(message);
      const refusal = this.refusals.findIndex(({ type }) => type === message.type);
      if (refusal >= 0) throw refuse(this.refusals.splice(refusal, 1)[0].code);
      if (message.type !== "join" && !socket.member) throw refuse("bad-request", "join first");
      const handler = message.type === "members" ? "members_" : message.type;
      const answer = this[handler](socket, message);
      socket.say({ type: "ok", ...answer, id: message.id });
    } catch (error) {
      if (!error.code) throw error;
      this.errors.push(`${message.type}: ${error.code} ${error.detail}`);
      socket.say({
        type: "error",
        id: message.id,
        code: error.code,
        detail: error.detail || error.code,
      });
    }
    this.after?.();
    this.after = undefined;
  }

  check({ type, id, ...fields }) {
    const { needs = [], may = [] } = FIELDS[type] ?? {};
    if (!FIELDS[type]) throw refuse("invalid-field", type);
    if (!Number.isInteger(id)) throw refuse("missing-field", "id");
    for (const name of needs) if (fields[name] === undefined) throw refuse("missing-field", name);
    for (const name of Object.keys(fields)) {
      if (!needs.includes(name) && !may.includes(name)) throw refuse("unknown-field", name);
    }
    const inner = [
      ...(fields.tracks ?? []).map((one) => [one, TRACK_FIELDS]),
      ...Object.values(fields.slots ?? {}).map((one) => [one, WISH_FIELDS]),
    ];
    for (const [one, known] of inner) {
      for (const name of Object.keys(one))
        if (!known.has(name)) throw refuse("unknown-field", name);
    }
  }

  join(socket, { name, token, resume, receive = this.receive_ }) {
    if (this.token && token !== this.token) throw refuse("unauthorized");
    let member = [...this.members.values()].find((one) => one.resume === resume && resume);
    if (resume && !member) throw refuse("precondition-failed");
    if (!member) {
      const id = `m${this.nextMember++}`;
      member = {
        info: { id, name, tracks: [] },
        resume: `secret-${id}`,
        generation: 1,
        ice: 0,
        view: [],
        receive: { ...this.receive_, ...receive },
      };
      this.members.set(id, member);
      this.after = () => member.receive.video + member.receive.audio > 0 && this.offer(member);
    }
    socket.member = member;
    return {
      type: "joined",
      member: member.info,
      resume: member.resume,
      room: { name: "demo", profile: "meeting" },
      rights: this.rights,
      receive: member.receive,
      ...this.page(0),
      may_publish: { audio: true, video: true },
      ice_servers: [{ urls: ["stun:203.0.113.1"] }],
    };
  }

  page(from) {
    const all = [...this.members.values()].map(({ info }) => info);
    const members = all.slice(from, from + this.pageSize);
    return { members, ...(from + members.length < all.length && { more: true }) };
  }

  members_(socket, { after }) {
    return { type: "members", ...this.page([...this.members.keys()].indexOf(after) + 1) };
  }

  answer({ member }, { sdp }) {
    if (JSON.parse(sdp).type !== "answer") throw refuse("invalid-sdp");
    member.answers = (member.answers ?? 0) + 1;
    return {};
  }

  publish({ member }, { publication, sdp, tracks }) {
    if (!this.rights.includes("publish")) throw refuse("forbidden");
    const kinds = new Map(JSON.parse(sdp).sections.map(({ mid, kind }) => [mid, kind]));
    if (member.info.tracks.some((one) => one.publication === publication))
      throw refuse("already-exists");
    const made = tracks.map(({ mid, source, muted = false }) => ({
      mid,
      id: `t${this.nextTrack++}`,
      source,
      muted,
    }));
    member.info = {
      ...member.info,
      tracks: [
        ...member.info.tracks,
        ...made.map(({ mid, ...track }) => ({
          ...track,
          kind: kinds.get(mid),
          publication,
          codec: "VP9",
        })),
      ],
    };
    return {
      type: "published",
      publication,
      sdp: JSON.stringify({ type: "answer" }),
      tracks: made.map(({ mid, id }) => ({ mid, id })),
    };
  }

  unpublish({ member }, { publication }) {
    const left = member.info.tracks.filter((one) => one.publication !== publication);
    if (left.length === member.info.tracks.length) throw refuse("not-found");
    member.info = { ...member.info, tracks: left };
    return {};
  }

  mute({ member }, { track, muted }) {
    const owner = [...this.members.values()].find(({ info }) =>
      info.tracks.some((one) => one.id === track),
    );
    if (!owner) throw refuse("not-found");
    if (owner !== member && !this.rights.includes("admin")) throw refuse("forbidden");
    owner.info.tracks.find((one) => one.id === track).muted = muted;
    return {};
  }

  view({ member }, { pins, slots }) {
    member.view.push({ pins, slots });
    return {};
  }

  restart({ member }, { leg, sdp }) {
    if (leg === "receive") {
      this.after = () => this.offer(member);
      return {};
    }
    if (!member.info.tracks.some((one) => one.publication === leg)) throw refuse("not-found");
    return { sdp: JSON.stringify({ type: "answer", restarted: JSON.parse(sdp).ice }) };
  }

  remove(_, { member }) {
    if (!this.rights.includes("admin")) throw refuse("forbidden");
    if (!this.members.delete(member)) throw refuse("not-found");
    return {};
  }

  leave(socket) {
    this.members.delete(socket.member.info.id);
    this.after = () => setImmediate(() => socket.drop(1000));
    return {};
  }
}
