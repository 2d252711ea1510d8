"""Numbered plain RTP from one publisher through the relay to one receiver, while things die."""
import socket
import struct
import threading
import time

PAYLOAD_TYPE = 111
CLOCK_HZ = 48000


class Traffic:
    """Sends `rate` packets per second until it is stopped; remembers each that arrives and when."""

    def __init__(self, relay, receiver, ssrc, rate=500):
        host, port = relay.rsplit(":", 1)
        self.relay = (host, int(port))
        self.receiver = receiver
        self.ssrc = ssrc
        self.period = 1.0 / rate
        self.sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sender.bind(("127.0.0.1", 0))
        self.sent = 0
        self.sent_at = {}
        self.arrived = []   # (monotonic time, number, outgoing sequence number)
        self.timestamps = {}  # of outgoing packets, by number
        self.running = True
        self.threads = [threading.Thread(target=self.send, daemon=True),
                        threading.Thread(target=self.receive, daemon=True)]

    def start(self):
        for thread in self.threads:
            thread.start()

    def send(self):
        start = time.monotonic()
        while self.running:
            n = self.sent
            timestamp = int(n * self.period * CLOCK_HZ) & 0xffffffff
            header = struct.pack("!BBHII", 0x80, PAYLOAD_TYPE, n & 0xffff, timestamp, self.ssrc)
            self.sent_at[n] = time.monotonic()
            try:
                self.sender.sendto(header + struct.pack("!I", n) + bytes(80), self.relay)
            except ConnectionRefusedError:
                pass   # nobody is bound there while the data plane is away
            self.sent = n + 1
            time.sleep(max(0.0, start + self.sent * self.period - time.monotonic()))

    def receive(self):
        self.receiver.settimeout(0.2)
        while self.running:
            try:
                data = self.receiver.recv(2048)
            except socket.timeout:
                continue
            if len(data) < 16 or 192 <= data[1] <= 223:
                continue   # RTCP
            sequence, timestamp = struct.unpack_from("!HI", data, 2)
            extension = 4 + 4 * struct.unpack_from("!H", data, 14)[0] if data[0] & 0x10 else 0
            number = struct.unpack_from("!I", data, 12 + extension)[0]
            self.timestamps[number] = timestamp
            self.arrived.append((time.monotonic(), number, sequence))

    def stop(self):
        """Waits for what is under way."""
        sending = self.threads[0]
        self.running = False
        sending.join()
        self.threads[1].join()
        self.sender.close()

    def drain(self, seconds=0.5):
        """Everything that was sent until now has had the time to arrive."""
        until = self.sent
        time.sleep(seconds)
        return until


def receiver_socket():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    s.bind(("127.0.0.1", 0))
    return s
