"""A member whose receiving leg is made of one socket: each packet that its slots get can be looked at."""
import os
import re
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "webrtc"))

import secure_peer  # noqa: E402
import stun  # noqa: E402
from client import Member  # noqa: E402
from secure_peer import SecurePeer  # noqa: E402

EXTENSION_MID, EXTENSION_DESCRIPTOR = 1, 5


def sections(sdp):
    """Session part and media sections, each as its lines."""
    parts, current = [], []
    for line in sdp.replace("\r\n", "\n").strip().split("\n"):
        if line.startswith("m="):
            parts.append(current)
            current = []
        current.append(line)
    return [*parts, current]


def answer_to(offer, ufrag, password, codecs=None):
    """As a browser would that takes everything, or only `codecs` of video."""
    session, *media = sections(offer)
    lines = ["v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=-", "t=0 0"]
    lines += [line for line in session if line.startswith(("a=group:", "a=extmap-allow-mixed"))]
    for section in media:
        dropped = set()
        if codecs is not None and section[0].startswith("m=video"):
            for line in section:
                found = re.match(r"a=rtpmap:(\d+) (\w+)/", line)
                if found and found.group(2) not in (*codecs, "rtx"):
                    dropped.add(found.group(1))
        head = section[0].split()
        lines.append(" ".join([head[0], "9", head[2], *(pt for pt in head[3:] if pt not in dropped)]))
        lines.append("c=IN IP4 0.0.0.0")
        for line in section[1:]:
            name = line.split(":")[0]
            if name in ("a=rtpmap", "a=fmtp", "a=rtcp-fb") and line.split(":")[1].split()[0] in dropped:
                continue
            if name in ("a=mid", "a=rtcp-mux", "a=rtcp-rsize", "a=extmap", "a=rtpmap", "a=fmtp", "a=rtcp-fb"):
                lines.append(line)
        lines += ["a=recvonly", "a=ice-ufrag:" + ufrag, "a=ice-pwd:" + password, "a=setup:active",
                  "a=fingerprint:sha-256 " + secure_peer.FINGERPRINT]
    return "\r\n".join(lines) + "\r\n"


class Packet:
    """What of an RTP packet matters here."""

    def __init__(self, data):
        self.data = data
        first, second, self.number, self.timestamp, self.ssrc = struct.unpack_from(">BBHII", data)
        self.marker, self.payload_type = second >> 7, second & 127
        at = 12 + 4 * (first & 15)
        self.extensions = {}
        if first & 16:
            profile, words = struct.unpack_from(">HH", data, at)
            body = data[at + 4:at + 4 + 4 * words]
            at += 4 + 4 * words
            self.extensions = dict(self.read_extensions(profile, body))
        self.payload = data[at:]
        self.padding = bool(first & 32)

    @staticmethod
    def read_extensions(profile, body):
        i = 0
        while i < len(body):
            if body[i] == 0:
                i += 1
                continue
            if profile == 0xBEDE:
                number, size, i = body[i] >> 4, (body[i] & 15) + 1, i + 1
            else:
                number, size, i = body[i], body[i + 1], i + 2
            yield number, body[i:i + size]
            i += size


class SlotPeer(SecurePeer):
    """`member` is its protocol side. Packets are sorted by SSRC."""

    def __init__(self, node, name, room="demo", codecs=None, **join):
        self.member = Member(node, room, name=name, **join)
        self.node, self.ssrc, self.codecs = node, None, codecs
        self.connection = self.sender = self.receiver = None
        self.number, self.plain, self.wrong = 0, [], 0
        self.take(self.member.message("offer"))

    def take(self, offer):
        """Answers it, and connects where it is another generation than before."""
        self.offer = offer["sdp"]
        self.generation = offer["generation"]

        def value(pattern):
            return re.search(pattern, self.offer).group(1)
        address = value(r"a=candidate:\S+ 1 udp \d+ (\S+ \d+) typ host").split()
        ufrag = os.urandom(4).hex()
        stun.Peer.__init__(self, (address[0], int(address[1])), value(r"a=ice-ufrag:(\S+)"),
                           value(r"a=ice-pwd:(\S+)"), ufrag)
        self.slots = {}
        for section in sections(self.offer)[1:]:
            text = "\n".join(section)
            mid = re.search(r"a=mid:(\S+)", text).group(1)
            group = re.search(r"a=ssrc-group:FID (\d+) (\d+)", text)
            ssrc = int(group.group(1) if group else re.search(r"a=ssrc:(\d+)", text).group(1))
            self.slots[ssrc] = {"mid": mid, "kind": section[0][2:7], "rtx": int(group.group(2)) if group else None,
                                "stream": re.search(r"a=msid:(\S+)", text).group(1)}
        self.codec_names = {int(pt): name for pt, name in re.findall(r"a=rtpmap:(\d+) (\w+)/", self.offer)}
        self.member.request("answer", sdp=answer_to(self.offer, ufrag, os.urandom(12).hex(), self.codecs))

    def packets(self, seconds):
        """By SSRC what came in this time."""
        del self.plain[:]
        self.collect(seconds)
        found = {}
        for one in self.plain:
            packet = Packet(one)
            found.setdefault(packet.ssrc, []).append(packet)
        return found

    def close(self):
        self.member.drop()
        self.socket.close()


def camera_offer(ssrc, ufrag, password):
    """A microphone and a camera that sends VP9 in layers."""
    voice = secure_peer.offer("sendonly", ufrag, password, ssrc)
    session, audio = sections(voice)
    session = [line.replace("BUNDLE 0", "BUNDLE 0 1") for line in session]
    video = [line.replace("a=mid:0", "a=mid:1") for line in audio if not line.startswith(("m=", "a=rtpmap", "a=ssrc"))]
    video = ["m=video 9 UDP/TLS/RTP/SAVPF 98 99", *video, "a=rtpmap:98 VP9/90000", "a=rtcp-fb:98 nack pli",
             "a=rtcp-fb:98 nack", "a=fmtp:98 profile-id=0", "a=rtpmap:99 rtx/90000", "a=fmtp:99 apt=98",
             f"a=ssrc-group:FID {ssrc + 1} {ssrc + 2}", f"a=ssrc:{ssrc + 1} cname:peer", f"a=ssrc:{ssrc + 2} cname:peer"]
    return "\r\n".join([*session, *audio, *video]) + "\r\n"


TRACKS = [{"mid": "0", "source": "microphone"},
          {"mid": "1", "source": "camera", "height": 720, "scalability": "L3T3"}]


class Publication(SecurePeer):
    """What a member publishes: a camera and a microphone, or one of them. The microphone can really send."""

    def __init__(self, member, ssrc, name="camera", tracks=None):
        self.ssrc, self.node = ssrc, member.node
        self.own_ufrag, self.own_password = os.urandom(4).hex(), os.urandom(12).hex()
        answer = member.request("publish", publication=name, tracks=tracks or TRACKS,
                                sdp=camera_offer(ssrc, self.own_ufrag, self.own_password))
        self.answer_sdp = answer["sdp"]
        self.tracks = {one["mid"]: one["id"] for one in answer["tracks"]}

        def value(pattern):
            return re.search(pattern, answer["sdp"]).group(1)
        address = value(r"a=candidate:\S+ 1 udp \d+ (\S+ \d+) typ host").split()
        stun.Peer.__init__(self, (address[0], int(address[1])), value(r"a=ice-ufrag:(\S+)"),
                           value(r"a=ice-pwd:(\S+)"), self.own_ufrag)
        self.connection = self.sender = self.receiver = None
        self.number, self.plain, self.wrong = 0, [], 0
