import { dress, make, say } from "./element.js";
import { icon } from "./icons.js";

/**
 * @typedef {import("../sdk/src/room.js").Room} Room
 * @typedef {import("../sdk/src/protocol.js").MemberInfo} MemberInfo
 */

/** Who is in the room; for admins with the buttons to mute them and to send them away. */
export class People {
  #room;
  #onError;
  #list = make("ul", { class: "people" });
  #count = make("p", { class: "quiet" });

  /**
   * @param {HTMLElement} element
   * @param {Room} room
   * @param {(error: unknown) => void} onError
   */
  constructor(element, room, onError) {
    this.#room = room;
    this.#onError = onError;
    element.replaceChildren(this.#count, this.#list);
  }

  update() {
    const members = [...this.#room.members.values()];
    say(this.#count, members.length === 1 ? "Only you" : `${members.length} people`);
    this.#list.replaceChildren(...members.map((member) => this.#row(member)));
  }

  /** @param {MemberInfo} member */
  #row(member) {
    const own = member.id === this.#room.me.id;
    const row = make(
      "li",
      { "data-member": member.id },
      make("span", { class: "person" }, own ? `${member.name} (you)` : member.name),
      ...marks(member, this.#room.unshown),
    );
    if (!own && this.#room.rights.includes("admin")) row.append(...this.#tools(member));
    return row;
  }

  /** @param {MemberInfo} member */
  #tools(member) {
    const mute = make("button", { type: "button", class: "plain" });
    dress(mute, "mic", `Mute ${member.name}`, { off: true });
    const heard = member.tracks.filter(({ kind, muted }) => kind === "audio" && !muted);
    mute.disabled = heard.length === 0;
    mute.addEventListener("click", () => {
      Promise.all(heard.map(({ id }) => this.#room.muteTrack(id))).catch(this.#onError);
    });
    const remove = make("button", { type: "button", class: "plain" });
    dress(remove, "remove", `Remove ${member.name}`);
    remove.addEventListener("click", () => this.#room.remove(member.id).catch(this.#onError));
    return [mute, remove];
  }
}

/**
 * @param {MemberInfo} member
 * @param {Map<string, string>} unshown tracks that one can't be shown
 * @returns {Node[]} what this member sends
 */
function marks({ tracks }, unshown) {
  /** @type {[string, Parameters<typeof icon>[0], string][]} */
  const kinds = [
    ["microphone", "mic", "microphone"],
    ["camera", "camera", "camera"],
    ["screen", "screen", "screen"],
  ];
  return kinds.flatMap(([source, name, word]) => {
    const own = tracks.filter((track) => track.source === source);
    if (own.length === 0) return [];
    const off = own.every(({ muted }) => muted);
    const hidden = own.every(({ id }) => unshown.has(id));
    const label = hidden ? `${word} can't be shown here` : `${word} is ${off ? "off" : "on"}`;
    return [
      make(
        "span",
        { class: off || hidden ? "mark off" : "mark", role: "img", "aria-label": label },
        icon(name, off || hidden),
      ),
    ];
  });
}
