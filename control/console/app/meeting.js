import { SizeWatcher } from "../sdk/src/size_watcher.js";
import { byId, dress, say } from "./element.js";
import { Figures, pathText, tileText } from "./figures.js";
import { OwnMedia } from "./own_media.js";
import { Panel } from "./panel.js";
import { People } from "./people.js";
import { screenStream } from "./sources.js";
import { Speakers, speaking } from "./speakers.js";
import { Stage } from "./stage.js";
import { SlotTile, Tile } from "./tile.js";
import { toast } from "./toasts.js";

/**
 * @typedef {import("../sdk/src/room.js").Room} Room
 * @typedef {import("../sdk/src/slot.js").Slot} Slot
 */

/** People without a picture get a tile too, up to so many. */
const MOST_NAME_TILES = 12;
const FIGURES_EVERY_MS = 1000;
const SCREEN_PLAN = /** @type {const} */ ({ codec: "VP9", scalabilityMode: "L1T3" });

/** The meeting as one sees it: a room, drawn. */
export class Meeting {
  #room;
  #invite;
  #onEnd;
  #own;
  #ownTile = new Tile({ own: true });
  /** @type {Map<string, SlotTile>} by mid */ #slotTiles = new Map();
  /** @type {Map<string, Tile>} by member, of those without a picture */ #nameTiles = new Map();
  /** @type {Map<string, {track: string, layers: string}>} by mid, chosen by hand */ #chosen =
    new Map();
  /** @type {string | undefined} member or track */ #pinned;
  /**
   * The latest, for whoever asks.
   * @type {import("../sdk/src/room.js").RoomStatistics | undefined}
   */
  statistics;
  #mirrored = false;
  #onPageHide = () => void this.#room.leave();
  #drawing = false;
  #ended = false;

  /**
   * @param {Room} room
   * @param {{invite: string, onEnd: (why: {code: string, detail: string}) => void}} options
   */
  constructor(room, { invite, onEnd }) {
    this.#room = room;
    this.#invite = invite;
    this.#onEnd = onEnd;
    this.#own = new OwnMedia(room, () => this.#soon());
    this.stage = new Stage(byId("stage"));
    this.sizes = new SizeWatcher(room);
    this.speakers = new Speakers(byId("audio"), () => this.#askForClick());
    this.people = new People(byId("people"), room, (error) => this.#complain(error));
    this.figures = new Figures(byId("figures"), room);
    this.panel = new Panel(() => this.#soon());
    this.#listen();
    this.#bar();
    say(byId("room-name"), room.name);
    byId("meeting").hidden = false;
    this.timer = setInterval(() => void this.#measure(), FIGURES_EVERY_MS);
    for (const slot of room.slots.values()) this.#slotChanged(slot);
    this.#soon();
  }

  /**
   * Sends what one came with.
   * @param {import("./lobby.js").Source} source
   * @param {import("./lobby.js").Wanted} wanted
   * @param {import("../sdk/src/encodings.js").VideoPlan} plan
   */
  async publish(source, wanted, plan) {
    if (!source.stream) return;
    this.#mirrored = wanted.source === "camera";
    const before = source.stream.getTracks().length;
    const name = wanted.source === "screen" ? "screen" : "camera";
    try {
      const sent = await this.#own.publish(name, source, plan);
      if (!sent) toast("In this room you may only watch and listen.");
      else if (source.stream.getTracks().length < before)
        toast("In this room you are heard, not seen.");
    } catch (error) {
      this.#complain(error);
    }
  }

  async leave() {
    await this.#room.leave();
  }

  #listen() {
    const room = this.#room;
    room.on("slot", ({ detail }) => this.#slotChanged(detail));
    for (const type of /** @type {const} */ ([
      "member-joined",
      "member-changed",
      "unshown",
      "state",
      "receiving",
    ])) {
      room.on(type, () => this.#soon());
    }
    room.on(
      "member-joined",
      ({ detail }) => detail.id !== room.me.id && toast(`${detail.name} has joined.`),
    );
    room.on("member-left", ({ detail: { member, reason } }) => {
      toast(reason === "lost" ? `${member.name} is gone.` : `${member.name} has left.`);
      this.#soon();
    });
    room.on("muted", ({ detail: { by, muted } }) => {
      const who = room.members.get(by)?.name ?? "Somebody";
      toast(muted ? `${who} has muted you.` : `${who} lets you speak again.`);
      this.#soon();
    });
    room.on("publication-ended", ({ detail: { publication } }) => {
      this.#own.forget(publication.name);
      toast(`Your ${publication.name} isn’t sent any more.`, "trouble");
    });
    room.on("problem", ({ detail }) => console.warn("strata:", detail));
    room.on("closed", ({ detail }) => this.#end(detail));
    addEventListener("pagehide", this.#onPageHide);
  }

  #bar() {
    byId("mic").onclick = () => this.#toggle("audio");
    byId("camera").onclick = () => this.#toggle("video");
    byId("screen").onclick = () => void this.#toggleScreen();
    byId("leave").onclick = () => void this.leave();
    byId("link").onclick = byId("invite").onclick = () => void this.#copyLink();
    dress(byId("link"), "link", "Copy link");
    dress(byId("people-button"), "people", "People");
    dress(byId("figures-button"), "figures", "Figures");
    dress(byId("leave"), "leave", "Leave");
    document.onkeydown = (event) => {
      const typing = /** @type {HTMLElement} */ (event.target).closest("input, select, textarea");
      if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "m") this.#toggle("audio");
      if (event.key === "v") this.#toggle("video");
    };
  }

  /** @param {"audio" | "video"} kind */
  #toggle(kind) {
    this.#own.toggle(kind).catch((error) => this.#complain(error));
  }

  async #toggleScreen() {
    try {
      if (this.#own.sends("screen")) return await this.#own.end("screen");
      const stream = await screenStream();
      const stop = () => stream.getTracks().forEach((track) => track.stop());
      await this.#own.publish("screen", { stream, stop }, SCREEN_PLAN);
    } catch (error) {
      if (/** @type {DOMException} */ (error).name !== "NotAllowedError") this.#complain(error);
    }
  }

  async #copyLink() {
    try {
      await navigator.clipboard.writeText(this.#invite);
      toast("The link is copied: whoever has it can come in.");
    } catch {
      toast(this.#invite); // pages without HTTPS may not use the clipboard
    }
  }

  /** @param {Slot} slot */
  #slotChanged(slot) {
    if (slot.kind === "audio") this.speakers.update(slot);
    const chosen = this.#chosen.get(slot.mid);
    // Layers that were chosen for one track say nothing of another.
    if (chosen && chosen.track !== slot.track) this.#choose(slot.mid, "auto");
    this.#soon();
  }

  /** Draws once, however much has changed in this turn. */
  #soon() {
    if (this.#drawing) return;
    this.#drawing = true;
    queueMicrotask(() => {
      this.#drawing = false;
      if (!this.#ended) this.#draw();
    });
  }

  #draw() {
    const shown = this.#shownSlots();
    const others = [...shown.map((slot) => this.#slotTile(slot)), ...this.#withoutPicture(shown)];
    for (const [mid, tile] of this.#slotTiles) {
      if (!shown.some((slot) => slot.mid === mid)) this.#dropSlotTile(mid, tile);
    }
    const spotlight =
      shown.length > 0 && (this.#isPinned(shown[0]) || shown[0].source === "screen");
    this.stage.arrange(others, this.#drawOwn(), spotlight);
    byId("empty").hidden = this.#room.members.size > 1;
    this.people.update();
    this.#drawBar();
    this.#drawBanner();
  }

  /** @returns {Slot[]} with a picture, in the order of the stage */
  #shownSlots() {
    const rank = (/** @type {Slot} */ slot) =>
      this.#isPinned(slot) ? 0 : slot.source === "screen" ? 1 : 2;
    return [...this.#room.slots.values()]
      .filter((slot) => slot.kind === "video" && !slot.empty)
      .sort((a, b) => rank(a) - rank(b));
  }

  /** @param {Slot} slot */
  #isPinned(slot) {
    return this.#pinned !== undefined && this.#pinned === slot.track;
  }

  /** @param {Slot} slot */
  #slotTile(slot) {
    const { mid } = slot;
    let tile = this.#slotTiles.get(mid);
    if (!tile) {
      tile = new SlotTile({
        onPin: () => this.#pin(mid),
        onLayers: (layers) => this.#choose(mid, layers),
      });
      tile.element.dataset.mid = mid;
      this.#slotTiles.set(mid, tile);
      this.sizes.observe(mid, tile.video);
    }
    const member = this.#room.members.get(slot.member ?? "");
    const track = member?.tracks.find(({ id }) => id === slot.track);
    const name = member?.name ?? slot.member ?? "";
    tile.element.dataset.member = slot.member;
    tile.show({
      name: slot.source === "screen" ? `${name}’s screen` : name,
      muted: silent(member),
    });
    tile.play(slot.media);
    tile.picture = !track?.muted;
    tile.pinned = this.#isPinned(slot);
    tile.offer(track?.layers ?? [], this.#chosen.get(mid)?.layers ?? "auto");
    return tile;
  }

  /**
   * @param {string} mid
   * @param {SlotTile} tile
   */
  #dropSlotTile(mid, tile) {
    this.sizes.unobserve(mid);
    this.#slotTiles.delete(mid);
    tile.remove();
  }

  /**
   * @param {Slot[]} shown
   * @returns {Tile[]} of members who aren't seen
   */
  #withoutPicture(shown) {
    const seen = new Set(shown.map(({ member }) => member));
    const hidden = [...this.#room.members.values()]
      .filter(({ id }) => id !== this.#room.me.id && !seen.has(id))
      .slice(0, MOST_NAME_TILES);
    for (const [id, tile] of this.#nameTiles) {
      if (hidden.some((member) => member.id === id)) continue;
      this.#nameTiles.delete(id);
      tile.remove();
    }
    return hidden.map((member) => {
      const tile = this.#nameTiles.get(member.id) ?? new Tile();
      this.#nameTiles.set(member.id, tile);
      tile.element.dataset.member = member.id;
      tile.show({ name: member.name, muted: silent(member) });
      return tile;
    });
  }

  #drawOwn() {
    const picture = this.#own.picture;
    const muted = this.#own.state("audio")?.muted ?? false;
    this.#ownTile.show({ name: `${this.#room.me.name} (you)`, muted, mirrored: this.#mirrored });
    this.#ownTile.play(picture);
    this.#ownTile.picture = picture !== undefined && !this.#own.state("video")?.muted;
    return picture || this.#room.members.size <= 1 ? this.#ownTile : undefined;
  }

  #drawBar() {
    for (const [id, kind, word] of /** @type {const} */ ([
      ["mic", "audio", "microphone"],
      ["camera", "video", "camera"],
    ])) {
      const state = this.#own.state(kind);
      const off = state?.muted ?? true;
      dress(byId(id), id, `Turn ${word} ${off ? "on" : "off"}`, { off, pressed: !off });
      byId(id).disabled = !state;
    }
    const sharing = this.#own.sends("screen");
    dress(byId("screen"), "screen", sharing ? "Stop sharing" : "Share screen", {
      pressed: sharing,
    });
    byId("screen").disabled =
      !this.#room.mayPublish.video || !navigator.mediaDevices?.getDisplayMedia;
  }

  #drawBanner() {
    const banner = byId("banner");
    const leg = this.#room.receiving;
    const text =
      this.#room.state === "reconnecting"
        ? "The connection to the relay is lost. Coming back…"
        : leg === "failed" || leg === "disconnected"
          ? "Pictures and sound are interrupted. Trying again…"
          : "";
    if (banner.dataset.click) return;
    banner.hidden = text === "";
    say(banner, text);
  }

  #askForClick() {
    const banner = byId("banner");
    banner.dataset.click = "1";
    banner.hidden = false;
    say(banner, "Click anywhere to hear the others.");
    addEventListener(
      "click",
      () => {
        delete banner.dataset.click;
        this.speakers.playAll();
        this.#soon();
      },
      { once: true },
    );
  }

  /** @param {string} mid */
  #pin(mid) {
    const { track } = this.#room.slots.get(mid) ?? {};
    this.#pinned = this.#pinned === track ? undefined : track;
    this.#room.pin(...(this.#pinned ? [this.#pinned] : [])).catch((error) => this.#complain(error));
    this.#soon();
  }

  /**
   * @param {string} mid
   * @param {string} layers `auto` or a text of the relay's
   */
  #choose(mid, layers) {
    const track = this.#room.slots.get(mid)?.track;
    if (layers === "auto" || !track) this.#chosen.delete(mid);
    else this.#chosen.set(mid, { track, layers });
    this.#room
      .view({ slots: { [mid]: { layers } } })
      .then(() => layers === "auto" && this.sizes.forget(mid))
      .catch((error) => this.#complain(error));
  }

  async #measure() {
    const statistics = await this.#room.statistics();
    if (this.#ended) return;
    this.statistics = statistics;
    const loud = speaking(statistics.slots, this.#room.slots);
    for (const tile of [...this.#slotTiles.values(), ...this.#nameTiles.values()]) {
      tile.speaking = loud.has(tile.element.dataset.member ?? "");
    }
    const open = this.panel.shows("figures");
    for (const [mid, tile] of this.#slotTiles) {
      const one = statistics.slots.find((slot) => slot.mid === mid);
      tile.figures = open && one ? tileText(one, this.#room.slots.get(mid)?.layersCurrent) : "";
    }
    this.figures.update(statistics);
    say(byId("path"), pathText(statistics.path));
  }

  /** @param {any} error */
  #complain(error) {
    toast(error.message ?? String(error), "trouble");
  }

  /** @param {{code: string, detail: string}} why */
  #end(why) {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.timer);
    removeEventListener("pagehide", this.#onPageHide);
    document.onkeydown = null;
    this.sizes.disconnect();
    this.speakers.close();
    this.#own.close();
    for (const [mid, tile] of this.#slotTiles) this.#dropSlotTile(mid, tile);
    for (const tile of [...this.#nameTiles.values(), this.#ownTile]) tile.remove();
    this.panel.close();
    byId("meeting").hidden = true;
    this.#onEnd(why);
  }
}

/**
 * @param {import("../sdk/src/protocol.js").MemberInfo | undefined} member
 * @returns {boolean}
 */
function silent(member) {
  const sounds = member?.tracks.filter(({ kind }) => kind === "audio") ?? [];
  return sounds.every(({ muted }) => muted);
}
