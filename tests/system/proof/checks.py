"""Checks one receiver's output against the capture it was made from."""
import collections

import decode
import rtp
from bitstream import by_picture
from descriptors import DependencyDescriptor, Vp8, Vp9

HOP_BY_HOP = ("transport-wide-cc", "abs-send-time", "sdes:mid", "rtp-stream-id", "video-layers",
              "toffset")


class Output:
    def __init__(self, capture, path):
        self.capture, self.problems = capture, []
        self.packets = rtp.read_rtp(path)
        unwrap = rtp.Unwrapper(16)
        self.numbers = [unwrap(p.sequence) for p in self.packets]
        self.source = self.match()

    def fail(self, text):
        if len(self.problems) < 12:
            self.problems.append(text)

    def body(self, packet):
        """Payload bytes that no relay may change: all behind the codec's descriptor."""
        if not packet.payload:
            return b""
        if self.capture.codec == "VP8":
            return packet.payload[Vp8(packet.payload).size:]
        if self.capture.codec == "VP9":
            return packet.payload[Vp9(packet.payload).size:]
        if packet.payload_type == self.capture.red_payload_type:
            return red_primary(packet.payload)
        return packet.payload

    def match(self):
        """For each output packet the input packet with the same bytes, nearest in time."""
        known = collections.defaultdict(list)
        for packet in self.capture.packets:
            known[self.body(packet)].append(packet)
        source = []
        for packet in self.packets:
            candidates = [p for p in known.get(self.body(packet), []) if p.payload]
            if not packet.payload:
                source.append(None)  # an empty packet that closes a hole (C17)
                continue
            if not candidates:
                self.fail(f"packet {packet.sequence}: bytes that nobody sent")
            source.append(min(candidates, key=lambda p: abs(p.time_us - packet.time_us), default=None))
        return source

    def pairs(self):
        return [(o, n, i) for o, n, i in zip(self.packets, self.numbers, self.source) if i]

    def check_sequence(self):
        """C16: gaps are exactly the gaps of the input; nothing twice."""
        inputs = {}
        for ssrc in self.capture.ssrcs:
            unwrap = rtp.Unwrapper(16)
            inputs[ssrc] = {unwrap(p.sequence): p for p in self.capture.packets if p.ssrc == ssrc}
        number_of = {p.index: n for table in inputs.values() for n, p in table.items()}
        if len(set(self.numbers)) != len(self.numbers):
            self.fail("a sequence number was used twice")
        rows = sorted(self.pairs(), key=lambda row: row[1])
        closed = set(self.numbers)
        for (_, n0, in0), (_, n1, in1) in zip(rows, rows[1:]):
            holes = sum(n not in closed for n in range(n0 + 1, n1))
            if in0.ssrc != in1.ssrc:
                if holes > 1:
                    self.fail(f"{holes} numbers missing at the switch before {n1 & 0xFFFF}")
                continue
            table = inputs[in0.ssrc]
            a, b = number_of[in0.index], number_of[in1.index]
            lost = sum(n not in table for n in range(a + 1, b))
            if b < a:
                self.fail(f"order changed between {n0 & 0xFFFF} and {n1 & 0xFFFF}")
            if holes != lost:
                self.fail(f"{holes} numbers missing before {n1 & 0xFFFF}, {lost} were lost upstream")

    def check_header(self):
        ids = {int(i): uri for i, uri in self.capture.extensions.items()}
        if len({p.ssrc for p in self.packets}) > 1:
            self.fail("more than one SSRC")
        stamped = []
        for packet in self.packets:
            for number, value in packet.extensions.items():
                uri = ids.get(number, "?")
                if "transport-wide-cc" in uri:
                    stamped.append(int.from_bytes(value, "big"))
                elif uri == "?" or any(word in uri for word in HOP_BY_HOP):
                    self.fail(f"extension {number} ({uri}) leaked")  # C37
        # C29: the relay's own, one after the other, in every packet or in none.
        if stamped and stamped != [(stamped[0] + i) & 0xFFFF for i in range(len(self.packets))]:
            self.fail("transport-wide numbers that aren't the relay's own")

    def check_pictures(self):
        """One marker a picture, on its last packet (B2, C5); timestamps never go back (C21)."""
        ordered = [o for o, n, _ in sorted(self.pairs(), key=lambda row: row[1])]
        pictures = by_picture(ordered)
        unwrap, last = rtp.Unwrapper(32), None
        for picture in pictures:
            now = unwrap(picture[0].timestamp)
            if last is not None and now <= last:
                self.fail(f"timestamp goes back at {picture[0].sequence}")
            last = now
        for picture in pictures[:-1]:  # the capture may end within the last one
            marks = [p.marker for p in picture]
            if not any(marks) and self.source_of(picture) in self.capture.unmarked:
                continue  # the layer that was to end it was announced and never came
            if marks != [False] * (len(marks) - 1) + [True]:
                self.fail(f"markers {''.join('M' if m else '.' for m in marks)} at {picture[0].sequence}")
        return pictures

    def source_of(self, picture):
        """The source's picture that an output picture was made of."""
        indexes = {p.index for p in picture}
        return next((i.ssrc, i.timestamp) for o, _, i in self.pairs() if o.index in indexes)

    def forwarded_frames(self):
        """{frame key: True when all its packets went out}."""
        parts = collections.Counter(self.capture.frame_of.values())
        sent = collections.Counter(self.capture.frame_of[i.index] for _, _, i in self.pairs()
                                   if i.index in self.capture.frame_of)
        for key, count in sent.items():
            if count != parts[key]:
                self.fail(f"frame {key}: {count} of {parts[key]} packets went out")  # C6
        return sent

    def check_references(self, sent):
        """C10: every reference of a forwarded frame was forwarded."""
        for key in sent:
            for reference in self.capture.frames[key].references:
                if reference is None or reference not in sent:
                    self.fail(f"frame {key} refers to {reference}, which was not forwarded")

    def check_descriptors(self, sent):
        """The outgoing dependency descriptor reads as the incoming one, its mask says what is forwarded
        (C11); VP9 and VP8 picture ids stay what their references need."""
        dd_id = self.capture.dd_id
        structures_in, structures_out, shift = {}, {}, {}
        incoming = {}
        for packet in self.capture.packets:
            if dd_id in packet.extensions:
                try:
                    incoming[packet.index] = DependencyDescriptor(
                        packet.extensions[dd_id], structures_in.get(packet.ssrc))
                    structures_in[packet.ssrc] = incoming[packet.index].structure
                except ValueError:
                    pass
        for out, _, source in sorted(self.pairs(), key=lambda row: row[1]):
            before = incoming.get(source.index)
            if dd_id is None or before is None:
                continue
            if dd_id not in out.extensions:
                self.fail(f"packet {out.sequence} lost its dependency descriptor")
                continue
            after = DependencyDescriptor(out.extensions[dd_id], structures_out.get(source.ssrc))
            structures_out[source.ssrc] = after.structure
            same = ("start", "end", "spatial", "temporal", "dtis", "fdiffs", "chain_diffs", "attached")
            for field in same:
                if getattr(before, field) != getattr(after, field):
                    self.fail(f"packet {out.sequence}: descriptor's {field} changed")
            moved = (after.frame_number - before.frame_number) % 65536
            if shift.setdefault(source.ssrc, moved) != moved and not self.capture.rids:
                self.fail(f"packet {out.sequence}: frame_number offset changed within a source")

    def check_layers(self, expectation, takes):
        """Nothing above what may be effective, nothing missing of what must be (per picture)."""
        sent = self.sent
        for picture in self.capture.pictures:
            most, least = expectation.most.get(picture), expectation.least.get(picture)
            key = self.capture.is_key_picture(picture)
            for frame in self.capture.frames_of(picture):
                went = frame.key in sent
                if went and (most is None or not takes(frame, most, key)):
                    self.fail(f"{frame.key} S{frame.spatial}T{frame.temporal} went out, at most {most}")
                if not went and least is not None and takes(frame, least, key) \
                        and takes(frame, most, key):
                    self.fail(f"{frame.key} S{frame.spatial}T{frame.temporal} is missing, least {least}")

    def check_encodings(self, schedule, patience=2):
        """Simulcast (C15, C21): one encoding at a time, each run begins with a key picture; the encoding
        asked for is reached by the second of its key pictures; time runs evenly over the switches."""
        rows = sorted(self.pairs(), key=lambda row: row[1])
        capture, previous = self.capture, None
        for out, _, source in rows:
            if previous and previous[1].ssrc != source.ssrc:
                if not capture.is_key_picture((source.ssrc, source.timestamp)):
                    self.fail(f"switch to {capture.rids[source.ssrc]} without a key picture")
                elapsed_ms = (source.time_us - previous[1].time_us) / 1000
                moved_ms = ((out.timestamp - previous[0].timestamp) % 2**32) / 90
                if abs(moved_ms - elapsed_ms) > 150:
                    self.fail(f"timestamp moved {moved_ms:.0f} ms over a switch of {elapsed_ms:.0f} ms")
            previous = (out, source)
        ends = [at for at, _ in schedule[1:]] + [float("inf")]
        for (at_s, (rid, temporal)), end_s in zip(schedule, ends):
            ssrc = next(s for s, r in capture.rids.items() if r == rid)
            begin, end = (capture.start_us + t * 1e6 for t in (at_s, end_s))
            keys = [capture.picture_time[p] for p in capture.pictures
                    if p[0] == ssrc and p in capture.key_pictures and begin <= capture.picture_time[p] < end]
            if len(keys) < patience:
                continue
            settled = keys[patience - 1] + 200_000
            for _, _, source in rows:
                if settled < source.time_us < end:
                    frame = capture.frames[capture.frame_of[source.index]]
                    if source.ssrc != ssrc or frame.temporal > temporal:
                        self.fail(f"{capture.rids[source.ssrc]}:T{frame.temporal} forwarded at "
                                  f"{(source.time_us - capture.start_us) / 1e6:.2f} s, asked for {rid}:T{temporal}")
            if not any(settled < source.time_us < end for _, _, source in rows):
                self.fail(f"nothing forwarded while {rid}:T{temporal} was asked for")

    def check_decodes(self, pictures):
        """Independent decoders take it without complaint, at the right sizes and number (proof)."""
        complete = pictures[:-1] if not pictures or not pictures[-1][-1].marker else pictures
        if not complete:
            self.fail("nothing to decode")
            return
        source = {o.index: i for o, _, i in self.pairs()}
        wanted = []
        for picture in complete:
            frames = [self.capture.frames[self.capture.frame_of[source[p.index].index]] for p in picture]
            wanted.append(max(frames, key=lambda f: f.spatial).size)
        sizes, complaints = decode.decode(self.capture.codec, [p for pic in complete for p in pic])
        for line in complaints[:3]:
            self.fail(f"decoder: {line}")
        if len(sizes) != len(wanted):
            self.fail(f"decoder gave {len(sizes)} pictures of {len(wanted)}")
        elif None not in wanted and not all(map(same_size, sizes, wanted)):
            at = next(i for i, (s, w) in enumerate(zip(sizes, wanted)) if not same_size(s, w))
            self.fail(f"picture {at} decoded as {sizes[at]}, encoded as {wanted[at]}")

    def check(self, expectation=None, takes=None, decodes=True, simulcast=None):
        self.check_sequence()
        self.check_header()
        if not self.capture.video:
            return self.problems
        pictures = self.check_pictures()
        self.sent = self.forwarded_frames()
        self.check_references(self.sent)
        self.check_descriptors(self.sent)
        if simulcast:
            self.check_encodings(simulcast)
        if expectation:
            self.check_layers(expectation, takes)
        if decodes:
            self.check_decodes(pictures)
        return self.problems


def same_size(decoded, encoded):
    """Encoders round odd sizes up to even ones (135 lines are coded as 136)."""
    return all(d in (e, e + e % 2) for d, e in zip(decoded, encoded))


def red_primary(payload):
    """The primary block of a RED payload, RFC 2198 section 3."""
    at, skip = 0, 0
    while payload[at] & 128:
        skip += (payload[at + 2] & 3) << 8 | payload[at + 3]
        at += 4
    return payload[at + 1 + skip:]
