"""Numbered SRTP from one peer through the relay to others, for as long as a block lasts: not one may be missing."""
import threading
import time

from secure_peer import SecurePeer


class RunningMedia:
    """One publisher of `rate` packets per second and `viewers` of it, in a room of their own."""

    def __init__(self, node, room="media", rate=100, viewers=2, ssrc=0xABCD):
        self.period = 1.0 / rate
        node.post("/v1/rooms", {"name": room})
        self.publisher = SecurePeer(node, room, ssrc=ssrc).connect()
        self.viewers = [SecurePeer(node, room).connect() for _ in range(viewers)]
        self.running = True
        self.threads = [threading.Thread(target=self.send, daemon=True),
                        *(threading.Thread(target=self.receive, args=(v,), daemon=True) for v in self.viewers)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def send(self):
        """Checks go on every second, as consent wants it."""
        started, checked = time.monotonic(), 0.0
        first = self.publisher.number
        while self.running:
            self.publisher.send(self.publisher.packet())
            if time.monotonic() - checked > 1.0:
                checked = time.monotonic()
                for peer in (self.publisher, *self.viewers):
                    peer.send(peer.new_check())
            due = started + (self.publisher.number - first) * self.period
            time.sleep(max(0.0, due - time.monotonic()))

    def receive(self, viewer):
        while self.running:
            viewer.collect(0.05)

    def __exit__(self, kind, *_):
        time.sleep(0.3)
        self.running = False
        for thread in self.threads:
            thread.join()
        if kind is not None:
            return
        for viewer in self.viewers:
            numbers = viewer.collect(0.3)
            missing = sorted(set(range(self.publisher.number)) - set(numbers))
            assert not missing and numbers == sorted(numbers), (
                f"{len(missing)} of {self.publisher.number} are missing", missing[:20])
            assert viewer.wrong == 0, viewer.wrong
