"""Payload and dependency descriptors, read the slow and obvious way (RFC 7741, RFC 9628, AV1 RTP)."""
import collections


class Bits:
    def __init__(self, data):
        self.text = "".join(f"{byte:08b}" for byte in data)
        self.at = 0

    def read(self, count):
        if self.at + count > len(self.text):
            raise ValueError("descriptor ends early")
        value = int(self.text[self.at:self.at + count] or "0", 2)
        self.at += count
        return value

    def read_ns(self, limit):
        width = limit.bit_length()
        rest = (1 << width) - limit
        value = self.read(width - 1)
        return value if value < rest else (value << 1) + self.read(1) - rest


Template = collections.namedtuple("Template", "spatial temporal dtis fdiffs chain_diffs")


class Structure:
    """Template dependency structure."""

    def __init__(self, bits):
        self.offset = bits.read(6)
        self.decode_targets = bits.read(5) + 1
        layers, spatial, temporal = [], 0, 0
        while True:
            layers.append((spatial, temporal))
            step = bits.read(2)
            if step == 3:
                break
            if step == 1:
                temporal += 1
            elif step == 2:
                spatial, temporal = spatial + 1, 0
        dtis = [[bits.read(2) for _ in range(self.decode_targets)] for _ in layers]
        fdiffs = []
        for _ in layers:
            row = []
            while bits.read(1):
                row.append(bits.read(4) + 1)
            fdiffs.append(row)
        self.chains = bits.read_ns(self.decode_targets + 1)
        chain_diffs = [[] for _ in layers]
        self.protected_by = []
        if self.chains:
            self.protected_by = [bits.read_ns(self.chains) for _ in range(self.decode_targets)]
            chain_diffs = [[bits.read(4) for _ in range(self.chains)] for _ in layers]
        self.resolutions = []
        if bits.read(1):
            self.resolutions = [(bits.read(16) + 1, bits.read(16) + 1) for _ in range(spatial + 1)]
        self.templates = [Template(s, t, dtis[i], fdiffs[i], chain_diffs[i])
                          for i, (s, t) in enumerate(layers)]
        # Highest layers that a decode target takes.
        self.target_layers = [
            (max(t.spatial for t in self.templates if t.dtis[dt]),
             max(t.temporal for t in self.templates if t.dtis[dt]))
            for dt in range(self.decode_targets)]


class DependencyDescriptor:
    """One descriptor; `structure` is the one in force, updated where one is attached."""

    def __init__(self, data, structure):
        bits = Bits(data)
        self.start, self.end = bits.read(1), bits.read(1)
        self.template_id, self.frame_number = bits.read(6), bits.read(16)
        self.attached, self.active = False, None
        custom = [0, 0, 0]
        if len(data) > 3:
            self.attached = bool(bits.read(1))
            active_present = bits.read(1)
            custom = [bits.read(1) for _ in range(3)]
            if self.attached:
                structure = Structure(bits)
                self.active = (1 << structure.decode_targets) - 1
            if structure is None:
                raise ValueError("no structure yet")
            if active_present:
                self.active = bits.read(structure.decode_targets)
        if structure is None:
            raise ValueError("no structure yet")
        self.structure = structure
        template = structure.templates[(self.template_id - structure.offset) % 64]
        self.spatial, self.temporal = template.spatial, template.temporal
        self.dtis = ([bits.read(2) for _ in range(structure.decode_targets)] if custom[0]
                     else template.dtis)
        self.fdiffs = template.fdiffs
        if custom[1]:
            self.fdiffs = []
            while size := bits.read(2):
                self.fdiffs.append(bits.read(4 * size) + 1)
        self.chain_diffs = ([bits.read(8) for _ in range(structure.chains)] if custom[2]
                            else template.chain_diffs)


class Vp9:
    def __init__(self, payload):
        b = payload[0]
        self.i, self.p, self.l, self.f = b >> 7 & 1, b >> 6 & 1, b >> 5 & 1, b >> 4 & 1
        self.begin, self.end, self.v, self.z = b >> 3 & 1, b >> 2 & 1, b >> 1 & 1, b & 1
        at = 1
        self.picture_id, self.picture_bits, self.tl0 = None, 0, None
        if self.i:
            self.picture_id, self.picture_bits = payload[at] & 127, 7
            at += 1
            if payload[at - 1] & 128:
                self.picture_id, self.picture_bits = self.picture_id << 8 | payload[at], 15
                at += 1
        self.temporal = self.switching_up = self.spatial = self.inter_layer = 0
        if self.l:
            b = payload[at]
            self.temporal, self.switching_up = b >> 5, b >> 4 & 1
            self.spatial, self.inter_layer = b >> 1 & 7, b & 1
            at += 1
            if not self.f:
                self.tl0 = payload[at]
                at += 1
        self.p_diffs = []
        if self.f and self.p:
            while True:
                self.p_diffs.append(payload[at] >> 1)
                at += 1
                if not payload[at - 1] & 1:
                    break
        self.sizes = []
        if self.v:
            b = payload[at]
            layers, has_size, has_gof = (b >> 5) + 1, b >> 4 & 1, b >> 3 & 1
            at += 1
            if has_size:
                for _ in range(layers):
                    self.sizes.append((payload[at] << 8 | payload[at + 1],
                                       payload[at + 2] << 8 | payload[at + 3]))
                    at += 4
            if has_gof:
                pictures = payload[at]
                at += 1
                for _ in range(pictures):
                    at += 1 + (payload[at] >> 2 & 3)
        self.size = at


class Vp8:
    def __init__(self, payload):
        b = payload[0]
        self.n, self.start = b >> 5 & 1, bool(b & 0x10) and not b & 7
        at = 1
        self.picture_id = self.tl0 = self.key_idx = None
        self.picture_bits = self.temporal = self.y = 0
        if b & 128:
            x = payload[at]
            at += 1
            if x & 128:
                self.picture_id, self.picture_bits = payload[at] & 127, 7
                at += 1
                if payload[at - 1] & 128:
                    self.picture_id, self.picture_bits = self.picture_id << 8 | payload[at], 15
                    at += 1
            if x & 64:
                self.tl0 = payload[at]
                at += 1
            if x & 48:
                self.temporal, self.y = payload[at] >> 6, payload[at] >> 5 & 1
                self.key_idx = payload[at] & 31
                at += 1
        self.size = at
        self.key = self.start and len(payload) > at and not payload[at] & 1
