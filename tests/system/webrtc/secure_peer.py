"""WebRTC endpoints made of one socket: ICE by hand, DTLS by OpenSSL, SRTP by libsrtp. They join by WHIP and WHEP,
and can be told to do everything wrong."""
import datetime
import hashlib
import os
import re
import struct
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from OpenSSL import SSL, crypto
from pylibsrtp import Policy, Session

import stun

PROFILE, SRTP = b"SRTP_AEAD_AES_128_GCM", Policy.SRTP_PROFILE_AEAD_AES_128_GCM
KEY_BYTES, SALT_BYTES = 16, 12
PAYLOAD_TYPE, VIDEO_PAYLOAD_TYPE = 111, 96


def make_certificate():
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "peer")])
    now = datetime.datetime.utcnow()
    certificate = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
                   .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
                   .not_valid_after(now + datetime.timedelta(days=30)).sign(key, hashes.SHA256()))
    return crypto.PKey.from_cryptography_key(key), crypto.X509.from_cryptography(certificate)


KEY, CERTIFICATE = make_certificate()
FINGERPRINT = ":".join(f"{byte:02X}" for byte in hashlib.sha256(
    CERTIFICATE.to_cryptography().public_bytes(serialization.Encoding.DER)).digest())


def offer(direction, ufrag, password, ssrc=None, fingerprint=FINGERPRINT, video=False):
    """One section, of Opus or VP8."""
    kind, number, codec = (("video", VIDEO_PAYLOAD_TYPE, "VP8/90000") if video
                           else ("audio", PAYLOAD_TYPE, "opus/48000/2"))
    lines = ["v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=-", "t=0 0", "a=group:BUNDLE 0",
             f"m={kind} 9 UDP/TLS/RTP/SAVPF {number}", "c=IN IP4 0.0.0.0", "a=mid:0", "a=" + direction,
             "a=rtcp-mux", f"a=rtpmap:{number} {codec}", "a=ice-ufrag:" + ufrag,
             "a=ice-pwd:" + password, "a=fingerprint:sha-256 " + fingerprint, "a=setup:actpass"]
    if ssrc is not None:
        lines.append(f"a=ssrc:{ssrc} cname:peer")
    return "\r\n".join(lines) + "\r\n"


def records(data):
    """DTLS records one by one: each fits a datagram (RFC 6347 section 4.1)."""
    at = 0
    while at < len(data):
        size = 13 + struct.unpack_from(">H", data, at + 11)[0]
        yield data[at:at + size]
        at += size


class SecurePeer(stun.Peer):
    """A publisher of `ssrc`, or without one a viewer of the room's newest publisher."""

    def __init__(self, node, room, ssrc=None, fingerprint=FINGERPRINT, video=False):
        self.node, self.ssrc = node, ssrc
        ufrag = os.urandom(4).hex()
        way, direction = ("/whep/", "recvonly") if ssrc is None else ("/whip/", "sendonly")
        status, answer, headers = node.exchange(
            "POST", way + room, offer(direction, ufrag, os.urandom(12).hex(), ssrc, fingerprint, video),
            {"Content-Type": "application/sdp"})
        assert status == 201, (status, answer)
        self.location = headers["location"]

        def value(pattern):
            return re.search(pattern, answer).group(1)
        address = value(r"a=candidate:\S+ 1 udp \d+ (\S+ \d+) typ host").split()
        super().__init__((address[0], int(address[1])), value(r"a=ice-ufrag:(\S+)"),
                         value(r"a=ice-pwd:(\S+)"), ufrag)
        self.connection = self.sender = self.receiver = None
        self.number = 0
        self.plain, self.wrong = [], 0  # what was received, decrypted; what wasn't authentic
        self.early = 0  # packets of media that came before the handshake's end

    def connect(self, seconds=20.0):
        """The whole way to keys."""
        self.validate(seconds)
        self.handshake(seconds)
        return self

    def validate(self, seconds=20.0):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            answer = self.check(nominate=True)
            if answer and answer.kind == stun.SUCCESS:
                return
        raise AssertionError("no check was answered")

    def hello(self):
        """Begins a handshake: the datagrams of a ClientHello."""
        context = SSL.Context(SSL.DTLS_CLIENT_METHOD)
        context.use_privatekey(KEY)
        context.use_certificate(CERTIFICATE)
        context.set_verify(SSL.VERIFY_NONE, lambda *_: True)
        context.set_tlsext_use_srtp(PROFILE)
        self.connection = SSL.Connection(context, None)
        self.connection.set_ciphertext_mtu(1200)
        self.connection.set_connect_state()
        return self.turn()

    def turn(self):
        """Takes the handshake as far as it goes; what has to be sent for it."""
        try:
            self.connection.do_handshake()
        except SSL.WantReadError:
            pass
        try:
            return list(records(self.connection.bio_read(65536)))
        except SSL.WantReadError:
            return []

    def handshake(self, seconds=20.0):
        out, end = self.hello(), time.monotonic() + seconds
        while self.connection.get_state_string() != b"SSL negotiation finished successfully":
            for record in out:
                self.send(record)
            again = time.monotonic() + 1.0  # everything of this side is sent again after it
            while not self.dtls and time.monotonic() < again:
                self.receive(again - time.monotonic())
            assert time.monotonic() < end, "the handshake didn't end"
            if not self.dtls:
                continue
            out = []
            for datagram in self.dtls:
                self.connection.bio_write(datagram)
                out += self.turn()
            self.dtls = []
        self.early = len(self.media)
        for record in out:
            self.send(record)
        self.keys()
        self.collect()

    def keys(self):
        """SRTP by what the handshake came to."""
        material = self.connection.export_keying_material(
            b"EXTRACTOR-dtls_srtp", 2 * (KEY_BYTES + SALT_BYTES))
        keys = [material[:KEY_BYTES], material[KEY_BYTES:2 * KEY_BYTES]]
        salts = [material[2 * KEY_BYTES:2 * KEY_BYTES + SALT_BYTES], material[2 * KEY_BYTES + SALT_BYTES:]]
        self.sender, self.receiver = (
            Session(Policy(key=keys[i] + salts[i], ssrc_type=kind, srtp_profile=SRTP))
            for i, kind in enumerate((Policy.SSRC_ANY_OUTBOUND, Policy.SSRC_ANY_INBOUND)))

    def packet(self):
        """The next numbered packet."""
        number, self.number = self.number, self.number + 1
        plain = (struct.pack(">BBHII", 0x80, PAYLOAD_TYPE, number & 0xFFFF, number * 960 & 0xFFFFFFFF, self.ssrc)
                 + struct.pack(">I", number) + bytes(76))
        return self.sender.protect(plain)

    def collect(self, seconds=0.0):
        """Takes what has arrived; numbers of the packets so far."""
        end = time.monotonic() + seconds
        while self.receive(end - time.monotonic()) is not None or time.monotonic() < end:
            pass
        media, self.media = self.media, []
        for one in media:
            try:
                self.plain.append(self.receiver.unprotect(one))
            except Exception:  # pylint: disable=broad-except
                self.wrong += 1
        return [number_of(one) for one in self.plain]

    def leave(self):
        status, answer, _ = self.node.exchange("DELETE", self.location, None, {})
        assert status == 200, (status, answer)
        self.socket.close()


def number_of(plain):
    extension = 4 + 4 * struct.unpack_from(">H", plain, 14)[0] if plain[0] & 0x10 else 0
    return struct.unpack_from(">I", plain, 12 + extension)[0]
