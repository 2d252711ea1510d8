/**
 * One's place in a room, over however many WebSockets it takes: when one is lost the next takes
 * the same place again (`resume`), or a new one where the old is gone.
 * @extends {Emitter<SessionEvents>}
 */
export class Session extends Emitter<SessionEvents> {
    /** @param {SessionOptions} options */
    constructor(options: SessionOptions);
    get state(): SessionState;
    /** Joins for the first time. Rejects where that is refused or nobody answers. */
    enter(): Promise<void>;
    /**
     * @param {{type: string} & Record<string, unknown>} message
     * @param {number} [timeoutMs]
     * @returns {Promise<any>} the answer; `connection-lost` at once while there is no connection
     */
    request(message: {
        type: string;
    } & Record<string, unknown>, timeoutMs?: number | undefined): Promise<any>;
    /** The network may be another one: tries at once, or sees whether the connection still lives. */
    networkChanged(): Promise<void>;
    /** Leaves for good. Says so as long as there is a connection. */
    leave(): Promise<void>;
    #private;
}
export type Joined = import("./protocol.js").Joined;
export type Message = import("./protocol.js").Message;
export type SessionOptions = {
    url: string;
    room: string;
    /**
     * what `join` always says
     */
    join: Record<string, unknown>;
    /**
     * what it says besides without `resume`
     */
    fresh: Record<string, unknown>;
    platform: import("./platform.js").Platform;
    timing: import("./platform.js").Timing;
};
export type SessionState = "joining" | "connected" | "reconnecting" | "closed";
export type SessionEvents = {
    joined: {
        joined: Joined;
        resumed: boolean;
    };
    message: Message;
    state: SessionState;
    /**
     * for good
     */
    closed: {
        code: string;
        detail: string;
    };
};
import { Emitter } from "./events.js";
