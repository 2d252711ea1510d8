export { Room } from "./room.js";
export { MeetingError } from "./errors.js";
export { Publication } from "./publication.js";
export { Slot } from "./slot.js";
export { SizeWatcher } from "./size_watcher.js";
export { Emitter, MeetingEvent } from "./events.js";
export { planVideo, VIDEO_CODECS } from "./encodings.js";
