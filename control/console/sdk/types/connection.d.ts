/** @typedef {import("./protocol.js").Message} Message */
/**
 * @typedef {object} Waiting a request without its answer
 * @property {(answer: any) => void} resolve
 * @property {(error: MeetingError) => void} reject
 * @property {ReturnType<typeof setTimeout>} timer
 */
/**
 * @param {string} base of the relay: `https://node.example`, or `wss://…`
 * @param {string} room
 * @returns {string} where its meetings are joined
 */
export function meetingUrl(base: string, room: string): string;
/**
 * One WebSocket: requests with their answers, and what the relay says by itself. It is never
 * opened again: who wants another makes another.
 * @extends {Emitter<{message: Message, closed: {code: number, reason: string}}>}
 */
export class Connection extends Emitter<{
    message: Message;
    closed: {
        code: number;
        reason: string;
    };
}> {
    /**
     * @param {{url: string, WebSocket: typeof WebSocket, timeoutMs: number}} options
     * @returns {Promise<Connection>} when it is open
     */
    static open({ url, WebSocket, timeoutMs }: {
        url: string;
        WebSocket: typeof WebSocket;
        timeoutMs: number;
    }): Promise<Connection>;
    /**
     * @param {WebSocket} socket that is open
     * @param {number} timeoutMs for an answer
     */
    constructor(socket: WebSocket, timeoutMs: number);
    /**
     * @param {{type: string} & Record<string, unknown>} message without `id`
     * @param {number} [timeoutMs]
     * @returns {Promise<any>} the answer; or the relay's error, `timeout`, `connection-lost`
     */
    request(message: {
        type: string;
    } & Record<string, unknown>, timeoutMs?: number | undefined): Promise<any>;
    /**
     * Ends it. What still waits is rejected.
     * @param {number} [code]
     */
    close(code?: number | undefined): void;
    #private;
}
export type Message = import("./protocol.js").Message;
/**
 * a request without its answer
 */
export type Waiting = {
    resolve: (answer: any) => void;
    reject: (error: MeetingError) => void;
    timer: ReturnType<typeof setTimeout>;
};
import { Emitter } from "./events.js";
import { MeetingError } from "./errors.js";
