"""Decodes with independent decoders and reports what they saw."""
import os
import re
import subprocess
import tempfile

from bitstream import WRITERS

DECODERS = {"VP8": ["-c:v", "libvpx"], "VP9": ["-c:v", "libvpx-vp9"], "AV1": ["-c:v", "libdav1d"],
            "H264": ["-c:v", "h264"]}


def decode(codec, packets):
    """(list of picture sizes in output order, list of the decoder's complaints)."""
    writer, suffix = WRITERS[codec]
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "stream." + suffix)
        with open(path, "wb") as out:
            out.write(writer(packets))
        run = subprocess.run(
            ["ffmpeg", "-hide_banner", "-nostdin", "-threads", "1", "-err_detect", "explode"]
            + DECODERS[codec] + ["-i", path, "-vf", "showinfo", "-autoscale", "0",
                                 "-fps_mode", "passthrough", "-f", "null", "-"],
            capture_output=True, text=True, timeout=120)
    sizes = [tuple(map(int, size)) for size in
             re.findall(r"showinfo.* n: *\d+ .* s:(\d+)x(\d+)", run.stderr)]
    complaints = [line for line in run.stderr.splitlines()
                  if re.search(r"error|corrupt|invalid|conceal|missing|fail", line, re.I)
                  and "Error number" not in line]
    return sizes, complaints
