"""H.264 SVC at the level of NAL units (RFC 6190), independently of the relay's own parser: recordings,
packetising of elementary streams, and what a perfect relay would forward."""
import collections
import re
import struct

import rtp

PAYLOAD_TYPE = 99
SLICES = (1, 5, 20)
# One RTP packet and what it carries: the lowest layer, and whether a picture can begin decoding there.
Part = collections.namedtuple("Part", "packet dependency temporal idr referenced")


def layer_header(nal):
    """(dependency id, temporal id) of NAL unit types 14, 20 and 30."""
    return nal[2] >> 4 & 7, nal[3] >> 5


def nal_units(payload):
    """Whole NAL units of a payload, or the beginning of a fragmented one; [] in the middle of one."""
    kind = payload[0] & 31
    if kind == 24:  # STAP-A
        units, at = [], 1
        while at < len(payload):
            size = struct.unpack(">H", payload[at:at + 2])[0]
            units.append(payload[at + 2:at + 2 + size])
            at += 2 + size
        return units
    if kind == 28:  # FU-A
        header = bytes([payload[0] & 0xE0 | payload[1] & 31])
        return [header + payload[2:]] if payload[1] & 0x80 else []
    return [payload]


def read_parts(packets):
    """Each packet's layer: of its NAL units' headers, or that of the packet before."""
    parts, last, temporal = [], None, {}
    for packet in packets:
        units = nal_units(packet.payload)
        layers = [layer_header(u) for u in units if u[0] & 31 in (14, 20, 30)]
        kinds = {u[0] & 31 for u in units}
        picture = packet.timestamp
        if layers:
            dependency = min(d for d, _ in layers)
            temporal[picture] = min(t for _, t in layers)
        elif units:
            dependency = 0
        else:
            dependency = last.dependency
        referenced = any(u[0] & 0x60 for u in units if u[0] & 31 in SLICES)
        last = Part(packet, dependency, temporal.get(picture, 0), bool(kinds & {5, 7}), referenced)
        parts.append(last)
    return parts


def read_rtpdump(path):
    """RTP packets of an rtpdump file; times since its beginning."""
    data = open(path, "rb").read()
    at, packets = data.index(b"\n") + 17, []
    while at + 8 < len(data):
        size, _, offset_ms = struct.unpack(">HHI", data[at:at + 8])
        packet = rtp.parse_rtp(offset_ms * 1000, data[at + 8:at + size], len(packets))
        if packet:
            packets.append(packet)
        at += size
    return packets


def packetise(units, pacsi, mtu=1100):
    """[(payload, whether it ends the access unit)] of one access unit's NAL units, RFC 6184 and 6190."""
    payloads, prefix = [], []
    for unit in units:
        if unit[0] & 31 == 14:
            prefix = [unit]
            continue
        group, prefix = prefix + [unit], []
        if len(unit) <= mtu and unit[0] & 31 in SLICES:
            if pacsi:
                head = group[0] if len(group) > 1 else unit
                group = [bytes([head[0] & 0xE0 | 30]) + head[1:4] + b"\x03"] + group
            payloads.append(b"\x78" + b"".join(struct.pack(">H", len(u)) + u for u in group))
        elif len(unit) <= mtu:
            payloads.append(unit)
        else:
            payloads += group[:-1]
            pieces = [unit[1:][i:i + mtu] for i in range(0, len(unit) - 1, mtu)]
            for i, piece in enumerate(pieces):
                edge = (0x80 if i == 0 else 0) | (0x40 if i + 1 == len(pieces) else 0)
                payloads.append(bytes([unit[0] & 0xE0 | 28, edge | unit[0] & 31]) + piece)
    return payloads


def access_units(path):
    """NAL units of an Annex B stream, picture by picture: each begins with parameter sets or a prefix."""
    data = open(path, "rb").read()
    pictures, before = [], 20
    for unit in (u.rstrip(b"\0") for u in re.split(b"\0\0\1", data)[1:]):
        if before == 20 and unit[0] & 31 != 20:
            pictures.append([])
        pictures[-1].append(unit)
        before = unit[0] & 31
    return pictures


def write_pcap(path, pictures, pacsi):
    """The stream as RTP in UDP over raw IPv4, 30 pictures a second; its packets."""
    out = open(path, "wb")
    out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))
    packets, sequence = [], 65_500
    for number, units in enumerate(pictures):
        payloads = packetise(units, pacsi)
        for i, payload in enumerate(payloads):
            time_us = 1_000_000 + number * 33_333 + i * 20
            marker = 0x80 if i + 1 == len(payloads) else 0
            data = struct.pack(">BBHII", 0x80, marker | PAYLOAD_TYPE, sequence % 65536,
                               (4_294_900_000 + number * 3000) % 2**32, 0x1234) + payload
            packets.append(rtp.parse_rtp(time_us, data, len(packets)))
            sequence += 1
            ip = struct.pack(">BBHHHBBHII", 0x45, 0, 28 + len(data), 0, 0, 64, 17, 0,
                             0x0A000001, 0x0A000002)
            ip += struct.pack(">HHHH", 5000, 6000, 8 + len(data), 0) + data
            out.write(struct.pack("<IIII", time_us // 10**6, time_us % 10**6, len(ip), len(ip)) + ip)
    out.close()
    return packets


class Perfect:
    """What must be forwarded of `parts` under a schedule [(at_s, (dependency, temporal))]."""

    def __init__(self, parts, schedule):
        self.parts, self.schedule = parts, schedule
        self.start_us = parts[0].packet.time_us
        self.waits = False  # for an IDR that some switch needed

    def target(self, part):
        seconds = (part.packet.time_us - self.start_us) / 1e6
        return [t for at, t in self.schedule if at <= seconds][-1]

    def forwarded(self):
        """({index of packets that go out}, {those that may: the picture in which a target changed})."""
        must, may, layers, missed, picture = set(), set(), None, None, None
        for part in self.parts:
            if part.packet.timestamp != picture:
                picture = part.packet.timestamp
                layers, missed = self.move(part, layers, missed)
            if layers is None:
                continue
            takes = part.dependency <= layers[0] and part.temporal <= layers[1]
            if takes:
                must.add(part.packet.index)
            elif part.referenced and part.dependency <= layers[0]:
                missed = min(missed, part.temporal)
            if self.target(part) != self.target_of_picture:
                may.add(picture)
        return must, may

    def move(self, part, layers, missed):
        """Layers from this picture on: down at once; temporal layers up as far as nothing was missed that
        later pictures refer to; everything at an IDR (C1, C2)."""
        target = self.target_of_picture = self.target(part)
        if part.idr and part.dependency == 0:
            return target, 99
        if layers is None:
            return None, None
        dependency = min(layers[0], target[0])
        temporal = target[1] if target[1] <= layers[1] or missed > target[1] else layers[1]
        self.waits = self.waits or (dependency, temporal) != target
        return (dependency, temporal), missed
