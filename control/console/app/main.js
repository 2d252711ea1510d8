import { Room } from "../sdk/src/room.js";
import { inviteLink, readLink } from "./link.js";
import { Lobby } from "./lobby.js";
import { Meeting } from "./meeting.js";
import { planOf } from "./modes.js";

/** @type {Record<string, string>} */
const ENDS = {
  left: "",
  removed: "You were removed from the meeting.",
  "room-removed": "The meeting is over.",
  replaced: "You took part from another place with the same link.",
};

const link = readLink(location);
const lobby = new Lobby(join);

/** @param {import("./lobby.js").Wanted} wanted */
async function join(wanted) {
  const source = await lobby.takeSource();
  /** @type {Room} */
  let room;
  try {
    room = await Room.join({
      room: wanted.room,
      name: wanted.name,
      ...(link.token && { token: link.token }),
    });
  } catch (error) {
    source.stop();
    throw error;
  }
  lobby.close();
  const invite = inviteLink(location.origin, wanted.room, link.token);
  if (!link.room) history.replaceState(null, "", invite);
  link.room = wanted.room;
  document.title = `${wanted.room} · Strata`;
  const meeting = new Meeting(room, { invite, onEnd: ended });
  Object.assign(globalThis, { strata: { room, meeting } }); // for the browser's console
  const plan = planOf(wanted.codec, wanted.mode);
  // A test picture is there to show its layers, on slow machines too.
  if (wanted.source === "pattern") plan.degradationPreference = "maintain-resolution";
  await meeting.publish(source, wanted, plan);
}

/** @param {{code: string, detail: string}} why */
function ended({ code, detail }) {
  document.title = "Strata";
  lobby.open(link.room, {}, ENDS[code] ?? `The meeting has ended for you: ${detail}`);
}

lobby.open(link.room, link.settings);
if (link.join) lobby.submit();
