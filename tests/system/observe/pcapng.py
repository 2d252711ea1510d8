"""Reads pcapng files of raw IP and takes their packets apart."""
import struct

SECTION, INTERFACE, STATISTICS, PACKET = 0x0a0d0d0a, 1, 5, 6
COMMENT, FLAGS, DROP_COUNT = 1, 2, 4


class Packet:
    """One enhanced packet block: UDP payload as far as it was captured, and what stands beside it."""

    def __init__(self, body, options):
        high, low, captured, self.original = struct.unpack_from("<IIII", body, 4)
        self.interface = struct.unpack_from("<I", body)[0]
        self.us = high << 32 | low
        ip = body[20:20 + captured]
        v6 = ip[0] >> 4 == 6
        header = 40 if v6 else 20
        self.source = ip[8:24] if v6 else ip[12:16]
        self.destination = ip[24:40] if v6 else ip[16:20]
        self.source_port, self.destination_port, udp = struct.unpack_from("!HHH", ip, header)
        self.payload = ip[header + 8:]
        self.wire_bytes = udp - 8
        assert self.original == header + udp, (self.original, udp)
        self.comment = options[COMMENT].decode()
        self.inbound = struct.unpack("<I", options[FLAGS])[0] == 1
        self.lost = struct.unpack("<Q", options[DROP_COUNT])[0] if DROP_COUNT in options else 0
        self.fate = self.comment.split(";")[0]
        rtp = len(self.payload) >= 12 and not 192 <= self.payload[1] <= 223
        self.sequence, _, self.ssrc = struct.unpack_from("!HII", self.payload, 2) if rtp else (None, None, None)


class File:
    def __init__(self, data):
        self.packets, self.interfaces, self.comment, self.ended = [], [], None, False
        while data:
            kind, total = struct.unpack_from("<II", data)
            assert total % 4 == 0 and struct.unpack_from("<I", data, total - 4)[0] == total, (kind, total)
            self.take(kind, data[8:total - 4])
            data = data[total:]

    def take(self, kind, body):
        if kind == SECTION:
            assert struct.unpack_from("<I", body)[0] == 0x1a2b3c4d
            self.comment = options_of(body, 16)[COMMENT].decode()
        elif kind == INTERFACE:
            assert struct.unpack_from("<H", body)[0] == 101
            self.interfaces.append(options_of(body, 8)[2].decode())
        elif kind == PACKET:
            captured = struct.unpack_from("<I", body, 12)[0]
            self.packets.append(Packet(body, options_of(body, 20 + (captured + 3) // 4 * 4)))
        else:
            assert kind == STATISTICS, kind
            self.ended = True


def options_of(body, at):
    options = {}
    while at + 4 <= len(body):
        code, size = struct.unpack_from("<HH", body, at)
        if code == 0:
            break
        options[code] = body[at + 4:at + 4 + size]
        at += 4 + (size + 3) // 4 * 4
    return options
