"""Turns RTP payloads of one stream back into files that ordinary decoders read."""
import struct

from descriptors import Vp8, Vp9


def ivf(fourcc, frames):
    out = [b"DKIF" + struct.pack("<HH4sHHIIII", 0, 32, fourcc, 640, 360, 90000, 1, len(frames), 0)]
    for pts, data in frames:
        out.append(struct.pack("<IQ", len(data), pts) + data)
    return b"".join(out)


def by_picture(packets):
    """Groups packets (in sequence order) by RTP timestamp."""
    groups = []
    for packet in packets:
        if not groups or groups[-1][0].timestamp != packet.timestamp:
            groups.append([])
        groups[-1].append(packet)
    return groups


def superframe(layers):
    """VP9 annex B: layer frames of one picture, with an index where there are several."""
    if len(layers) == 1:
        return layers[0]
    width = max((len(layer).bit_length() + 7) // 8 for layer in layers)
    marker = bytes([0xC0 | (width - 1) << 3 | (len(layers) - 1)])
    index = b"".join(len(layer).to_bytes(width, "little") for layer in layers)
    return b"".join(layers) + marker + index + marker


def vp9_file(packets):
    frames = []
    for number, picture in enumerate(by_picture(packets)):
        layers, last = [], None
        for packet in picture:
            descriptor = Vp9(packet.payload)
            if descriptor.spatial != last or descriptor.begin:
                layers.append(b"")
                last = descriptor.spatial
            layers[-1] += packet.payload[descriptor.size:]
        frames.append((number, superframe(layers)))
    return ivf(b"VP90", frames)


def vp8_file(packets):
    return ivf(b"VP80", [
        (number, b"".join(p.payload[Vp8(p.payload).size:] for p in picture))
        for number, picture in enumerate(by_picture(packets))])


def leb128(value):
    out = b""
    while True:
        out += bytes([value & 127 | (128 if value > 127 else 0)])
        value >>= 7
        if not value:
            return out


def read_leb128(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        shift += 7
        at += 1
        if not data[at - 1] & 128:
            return value, at


def av1_elements(payload):
    """(starts with a continuation, ends with one, elements) of one AV1 RTP payload."""
    header, at, elements = payload[0], 1, []
    count = header >> 4 & 3
    while at < len(payload):
        if count and len(elements) == count - 1:
            size = len(payload) - at
        else:
            size, at = read_leb128(payload, at)
        elements.append(payload[at:at + size])
        at += size
    return bool(header & 128), bool(header & 64), elements


def with_size(obu):
    """The OBU with has_size_field set."""
    if obu[0] & 2:
        return obu
    header = 2 if obu[0] & 4 else 1
    return bytes([obu[0] | 2]) + obu[1:header] + leb128(len(obu) - header) + obu[header:]


def av1_file(packets):
    frames = []
    for number, picture in enumerate(by_picture(packets)):
        obus, open_obu = [], b""
        for packet in picture:
            continues, goes_on, elements = av1_elements(packet.payload)
            for index, element in enumerate(elements):
                if index == 0 and continues:
                    element = open_obu + element
                if index == len(elements) - 1 and goes_on:
                    open_obu = element
                else:
                    obus.append(with_size(element))
        frames.append((number, b"\x12\x00" + b"".join(o for o in obus if o[0] >> 3 & 15 != 2)))
    return ivf(b"AV01", frames)


def h264_file(packets):
    nals, fragment = [], b""
    for packet in packets:
        payload = packet.payload
        if not payload:
            continue
        kind = payload[0] & 31
        if kind == 24:
            at = 1
            while at + 2 < len(payload):
                size = payload[at] << 8 | payload[at + 1]
                nals.append(payload[at + 2:at + 2 + size])
                at += 2 + size
        elif kind == 28:
            if payload[1] & 128:
                fragment = bytes([payload[0] & 0xE0 | payload[1] & 31])
            fragment += payload[2:]
            if payload[1] & 64:
                nals.append(fragment)
        else:
            nals.append(payload)
    return b"".join(b"\0\0\0\1" + nal for nal in nals)


WRITERS = {"VP8": (vp8_file, "ivf"), "VP9": (vp9_file, "ivf"), "AV1": (av1_file, "ivf"),
           "H264": (h264_file, "h264")}
