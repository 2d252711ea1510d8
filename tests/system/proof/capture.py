"""A capture with the encoder's own frame list: the truth that outputs are compared with."""
import collections
import json
import os

import rtp
import sdp
from descriptors import DependencyDescriptor, Vp8, Vp9

URI_DD = "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"
URI_RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"

# One layer frame of the truth. `references` are keys of other frames; key: (ssrc, timestamp, spatial).
Frame = collections.namedtuple("Frame", "key picture spatial temporal references size is_key")


class Capture:
    def __init__(self, path):
        """`path` without suffix: PATH.pcap and PATH.json, or PATH.answer.sdp."""
        self.path = path
        everything = rtp.read_rtp(path + ".pcap")
        if os.path.exists(path + ".json"):
            self.side = json.load(open(path + ".json"))
        else:
            self.side = sdp.side_of(path + ".answer.sdp", everything, URI_RID)
        self.codec = self.side["codec"]
        self.video = self.codec not in ("opus", "OPUS", "Opus")
        self.extensions = self.side["headerExtensions"]
        self.payload_type, self.rtx_payload_type, self.red_payload_type = self.payload_types()
        self.start_us = next(rtp.read_pcap(path + ".pcap"))[0]
        wanted = {self.payload_type, self.red_payload_type}
        self.packets = [p for p in everything if p.payload_type in wanted]
        self.ssrcs = list(dict.fromkeys(p.ssrc for p in self.packets))
        self.rids = {int(s): v["rids"][0] for s, v in self.side["ssrcs"].items()
                     if v["rids"] and int(s) in self.ssrcs}
        if self.rids:  # smallest picture first
            order = {"q": 0, "h": 1, "f": 2}
            self.ssrcs.sort(key=lambda s: order[self.rids[s]])
        self.dd_id = next((int(i) for i, u in self.extensions.items() if u == URI_DD), None)
        if self.dd_id is not None and not any(self.dd_id in p.extensions for p in self.packets):
            self.dd_id = None
        self.read_frames()

    def payload_types(self):
        types = self.side["payloadTypes"]
        name = self.codec.upper()
        media = [int(p) for p, t in types.items() if t["codec"].upper().startswith(name + "/")]
        used = {v["pt"] for v in self.side["ssrcs"].values()}
        red = [int(p) for p, t in types.items() if t["codec"].startswith("red/") and int(p) in used]
        media = [p for p in media if p in used] or media
        rtx = [int(p) for p, t in types.items()
               if t["codec"].startswith("rtx/") and t.get("fmtp", f"apt={media[0]}") == f"apt={media[0]}"]
        return media[0], rtx[0] if rtx else None, red[0] if red else None

    def layer_of(self, packet, structures):
        """(spatial, temporal, descriptor or None) as the packet itself says."""
        if self.dd_id is not None and self.dd_id in packet.extensions:
            dd = DependencyDescriptor(packet.extensions[self.dd_id], structures.get(packet.ssrc))
            structures[packet.ssrc] = dd.structure
            return dd.spatial, dd.temporal, dd
        if self.codec == "VP9":
            vp9 = Vp9(packet.payload)
            return vp9.spatial, vp9.temporal, None
        if self.codec == "VP8" and packet.payload:
            return 0, Vp8(packet.payload).temporal, None
        if self.codec == "H264" and packet.payload:
            # Without layer ids only what no picture refers to (nal_ref_idc 0) is a layer of its own.
            kind, ref_idc = packet.payload[0] & 31, packet.payload[0] & 0x60
            return 0, int(kind in (1, 28) and not ref_idc), None
        return 0, 0, None

    def read_frames(self):
        """Packets to frames, frames to pictures; references from the encoder's list, else fdiffs."""
        structures = {}
        self.frame_of, self.frames, self.pictures = {}, {}, []
        by_number, listed = {}, self.listed_frames()
        unwrap = collections.defaultdict(lambda: rtp.Unwrapper(16))
        seen_pictures, self.picture_end = {}, {}
        for packet in self.packets:
            if not packet.payload:
                continue
            try:
                spatial, temporal, dd = self.layer_of(packet, structures)
            except ValueError:  # the capture begins in mid-stream: before any structure (C9)
                continue
            key = (packet.ssrc, packet.timestamp, spatial)
            picture = (packet.ssrc, packet.timestamp)
            self.frame_of[packet.index] = key
            if picture not in seen_pictures:
                seen_pictures[picture] = packet.time_us
                self.pictures.append(picture)
            self.picture_end[picture] = packet.time_us
            number = unwrap[packet.ssrc](dd.frame_number) if dd else None
            if key in self.frames:
                continue
            references, size, is_key = listed.get(key, ((), None, None))
            if key not in listed and dd:
                references = tuple(by_number.get((packet.ssrc, number - f)) for f in dd.fdiffs)
                is_key = not references and spatial == 0
                if dd.structure.resolutions:
                    size = dd.structure.resolutions[spatial]
            if dd:
                by_number[packet.ssrc, number] = key
            self.frames[key] = Frame(key, picture, spatial, temporal,
                                     tuple(references), size, bool(is_key))
        self.picture_time = seen_pictures
        marked = {(p.ssrc, p.timestamp) for p in self.packets if p.marker}
        self.unmarked = set(self.pictures) - marked
        self.layers = sorted({(f.spatial, f.temporal) for f in self.frames.values()})
        self.max_spatial = max(s for s, _ in self.layers)
        self.max_temporal = max(t for _, t in self.layers)
        # Whether spatial layers depend on one another outside key pictures.
        keys = {f.picture for f in self.frames.values() if f.is_key}
        self.key_pictures = keys
        self.k_svc = self.max_spatial > 0 and not any(
            r and self.frames[r].spatial < f.spatial and f.picture not in keys
            for f in self.frames.values() for r in f.references if r in self.frames)

    def listed_frames(self):
        """{frame key: (references as keys, size, is key)} of the encoder's list."""
        by_id, rows = {}, []
        for kind, timestamp, ssrc, number, spatial, temporal, needs, width, height, _ in \
                self.side.get("frames", []):
            spatial = 0 if self.rids else spatial or 0
            key = (ssrc, timestamp, spatial)
            by_id[ssrc, number] = key
            rows.append((key, ssrc, needs or [], (width, height), kind == "key"))
        return {key: (tuple(by_id.get((ssrc, n)) for n in needs), size, is_key)
                for key, ssrc, needs, size, is_key in rows}

    def is_key_picture(self, picture):
        return picture in self.key_pictures

    def frames_of(self, picture):
        return [f for f in (self.frames.get((*picture, s)) for s in range(self.max_spatial + 1)) if f]

    def track(self):
        """The track as strata-replay's session file names it."""
        track = {"id": "v", "codec": self.codec, "payload_type": self.payload_type,
                 "extensions": self.extensions}
        if self.rtx_payload_type is not None:
            track["rtx_payload_type"] = self.rtx_payload_type
        if self.red_payload_type is not None:
            track["red_payload_type"] = self.red_payload_type
        if self.rids:
            track["encodings"] = [{"rid": self.rids[s]} for s in self.ssrcs]
        else:
            track["ssrcs"] = self.ssrcs
        return track
