"""STUN as an ICE agent speaks it (RFC 8489, RFC 8445): requests, answers, and peers made of sockets."""
import hashlib
import hmac
import os
import socket
import struct
import time
import zlib

COOKIE = 0x2112A442
REQUEST, INDICATION, SUCCESS, ERROR = 0x001, 0x011, 0x101, 0x111
USERNAME, INTEGRITY, ERROR_CODE, XOR_MAPPED = 0x0006, 0x0008, 0x0009, 0x0020
PRIORITY, USE_CANDIDATE, FINGERPRINT, CONTROLLED, CONTROLLING = 0x24, 0x25, 0x8028, 0x8029, 0x802A


def attribute(kind, value):
    return struct.pack(">HH", kind, len(value)) + value + bytes(-len(value) % 4)


def build(kind, transaction, attributes, password=None):
    body = b"".join(attribute(*one) for one in attributes)

    def head(more):
        return struct.pack(">HHI", kind, len(body) + more, COOKIE) + transaction
    if password is not None:
        body += attribute(INTEGRITY, hmac.new(password.encode(), head(24) + body, hashlib.sha1).digest())
    body += attribute(FINGERPRINT, struct.pack(">I", zlib.crc32(head(8) + body) ^ 0x5354554E))
    return head(0) + body


def check(username, password, nominate=False, transaction=None, role=CONTROLLING, more=()):
    attributes = [(USERNAME, username.encode()), (role, bytes(8)), (PRIORITY, b"\x7e\0\0\xff"), *more]
    if nominate:
        attributes.append((USE_CANDIDATE, b""))
    return build(REQUEST, transaction or os.urandom(12), attributes, password)


class Answer:
    def __init__(self, packet):
        self.kind, _, _ = struct.unpack(">HHI", packet[:8])
        self.transaction, self.attributes, self.packet = packet[8:20], {}, packet
        at = 20
        while at < len(packet):
            kind, size = struct.unpack(">HH", packet[at:at + 4])
            self.attributes[kind] = packet[at + 4:at + 4 + size]
            at += 4 + (size + 3) // 4 * 4

    def error(self):
        value = self.attributes.get(ERROR_CODE)
        return value[2] * 100 + value[3] if value else None

    def mapped(self):
        value = self.attributes[XOR_MAPPED]
        address = bytes(a ^ b for a, b in zip(value[4:8], struct.pack(">I", COOKIE)))
        return socket.inet_ntoa(address), struct.unpack(">H", value[2:4])[0] ^ (COOKIE >> 16)

    def signed(self, password):
        at = self.packet.index(attribute(INTEGRITY, self.attributes[INTEGRITY]))
        head = self.packet[:2] + struct.pack(">H", at + 24 - 20) + self.packet[4:at]
        return hmac.new(password.encode(), head, hashlib.sha1).digest() == self.attributes[INTEGRITY]


class Peer:
    """One socket of a WebRTC peer that knows a session's credentials."""

    def __init__(self, relay, ufrag, password, peer_ufrag="peer"):
        self.relay, self.username, self.password = relay, f"{ufrag}:{peer_ufrag}", password
        self.media, self.dtls, self.sequence = [], [], 1000
        self.open()

    def open(self):
        v6 = ":" in self.relay[0]
        self.socket = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("::1" if v6 else "127.0.0.1", 0))

    def address(self):
        return self.socket.getsockname()

    def send(self, packet):
        self.socket.sendto(packet, self.relay)

    def new_check(self, **fields):
        return check(self.username, fields.pop("password", self.password), **fields)

    def check(self, **fields):
        """The answer to a check, None if there is none within half a second."""
        packet = self.new_check(**fields)
        self.send(packet)
        return self.answer(packet[8:20])

    def answer(self, transaction, seconds=0.5):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            packet = self.receive(end - time.monotonic())
            if packet and packet[0] < 4 and packet[8:20] == transaction:
                return Answer(packet)
        return None

    def datagram(self, seconds):
        self.socket.settimeout(max(seconds, 0.001))
        try:
            return self.socket.recv(4096)
        except socket.timeout:
            return None

    def receive(self, seconds):
        """The next datagram; media and DTLS are kept as well."""
        packet = self.datagram(seconds)
        if packet is None:
            return None
        if packet[0] >= 128 and not 192 <= packet[1] <= 223:
            self.media.append(packet)
        elif 20 <= packet[0] <= 63:
            self.dtls.append(packet)
        return packet

    def drain(self, seconds=0.15):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.receive(end - time.monotonic())
        taken, self.media = self.media, []
        return taken

    def publish(self, ssrc, count=1):
        for _ in range(count):
            self.sequence += 1
            self.send(struct.pack(">BBHII", 0x80, 111, self.sequence & 0xFFFF, self.sequence * 960, ssrc)
                      + bytes(80))
