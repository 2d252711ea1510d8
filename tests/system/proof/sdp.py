"""What the side-car of a capture says, from the answer's SDP where there is no side-car."""
import re


def video_section(path):
    """Lines of the answer's video section."""
    text = open(path).read()
    return next(part for part in re.split(r"\r?\n(?=m=)", text) if part.startswith("m=video"))


def side_of(path, packets, uri_rid):
    """The parts of a side-car that tests read; `packets`: the capture's RTP."""
    video = video_section(path)
    extensions = dict(re.findall(r"a=extmap:(\d+) (\S+)", video))
    types = {number: {"codec": codec} for number, codec in re.findall(r"a=rtpmap:(\d+) (\S+)", video)}
    for number, fmtp in re.findall(r"a=fmtp:(\d+) (\S+)", video):
        types[number]["fmtp"] = fmtp
    rid = next((int(i) for i, uri in extensions.items() if uri == uri_rid), None)
    ssrcs = {}
    for packet in packets:
        ssrc = ssrcs.setdefault(str(packet.ssrc), {"pt": packet.payload_type, "rids": []})
        name = packet.extensions.get(rid, b"").decode()
        if name and name not in ssrc["rids"]:
            ssrc["rids"].append(name)
    media = next(t["codec"] for t in types.values() if not t["codec"].startswith(("rtx", "red", "ulpfec")))
    return {"codec": media.split("/")[0], "payloadTypes": types, "headerExtensions": extensions,
            "ssrcs": ssrcs, "frames": []}
