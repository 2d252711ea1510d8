"""Calls from one browser to another through a node, each on a host of its own, and what must be true of them."""
import time

from browser import Browser
from network import Network, RelayNode
from programs import wait_until

PATIENCE_S = 60.0  # for what a loaded machine takes long to encode and decode
FREEZE_MS = 500


class World:
    """The network, the node, and a browser on either side: of the engine that `publisher` and `viewer` name."""

    def __init__(self, publisher="chromium", viewer="chromium", node=RelayNode):
        self.network = Network(["publisher", "viewer"])
        self.make_node = node
        self.engines = {"publisher": publisher, "viewer": viewer}
        self.parts, self.rooms = [], 0

    def __enter__(self):
        def enter(part):
            self.parts.append(part)
            return part.__enter__()
        enter(self.network)
        self.node = enter(self.make_node(self.network))
        self.publisher, self.viewer = (
            enter(Browser(self.network.name(host), self.network.listen(host), engine))
            for host, engine in self.engines.items())
        for program in ("strata-dataplane", "strata-control"):
            self.node.start(program)
        self.node.wait_synchronised()
        for browser in (self.publisher, self.viewer):
            browser.node = self.node
            browser.call("ready")
        return self

    def __exit__(self, *how):
        for part in reversed(self.parts):
            part.__exit__(*how)


class Call:
    """A publisher and a viewer in a room of their own. `publish` and `watch`: by which of the node's addresses.
    `turned`: it is the viewer's browser that publishes."""

    def __init__(self, world, codec, encodings, publish, watch, descriptor=False, turned=False):
        self.node, self.network = world.node, world.network
        self.hosts = {"publisher": "viewer", "viewer": "publisher"} if turned else {
            "publisher": "publisher", "viewer": "viewer"}
        self.sender, self.receiver = (getattr(world, self.hosts[role]) for role in ("publisher", "viewer"))
        world.rooms += 1
        self.room = f"room{world.rooms}"
        self.node.post("/v1/rooms", {"name": self.room})
        self.publish, self.watch = publish, watch
        self.sender.call("publish", self.room, f"/whip/{self.room}?via={publish}",
                         {"codec": codec, "encodings": encodings, "audio": True})
        self.until("the publisher is connected", lambda: self.sent()["state"] == "connected")
        self.receiver.call("view", self.room, f"/whep/{self.room}?via={watch}", {"descriptor": descriptor})

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            print("   sent:", self.sent(), "\n   received:", self.received(), flush=True)
            print("   subscription:", self.subscription(), flush=True)
        ended = [browser.call("close", self.room) for browser in (self.receiver, self.sender)]
        if kind is None:
            assert ended == [200, 200], ended
            assert self.node.get(f"/v1/rooms/{self.room}/participants")["items"] == []

    def sent(self):
        return self.sender.call("state", self.room)

    def received(self):
        return self.receiver.call("state", self.room)

    def until(self, what, ready, seconds=PATIENCE_S):
        def pause_and_look():
            value = ready()
            if not value:
                time.sleep(0.05)
            return value
        return wait_until(what, pause_and_look, seconds)

    def is_seen(self, width, frames=20):
        self.until(f"{frames} frames are decoded, {width} wide",
                   lambda: (lambda s: s["frames"] >= frames and s["width"] == width)(self.received()))

    def check_transports(self):
        sent, received = self.sent(), self.received()
        for state, address in ((sent, self.publish), (received, self.watch)):
            # C45: the server chooses, and we are the server.
            assert state["srtp"] == "SRTP_AEAD_AES_128_GCM" and state["role"] == "client", state
            assert state["remote"] == address, state
        # Opus: heard, and made of what came.
        self.until("audio is decoded", lambda: self.received()["audio"]["totalSamplesReceived"] > 48000)
        audio = self.received()["audio"]
        assert audio["packetsReceived"] > 30 and audio["packetsLost"] == 0, audio

    def is_connected(self):
        for state in (self.sent(), self.received()):
            assert state["state"] == state["dtls"] == "connected", state

    def subscription(self):
        tracks = {t["id"]: t for t in self.node.get(f"/v1/tracks?room={self.room}")["items"]}
        for one in self.node.get(f"/v1/subscriptions?room={self.room}")["items"]:
            if tracks[one["track"]]["codec"] != "opus":
                return one
        raise AssertionError("no video is watched")

    def participant(self, kind):
        tracks = self.node.get(f"/v1/tracks?room={self.room}")["items"]
        publisher = tracks[0]["participant"]
        for one in self.node.get(f"/v1/rooms/{self.room}/participants")["items"]:
            if (one["id"] == publisher) == (kind == "publisher"):
                return one
        raise AssertionError("there is no " + kind)

    def take_frames(self):
        """The viewer's frames since the last call, and by how much the machine may have held them up."""
        taken = self.receiver.call("frames", self.room)
        return taken["frames"], taken["stall"] + self.sender.call("stood")

    def switch(self, layers, width):
        """C1 to C3: asks for layers and waits until only that size is decoded."""
        identity = self.subscription()["id"]
        status, answer = self.node.call("PATCH", f"/v1/subscriptions/{identity}", {"layers": layers})
        assert status == 200, answer
        self.until(f"{layers} is given",
                   lambda: self.subscription()["layers_current"] == layers.replace(":T", ":S0T"))
        before = self.received()["frames"]
        self.until(f"{layers} is seen, {width} wide",
                   lambda: (lambda s: s["frames"] >= before + 8 and s["width"] == width)(self.received()))


def longest_gap_ms(frames):
    return max((b[0] - a[0] for a, b in zip(frames, frames[1:])), default=0.0)


def longest_hole_ms(frames):
    """In the publisher's time: how much of the picture was not to be seen."""
    return max(((b[1] - a[1] & 0xFFFFFFFF) / 90 for a, b in zip(frames, frames[1:]) if a[1] is not None),
               default=0.0)


def flowed(frames, stall, what):
    gap, hole = longest_gap_ms(frames), longest_hole_ms(frames)
    print(f"   {what}: {len(frames)} frames, longest gap {gap:.0f} ms, hole {hole:.0f} ms; the machine stood still "
          f"for up to {stall:.0f} ms", flush=True)
    assert gap <= FREEZE_MS + stall and hole <= FREEZE_MS + stall, (what, gap, hole, stall)


def switched(call, steps):
    call.take_frames()
    for layers, width in steps:
        call.switch(layers, width)
    frames, stall = call.take_frames()
    assert [f for f in frames if f[2] not in (240, 480, 960)] == []
    flowed(frames, stall, f"{len(steps)} switches")


def encoder_changes(call, encodings, width, what):
    """The publisher's encoder does something else from now on; the same viewer sees it without a break."""
    call.take_frames()
    call.sender.call("encodings", call.room, encodings)
    time.sleep(0.5)
    before = call.received()["frames"]
    call.until(what, lambda: (lambda s: s["frames"] >= before + 10 and s["width"] == width)(call.received()))
    frames, stall = call.take_frames()
    flowed(frames, stall, what)


def rebind(call, role):
    """C43: the translator gives the publisher or the viewer another address and other ports in mid-call."""
    host, old = call.hosts[role], call.participant(role)["remote"]
    call.take_frames()
    call.network.rebind(host)
    call.until(f"the {role} is known at its new address",
               lambda: (lambda now: now != old and now.startswith(call.network.public[host] + ":"))(
                   call.participant(role)["remote"] or ""))
    seen = call.received()["frames"]
    call.until("frames go on", lambda: call.received()["frames"] >= seen + 20)
    frames, stall = call.take_frames()
    gap = longest_gap_ms(frames)
    print(f"   {role} moved from {old}: no picture for {gap:.0f} ms (stall {stall:.0f} ms)", flush=True)
    assert gap < 15000 + stall, gap
    call.is_connected()


def restart_ice(call, role):
    """C44: new credentials by PATCH; the old ones hold until the new ones are used."""
    browser = call.sender if role == "publisher" else call.receiver
    call.take_frames()
    before = call.node.get("/v1/stats")["total"]["ice_nominations"]
    etags = browser.call("restart", call.room)
    assert etags["etag"] and etags["etag"] != etags["before"], etags
    call.until("media is on a pair of the new generation",
               lambda: call.node.get("/v1/stats")["total"]["ice_nominations"] > before)
    seen = call.received()["frames"]
    call.until("frames go on", lambda: call.received()["frames"] >= seen + 40)
    frames, stall = call.take_frames()
    flowed(frames, stall, f"ICE restart of the {role}")
    call.is_connected()


def change_network(call, role):
    """The host gets another address of its own, and after a while the browser restarts ICE: media goes on from there."""
    browser, old = call.sender if role == "publisher" else call.receiver, call.participant(role)["remote"]
    call.network.readdress(call.hosts[role])
    time.sleep(2.5)  # long enough for what is under way to be given up
    call.take_frames()
    restarted = time.monotonic()
    browser.call("restart", call.room)
    call.until("frames go on", lambda: call.received()["frames"] >= 20)
    took = time.monotonic() - restarted
    assert call.participant(role)["remote"] != old
    print(f"   {role} changed its network: 20 frames {1000 * took:.0f} ms after the restart of ICE", flush=True)
    call.until("both are connected", lambda: call.sent()["state"] == call.received()["state"] == "connected")
    call.is_connected()
