#!/usr/bin/python3
"""GStreamer's webrtcbin as a publisher or viewer of a codec with Opus, told what to do and telling by lines of JSON:
writes {"offer": SDP}, reads {"answer": SDP}, then writes {"frames", "width", "height", "audio"} several times a
second until its input ends. usage: gstreamer_peer.py publish|view VP8|VP9|H264"""
import json
import sys
import threading
import time

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402  pylint: disable=wrong-import-position

ENCODERS = {
    "VP8": "vp8enc deadline=1 cpu-used=8 keyframe-max-dist=40 ! rtpvp8pay picture-id-mode=15-bit",
    "VP9": "vp9enc deadline=1 cpu-used=8 keyframe-max-dist=40 ! rtpvp9pay picture-id-mode=15-bit",
    "H264": "openh264enc gop-size=40 ! video/x-h264,profile=constrained-baseline ! h264parse ! "
            "rtph264pay config-interval=-1 aggregate-mode=zero-latency"}
DECODERS = {"VP8": "rtpvp8depay ! vp8dec", "VP9": "rtpvp9depay ! vp9dec",
            "H264": "rtph264depay ! h264parse ! openh264dec"}
PAYLOAD_TYPES = {"VP8": 96, "VP9": 98, "H264": 102, "OPUS": 111}
# Of what can be decoded; what is encoded says so itself.
PROFILE = {"H264": ",packetization-mode=(string)1,profile-level-id=(string)42e01f"}


# webrtcbin 1.22 sometimes says neither that it wants to negotiate nor that it has gathered: what hasn't come by then is
# asked for, or done without (the relay needs no candidate).
SILENCE_S = 3.0


def rtp_caps(codec):
    media, rate = ("audio", 48000) if codec == "OPUS" else ("video", 90000)
    return (f"application/x-rtp,media={media},encoding-name={codec},payload={PAYLOAD_TYPES[codec]},"
            f"clock-rate={rate}" + (",encoding-params=(string)2" if codec == "OPUS" else ""))


def say(**what):
    print(json.dumps(what), flush=True)


class Peer:
    def __init__(self, role, codec):
        self.codec = codec
        self.offered = False
        self.asked_at = time.monotonic()
        self.counts = {"frames": 0, "width": 0, "height": 0, "audio": 0}
        if role == "publish":
            self.pipeline = Gst.parse_launch(
                "webrtcbin name=peer bundle-policy=max-bundle "
                "videotestsrc is-live=true pattern=ball ! "
                "video/x-raw,format=I420,width=320,height=240,framerate=20/1 ! "
                f"{ENCODERS[codec]} pt={PAYLOAD_TYPES[codec]} ! {rtp_caps(codec)} ! peer. "
                "audiotestsrc is-live=true ! audioconvert ! audioresample ! opusenc ! "
                f"rtpopuspay pt={PAYLOAD_TYPES['OPUS']} ! {rtp_caps('OPUS')} ! peer.")
        else:
            self.pipeline = Gst.Pipeline()
            self.pipeline.add(Gst.parse_launch("webrtcbin name=peer bundle-policy=max-bundle"))
        self.bin = self.pipeline.get_by_name("peer")
        self.bin.connect("pad-added", self.on_pad)
        if role == "view":
            for one in (codec, "OPUS"):
                self.bin.emit("add-transceiver", GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY,
                              Gst.Caps.from_string(rtp_caps(one) + PROFILE.get(one, "")))
        self.pipeline.get_bus().add_signal_watch()
        self.pipeline.get_bus().connect("message::error", self.on_error)
        self.bin.connect("on-negotiation-needed", self.make_offer)
        self.pipeline.set_state(Gst.State.PLAYING)

    def make_offer(self, *_):
        self.bin.emit("create-offer", None, Gst.Promise.new_with_change_func(self.on_offer))

    def on_offer(self, promise):
        promise.wait()
        reply = promise.get_reply()
        offer = reply["offer"]
        self.bin.emit("set-local-description", offer, Gst.Promise.new())

    def offer(self):
        """Says the offer when there is one and nothing more is to be expected of it."""
        local, silent = self.bin.get_property("local-description"), time.monotonic() - self.asked_at > SILENCE_S
        gathered = self.bin.get_property("ice-gathering-state") == GstWebRTC.WebRTCICEGatheringState.COMPLETE
        if local is not None and (gathered or silent):
            self.offered = True
            say(offer=local.sdp.as_text())
        elif silent:
            self.asked_at = time.monotonic()
            self.make_offer()

    def on_error(self, _, message):
        say(error=str(message.parse_error()))
        sys.exit(1)

    def on_pad(self, _, pad):
        if pad.direction != Gst.PadDirection.SRC:
            return
        audio = pad.get_current_caps().get_structure(0).get_string("media") == "audio"
        sink = Gst.parse_bin_from_description(
            ("rtpopusdepay ! opusdec" if audio else DECODERS[self.codec]) + " ! fakesink name=end sync=false", True)
        self.pipeline.add(sink)
        end = sink.get_by_name("end").get_static_pad("sink")
        end.add_probe(Gst.PadProbeType.BUFFER, self.on_audio if audio else self.on_frame)
        sink.sync_state_with_parent()
        pad.link(sink.get_static_pad("sink"))

    def on_audio(self, *_):
        self.counts["audio"] += 1
        return Gst.PadProbeReturn.OK

    def on_frame(self, pad, _):
        size = pad.get_current_caps().get_structure(0)
        self.counts["frames"] += 1
        self.counts["width"], self.counts["height"] = size.get_int("width")[1], size.get_int("height")[1]
        return Gst.PadProbeReturn.OK

    def take_answer(self, text):
        _, sdp = GstSdp.SDPMessage.new_from_text(text)
        answer = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, sdp)
        self.bin.emit("set-remote-description", answer, Gst.Promise.new())

    def report(self):
        if not self.offered:
            self.offer()
        say(**self.counts)
        return True


def main():
    Gst.init(None)
    peer, loop = Peer(*sys.argv[1:3]), GLib.MainLoop()

    def listen():
        for line in sys.stdin:
            GLib.idle_add(peer.take_answer, json.loads(line)["answer"])
        GLib.idle_add(loop.quit)
    threading.Thread(target=listen, daemon=True).start()
    GLib.timeout_add(100, peer.report)
    loop.run()
    peer.pipeline.set_state(Gst.State.NULL)


main()
