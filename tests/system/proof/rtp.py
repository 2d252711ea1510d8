"""Reads captures independently of the relay's own parsers: pcap, RTP, header extensions."""
import collections
import struct

Packet = collections.namedtuple(
    "Packet", "time_us ssrc payload_type sequence timestamp marker extensions payload padding index")


def read_pcap(path):
    """Yields (time_us, raw IP datagram) of a classic pcap, Ethernet or raw."""
    data = open(path, "rb").read()
    nano = data[:4] == b"\x4d\x3c\xb2\xa1"
    link = struct.unpack("<I", data[20:24])[0]
    at = 24
    while at + 16 <= len(data):
        sec, sub, size, _ = struct.unpack("<IIII", data[at:at + 16])
        frame = data[at + 16:at + 16 + size]
        at += 16 + size
        yield sec * 1_000_000 + (sub // 1000 if nano else sub), frame[14:] if link == 1 else frame


def udp_payload(ip):
    header = (ip[0] & 15) * 4 if ip[0] >> 4 == 4 else 40
    length = struct.unpack(">H", ip[header + 4:header + 6])[0]
    return ip[header + 8:header + length]


def is_rtcp(payload):
    return len(payload) > 1 and 192 <= payload[1] <= 223


def parse_rtp(time_us, data, index=0):
    """A Packet, or None for what isn't RTP. Extensions are {id: bytes}."""
    if len(data) < 12 or data[0] >> 6 != 2 or is_rtcp(data):
        return None
    first, second, sequence, timestamp, ssrc = struct.unpack(">BBHII", data[:12])
    at = 12 + 4 * (first & 15)
    extensions = {}
    if first & 0x10:
        profile, words = struct.unpack(">HH", data[at:at + 4])
        block = data[at + 4:at + 4 + 4 * words]
        at += 4 + 4 * words
        extensions = parse_extensions(profile, block)
    padding = data[-1] if first & 0x20 else 0
    payload = data[at:len(data) - padding]
    return Packet(time_us, ssrc, second & 127, sequence, timestamp, bool(second & 128), extensions,
                  payload, padding, index)


def parse_extensions(profile, block):
    found, i = {}, 0
    while i < len(block):
        if block[i] == 0:
            i += 1
            continue
        if profile == 0xBEDE:
            if block[i] >> 4 == 15:
                break
            number, size = block[i] >> 4, (block[i] & 15) + 1
            i += 1
        else:
            number, size = block[i], block[i + 1]
            i += 2
        found[number] = block[i:i + size]
        i += size
    return found


def read_rtp(path):
    """All RTP packets of a capture, in capture order."""
    packets = []
    for index, (time_us, ip) in enumerate(read_pcap(path)):
        packet = parse_rtp(time_us, udp_payload(ip), index)
        if packet:
            packets.append(packet)
    return packets


class Unwrapper:
    """Extends a wrapping counter to an unbounded one, nearest to the last value."""

    def __init__(self, bits):
        self.range, self.last = 1 << bits, None

    def __call__(self, value):
        if self.last is None:
            self.last = value
        else:
            delta = (value - self.last) % self.range
            self.last += delta - self.range if delta >= self.range // 2 else delta
        return self.last
