"""A room whose publishers are made of a socket each, and a thread that keeps them sending."""
import os
import socket
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "control"))

from programs import Node  # noqa: E402
from slot_peer import SecurePeer  # noqa: E402


class Room:
    """A node with a room, and a thread that keeps publishers sending."""

    def __init__(self, profile="meeting", **settings):
        self.node, self.profile = Node(**settings), profile
        self.senders, self.running = [], True
        self.thread = threading.Thread(target=self.send, daemon=True)

    def __enter__(self):
        self.node.__enter__()
        self.node.start("strata-dataplane")
        self.node.start("strata-control")
        self.node.wait_synchronised()
        self.node.post("/v1/rooms", {"name": "demo", "profile": self.profile})
        self.thread.start()
        return self

    def __exit__(self, *how):
        self.running = False
        self.thread.join(5)
        self.node.__exit__(*how)

    def send(self):
        while self.running:
            for sender in list(self.senders):
                sender()
            time.sleep(0.02)

    def voice(self, ssrc):
        """A WHIP publisher of Opus, and its track's id."""
        before = {track["id"] for track in self.node.get("/v1/tracks?room=demo")["items"]}
        peer = SecurePeer(self.node, "demo", ssrc).connect()
        track, = {one["id"] for one in self.node.get("/v1/tracks?room=demo")["items"]} - before
        self.senders.append(lambda: peer.send(peer.packet()))
        return peer, track

    def camera(self, ssrc, codec="VP8", payload_type=96):
        """A publisher of plain RTP that the operator made: a key frame whenever one is asked for, and its track."""
        participant = self.node.post("/v1/rooms/demo/participants", {"name": f"camera-{ssrc}"})
        track = self.node.post(f"/v1/participants/{participant['id']}/tracks",
                               {"codec": codec, "payload_type": payload_type, "ssrcs": [ssrc]})
        camera = Camera(participant["relay"], ssrc, codec, payload_type)
        self.senders.append(camera.frame)
        return camera, participant["id"], track["id"]

    def microphone(self, ssrc):
        """The same of a voice, silent at first, and its track."""
        participant = self.node.post("/v1/rooms/demo/participants", {"name": f"voice-{ssrc}"})
        track = self.node.post(
            f"/v1/participants/{participant['id']}/tracks",
            {"codec": "opus", "clock_rate_hz": 48000, "payload_type": 111, "ssrcs": [ssrc],
             "extensions": {str(Voice.EXTENSION): "urn:ietf:params:rtp-hdrext:ssrc-audio-level"}})
        voice = Voice(participant["relay"], ssrc)
        self.senders.append(voice.packet)
        return voice, track["id"]


class Camera:
    """One-packet frames of VP8 or H.264; the first two and whatever follows a PLI or FIR are key frames."""

    def __init__(self, relay, ssrc, codec, payload_type):
        host, port = relay.rsplit(":", 1)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect((host, int(port)))
        self.socket.setblocking(False)
        self.ssrc, self.codec, self.payload_type = ssrc, codec, payload_type
        self.count, self.key_frames, self.picture = 0, 2, 0

    def frame(self):
        try:
            while True:
                packet = self.socket.recv(2048)
                if packet[1] == 206 and packet[0] & 31 in (1, 4):
                    self.key_frames = 1
        except (BlockingIOError, ConnectionRefusedError):
            pass
        key, self.key_frames = self.key_frames > 0, max(0, self.key_frames - 1)
        self.count += 1
        self.picture = (self.picture + 1) & 0x7FFF
        header = struct.pack(">BBHII", 0x80, 0x80 | self.payload_type, self.count & 0xFFFF,
                             self.count * 1800 & 0xFFFFFFFF, self.ssrc)
        self.socket.send(header + self.payload(key))

    def payload(self, key):
        if self.codec == "VP8":
            # RFC 7741: X, S; I with a picture id of 15 bits; then the frame's first bytes.
            descriptor = bytes([0x90, 0x80]) + struct.pack(">H", 0x8000 | self.picture)
            start = b"\x10\x02\x00\x9d\x01\x2a\x40\x01\xf0\x00" if key else b"\x11\x02\x00"
            return descriptor + start + bytes(60)
        if key:  # STAP-A of SPS, PPS and IDR
            units = [b"\x67\x42\xe0\x1f" + bytes(8), b"\x68\xce\x3c\x80", b"\x65\x88" + bytes(60)]
            return b"\x78" + b"".join(struct.pack(">H", len(unit)) + unit for unit in units)
        return b"\x61\x9a" + bytes(60)


class Voice:
    """A microphone whose packets say how loud it is (RFC 6464)."""

    SILENT, LOUD = 127, 0x80 | 25  # -dBov; the bit: somebody speaks
    EXTENSION = 1

    def __init__(self, relay, ssrc):
        host, port = relay.rsplit(":", 1)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect((host, int(port)))
        self.ssrc, self.count, self.level = ssrc, 0, self.SILENT

    def packet(self):
        self.count += 1
        header = struct.pack(">BBHII", 0x90, 111, self.count & 0xFFFF, self.count * 960 & 0xFFFFFFFF, self.ssrc)
        extension = struct.pack(">HHBBH", 0xBEDE, 1, self.EXTENSION << 4, self.level, 0)
        try:
            self.socket.send(header + extension + self.ssrc.to_bytes(4, "big") + bytes(60))
        except ConnectionRefusedError:
            pass
