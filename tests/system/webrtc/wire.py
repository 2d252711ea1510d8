"""The messages of dataplane/api/strata.proto that these tests need, written and read by hand: protobuf's
wire format is numbers and lengths. Field numbers as in that file."""


def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out + bytes([value]))


def message(*fields):
    """Of (number, value): int, bytes, str, or what message() made."""
    out = b""
    for number, value in fields:
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
        else:
            data = value.encode() if isinstance(value, str) else value
            out += varint(number << 3 | 2) + varint(len(data)) + data
    return out


def read(data):
    """Number → list of values: int or bytes."""
    fields, at = {}, 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        key = number()
        if key & 7 == 0:
            value = number()
        elif key & 7 == 2:
            size = number()
            value, at = data[at:at + size], at + size
        else:
            size = {1: 8, 5: 4}[key & 7]
            value, at = data[at:at + size], at + size
        fields.setdefault(key >> 3, []).append(value)
    return fields


def first(fields, number, otherwise=b""):
    return fields.get(number, [otherwise])[0]


TRANSPORT, TRACK, SUBSCRIPTION = 1, 2, 3


def credentials(ufrag, password, peer_ufrag=""):
    return message((1, ufrag), (2, password), (3, peer_ufrag))


def ice_transport(identity, *agent, consent_ms=0):
    """`agent`: credentials, the newest first."""
    ice = message(*[(1, one) for one in agent], (2, consent_ms))
    return message((1, message((1, identity), (6, ice))))


def opus_track(identity, transport, ssrc):
    return message((2, message((1, identity), (2, transport), (3, "opus"), (4, 48000), (5, 111),
                               (9, message((2, ssrc))))))


def subscription(identity, track, transport, ssrc):
    target = message((2, 3), (3, 3))
    return message((3, message((1, identity), (2, track), (3, transport), (4, ssrc), (5, 111),
                               (10, target))))


def hello():
    return message((1, message((1, 1), (2, "test"), (3, 1))))


def batch(generation, puts=(), removes=()):
    return message((3, message((1, generation), *[(2, put) for put in puts],
                               *[(3, message((1, kind), (2, identity))) for kind, identity in removes])))
