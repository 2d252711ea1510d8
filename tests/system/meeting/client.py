"""A member of a meeting: a WebSocket over the API's Unix socket, spoken by hand so that it can be spoken wrongly."""
import base64
import json
import os
import socket
import struct
import threading
import time

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class Refused(Exception):
    def __init__(self, message):
        super().__init__(f"{message.get('code')}: {message.get('detail')}")
        self.code = message.get("code")


def connected(path):
    """A socket to the API's file."""
    one = socket.socket(socket.AF_UNIX)
    one.settimeout(20)
    one.connect(path)
    return one


class Socket:
    """Frames (RFC 6455) on a socket that is connected, without a thought about what is in them."""

    def __init__(self, connection, target, protocol="strata.v1"):
        self.socket = connection
        key = base64.b64encode(os.urandom(16)).decode()
        wanted = f"Sec-WebSocket-Protocol: {protocol}\r\n" if protocol else ""
        self.socket.sendall(
            (f"GET {target} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n{wanted}\r\n").encode())
        self.buffer, self.fragments, head = b"", [], b""
        while b"\r\n\r\n" not in head:
            more = self.socket.recv(4096)
            assert more, head
            head += more
        head, self.buffer = head.split(b"\r\n\r\n", 1)
        self.status = int(head.split()[1])

    def send(self, payload, opcode=TEXT):
        if isinstance(payload, str):
            payload = payload.encode()
        size = len(payload)
        head = bytes([0x80 | opcode]) + (
            bytes([0x80 | size]) if size < 126 else
            struct.pack(">BH", 0x80 | 126, size) if size < 65536 else struct.pack(">BQ", 0x80 | 127, size))
        self.socket.sendall(head + bytes(4) + payload)

    def read(self, count):
        while len(self.buffer) < count:
            more = self.socket.recv(65536)
            if not more:
                raise ConnectionError("the connection has ended")
            self.buffer += more
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def frame(self):
        """Opcode and payload of the next message."""
        while True:
            final, opcode, payload = self.fragment()
            if opcode >= CLOSE:
                return opcode, payload  # may come between the fragments of another
            self.fragments.append((opcode, payload))
            if final:
                whole, self.fragments = self.fragments, []
                return whole[0][0], b"".join(part for _, part in whole)

    def fragment(self):
        first, size = self.read(2)
        if size == 126:
            size, = struct.unpack(">H", self.read(2))
        elif size == 127:
            size, = struct.unpack(">Q", self.read(8))
        return first >> 7, first & 15, self.read(size)

    def close(self):
        # Wakes a thread that reads as well.
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()


class Member:
    """Joins; knows who is there and what is in its slots. Messages come in by a thread."""

    def __init__(self, node, room="demo", **join):
        self.node, self.room = node, room
        self.socket = Socket(connected(node.api_socket), f"/meet/{room}")
        assert self.socket.status == 101, self.socket.status
        self.changed = threading.Condition()
        self.answers, self.news, self.closed = {}, [], None
        self.members, self.slots, self.next_id = {}, {}, 0
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()
        self.joined = None
        if join:
            self.join(**join)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.drop()

    def join(self, **fields):
        self.joined = self.request("join", **fields)
        self.id = self.joined["member"]["id"]
        with self.changed:
            self.members = {one["id"]: one for one in self.joined["members"]}
        return self.joined

    def listen(self):
        try:
            while True:
                opcode, payload = self.socket.frame()
                if opcode == PING:
                    self.socket.send(payload, PONG)
                elif opcode == CLOSE:
                    with self.changed:
                        self.closed = struct.unpack(">H", payload[:2])[0] if payload else 1005
                        self.changed.notify_all()
                    self.socket.send(payload[:2], CLOSE)
                elif opcode == TEXT:
                    self.take(json.loads(payload))
        except (OSError, ConnectionError):
            with self.changed:
                self.closed = self.closed or 1006
                self.changed.notify_all()

    def take(self, message):
        with self.changed:
            if "id" in message:
                self.answers[message["id"]] = message
            else:
                self.news.append(message)
                if message["type"] in ("member-joined", "member-changed"):
                    self.members[message["member"]["id"]] = message["member"]
                elif message["type"] == "member-left":
                    self.members.pop(message["member"], None)
                elif message["type"] == "slots":
                    self.slots.update({slot["mid"]: slot for slot in message["slots"]})
            self.changed.notify_all()

    def until(self, what, ready, seconds=20.0):
        """The first true value of ready(), which sees news as they come."""
        end = time.monotonic() + seconds
        with self.changed:
            while True:
                value = ready()
                if value:
                    return value
                left = end - time.monotonic()
                assert left > 0, f"{what}: not within {seconds} s; {self.news[-3:]}"
                self.changed.wait(min(left, 0.1))

    def request(self, kind, **fields):
        self.next_id += 1
        number = self.next_id
        self.socket.send(json.dumps({"type": kind, "id": number, **fields}))
        answer = self.until(f"an answer to {kind}", lambda: self.answers.pop(number, None) or
                            (self.closed and {"type": "error", "code": f"closed {self.closed}"}))
        if answer["type"] == "error":
            raise Refused(answer)
        return answer

    def refused(self, kind, **fields):
        """The code of the refusal."""
        try:
            answer = self.request(kind, **fields)
        except Refused as refusal:
            return refusal.code
        raise AssertionError(f"{kind} {fields} was granted: {answer}")

    def message(self, kind, seconds=20.0, **fields):
        """The next message of this type with these fields; it is taken out."""
        def first():
            for i, one in enumerate(self.news):
                if one["type"] == kind and all(one.get(name) == value for name, value in fields.items()):
                    return self.news.pop(i)
            return None
        return self.until(f"{kind} {fields}", first, seconds)

    def filled(self):
        return {mid: slot for mid, slot in self.slots.items() if "track" in slot}

    def until_seen(self, *tracks, seconds=20.0):
        """Waits until exactly these tracks are in the slots."""
        wanted = sorted(tracks)
        return self.until(f"slots with {wanted}",
                          lambda: sorted(slot["track"] for slot in self.filled().values()) == wanted, seconds)

    def drop(self):
        """The connection is lost."""
        self.socket.close()
        self.thread.join(5)
