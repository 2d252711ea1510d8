"""A WebRTC peer that comes by TCP (RFC 6544): every datagram behind its length (RFC 4571)."""
import socket
import struct
import time

from stun import Peer


class TcpPeer(Peer):
    """`relay` is an address and a TCP port. With a small `receive_buffer` it can be a slow receiver."""

    def __init__(self, *arguments, receive_buffer=0, **fields):
        self.receive_buffer, self.bytes, self.ended = receive_buffer, b"", False
        super().__init__(*arguments, **fields)

    def open(self):
        family = socket.AF_INET6 if ":" in self.relay[0] else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        if self.receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.receive_buffer)
        self.socket.settimeout(10)
        self.socket.connect(self.relay)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, packet):
        self.socket.settimeout(10)
        self.socket.sendall(struct.pack(">H", len(packet)) + packet)

    def datagram(self, seconds):
        end = time.monotonic() + seconds
        while True:
            if len(self.bytes) >= 2:
                size = 2 + struct.unpack(">H", self.bytes[:2])[0]
                if len(self.bytes) >= size:
                    packet, self.bytes = self.bytes[2:size], self.bytes[size:]
                    return packet
            if self.ended or time.monotonic() > end:
                return None
            self.socket.settimeout(max(end - time.monotonic(), 0.001))
            try:
                got = self.socket.recv(65536)
            except (socket.timeout, ConnectionResetError) as why:
                if isinstance(why, socket.timeout):
                    return None
                got = b""
            self.ended = not got
            self.bytes += got

    def closed(self, seconds=10):
        """The relay ends the connection within that time."""
        end = time.monotonic() + seconds
        while not self.ended and time.monotonic() < end:
            self.receive(0.1)
        return self.ended
