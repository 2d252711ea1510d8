#!/usr/bin/env python3
"""Cuts a capture and its frame list to the first seconds and the sender's direction.

usage: trim.py CAPTURE.pcap SECONDS OUT.pcap [PAYLOAD_TYPE …]     none: all

Keeps what the publisher sent (RTP and RTCP) and of the side-car JSON what tests read. The publisher is
the end that sends most bytes; where ICE moved it to another address in mid-call, all its SSRCs are
kept. Every datagram is written as raw IPv4 from 10.0.0.1:5000 to 10.0.0.2:6000."""
import collections
import json
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../system/proof"))
import rtp

KEEP = ("name", "browser", "codec", "mode", "payloadTypes", "headerExtensions", "extmapAllowMixed",
        "streams", "ssrcs", "vp9SS", "ddStructures", "framesFormat")


def udp(ip):
    """(source, destination, payload) of a raw IP datagram."""
    header = (ip[0] & 15) * 4 if ip[0] >> 4 == 4 else 40
    source, destination = struct.unpack(">HH", ip[header:header + 4])
    addresses = (ip[12:16], ip[16:20]) if ip[0] >> 4 == 4 else (ip[8:24], ip[24:40])
    return (addresses[0], source), (addresses[1], destination), ip[header + 8:]


def datagram(payload):
    """IPv4 and UDP around `payload`, checksums right where they count (the IP header's)."""
    udp_header = struct.pack(">HHHH", 5000, 6000, 8 + len(payload), 0)
    header = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 28 + len(payload), 0, 0x4000, 64, 17, 0,
                         bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2]))
    total = sum(struct.unpack(">10H", header))
    total = (total & 0xFFFF) + (total >> 16)
    checksum = ~(total + (total >> 16)) & 0xFFFF
    return header[:10] + struct.pack(">H", checksum) + header[12:] + udp_header + payload


def ssrc_of(payload):
    """The sender's SSRC of an RTP or RTCP packet."""
    at = 4 if 192 <= payload[1] <= 223 else 8
    return payload[at:at + 4]


def main():
    source_path, seconds, out_path = sys.argv[1], float(sys.argv[2]), sys.argv[3]
    wanted = {int(number) for number in sys.argv[4:]}
    volume = collections.Counter()
    everything = list(rtp.read_pcap(source_path))
    for _, ip in everything:
        sender, receiver, payload = udp(ip)
        volume[sender, receiver] += len(payload)
    main_flow, _ = volume.most_common(1)[0]
    ours = {ssrc_of(payload) for sender, receiver, payload in (udp(ip) for _, ip in everything)
            if (sender, receiver) == main_flow and payload[0] >> 6 == 2}
    out = open(out_path, "wb")
    out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))
    start, timestamps = None, set()
    for when, ip in everything:
        source, destination, payload = udp(ip)
        if len(payload) < 12 or payload[0] >> 6 != 2 or ssrc_of(payload) not in ours:
            continue
        start = when if start is None else start
        if when - start > seconds * 1e6:
            break
        if wanted and payload[1] & 127 not in wanted:
            continue
        if not 192 <= payload[1] <= 223:
            timestamps.add(struct.unpack(">II", payload[4:12]))
        ip = datagram(payload)
        out.write(struct.pack("<IIII", when // 1_000_000, when % 1_000_000, len(ip), len(ip)) + ip)
    side = os.path.splitext(source_path)[0] + ".json"
    if os.path.exists(side):
        full = json.load(open(side))
        cut = {key: full[key] for key in KEEP if key in full}
        cut["frames"] = [f for f in full.get("frames", []) if (f[1], f[2]) in timestamps]
        text = json.dumps(cut, indent=1)
        with open(os.path.splitext(out_path)[0] + ".json", "w") as side_out:
            rows = ",\n  ".join(json.dumps(f, separators=(",", ":")) for f in cut.pop("frames"))
            text = json.dumps(cut, indent=1)[:-2]
            side_out.write(text + ',\n "frames": [\n  ' + rows + "\n ]\n}\n")


main()
