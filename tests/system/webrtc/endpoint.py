"""WHIP publishers and WHEP viewers made of aiortc, for the tests of this folder."""
import asyncio
import time

import av
import numpy
from aiortc import RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack

WIDTH, HEIGHT = 320, 240
CELL = 40  # pixels of one digit's square


class Counter(VideoStreamTrack):
    """Frames whose squares spell the frame's number in binary, so that a viewer can say which it got."""

    def __init__(self):
        super().__init__()
        self.number = 0

    async def recv(self):
        pts, time_base = await self.next_timestamp()
        picture = numpy.full((HEIGHT, WIDTH, 3), 128, numpy.uint8)
        for bit in range(16):
            x, y = bit % 8 * CELL, bit // 8 * CELL
            picture[y:y + CELL, x:x + CELL] = 255 if self.number >> bit & 1 else 0
        self.number += 1
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts, frame.time_base = pts, time_base
        return frame


def number_in(frame):
    """The number that a Counter's decoded frame shows; None where it can't be read."""
    picture = frame.to_ndarray(format="gray")
    if picture.shape != (HEIGHT, WIDTH):
        return None
    number = 0
    for bit in range(16):
        x, y = bit % 8 * CELL + CELL // 2, bit // 8 * CELL + CELL // 2
        value = float(picture[y - 8:y + 8, x - 8:x + 8].mean())
        if 80 < value < 176:
            return None
        number |= (value > 128) << bit
    return number


class Session:
    """One peer connection with the session that its offer made."""

    def __init__(self, node):
        self.node = node
        self.pc = RTCPeerConnection()
        self.location = None
        self.answer = None
        self.numbers = []      # of the video frames that were decoded
        self.audio_frames = 0
        self.tasks = []
        self.pc.on("track", self.on_track)

    def on_track(self, track):
        self.tasks.append(asyncio.ensure_future(self.consume(track)))

    async def consume(self, track):
        try:
            while True:
                frame = await track.recv()
                if track.kind == "video":
                    number = number_in(frame)
                    if number is not None:
                        self.numbers.append(number)
                else:
                    self.audio_frames += 1
        except Exception:  # pylint: disable=broad-except
            pass  # the track has ended

    async def offer(self, path, headers=None):
        await self.pc.setLocalDescription(await self.pc.createOffer())
        sdp = self.pc.localDescription.sdp
        loop = asyncio.get_event_loop()
        status, answer, reply = await loop.run_in_executor(
            None, lambda: self.node.exchange(
                "POST", path, sdp, {"Content-Type": "application/sdp", **(headers or {})}))
        assert status == 201, (status, answer)
        self.location, self.answer = reply["location"], answer
        await self.pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    async def end(self):
        loop = asyncio.get_event_loop()
        status, answer, _ = await loop.run_in_executor(
            None, lambda: self.node.exchange("DELETE", self.location, None, {}))
        assert status == 200, (status, answer)
        await self.close()

    async def close(self):
        for task in self.tasks:
            task.cancel()
        await self.pc.close()


async def publish(node, room, audio=True, codec="VP8"):
    session = Session(node)
    if audio:
        session.pc.addTransceiver(AudioStreamTrack(), direction="sendonly")
    video = session.pc.addTransceiver(Counter(), direction="sendonly")
    video.setCodecPreferences([one for one in RTCRtpSender.getCapabilities("video").codecs
                               if one.mimeType in ("video/" + codec, "video/rtx")])
    await session.offer(f"/whip/{room}")
    return session


async def view(node, room, query=""):
    session = Session(node)
    session.pc.addTransceiver("audio", direction="recvonly")
    session.pc.addTransceiver("video", direction="recvonly")
    await session.offer(f"/whep/{room}{query}")
    return session


async def until(what, ready, seconds=15.0):
    end = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        await asyncio.sleep(0.02)
