"""What a perfect relay would forward, from the encoder's frame list: bounds, picture by picture.

`Expectation.most[p]` is the largest (spatial, temporal) that may be forwarded of picture p, `least[p]` the
smallest: they differ only while a switch up waits for a point that the relay may not have recognised
as early as the frame list allows. A capture answers no key-frame request: a switch that needs one
waits for the next key picture that the capture happens to have."""
import collections

Expectation = collections.namedtuple("Expectation", "most least waits_for_key")

# Pictures within which a temporal switch up has to happen once it is legal for good.
TEMPORAL_PATIENCE = 12


def target_at(schedule, seconds):
    """The (spatial, temporal) asked for; schedule: [(at_s, (spatial, temporal))]."""
    current = None
    for at_s, target in schedule:
        if at_s <= seconds:
            current = target
    return current


class Single:
    """One encoding: SVC or temporal layers only."""

    def __init__(self, capture, schedule):
        self.capture, self.schedule = capture, schedule
        self.pictures = capture.pictures
        self.cap = (capture.max_spatial, capture.max_temporal)

    def takes(self, frame, layers, key_picture):
        """Whether a group of `layers` takes `frame`."""
        spatial, temporal = layers
        if frame.temporal > temporal or frame.spatial > spatial:
            return False
        return key_picture or not self.capture.k_svc or frame.spatial == spatial

    def legal_from(self, position, layers, forwarded):
        """Whether taking `layers` from picture `position` on needs only frames forwarded before it or
        taken since, up to the next key picture."""
        have = set()
        if all(frame.spatial != layers[0] for frame in self.capture.frames_of(self.pictures[position])):
            return False  # nothing of that layer yet
        for picture in self.pictures[position:]:
            key = self.capture.is_key_picture(picture)
            if key:
                return True
            for frame in self.capture.frames_of(picture):
                if not self.takes(frame, layers, False):
                    continue
                if any(r not in have and r not in forwarded for r in frame.references):
                    return False
                have.add(frame.key)
        return True

    def bounds(self):
        most, least, waits = {}, {}, False
        high = low = None
        forwarded = set()
        patience = 0
        for position, picture in enumerate(self.pictures):
            target = self.target(self.capture.picture_time[picture])
            changes = target != self.target(self.capture.picture_end[picture])
            key = self.capture.is_key_picture(picture)
            if key:
                high = low = self.at_key_picture(picture, target)
            elif high is not None:
                high = self.step(position, high, target, forwarded)
                waits = waits or high[0] != target[0]
                if self.capture.k_svc and low[0] != high[0]:
                    low = high
                elif self.capture.k_svc and target[0] < high[0]:
                    # C3: down waits for a key picture, and saves rate by temporal layers meanwhile.
                    low, patience = (high[0], 0), 0
                elif low != high:
                    patience += 1
                    floor = (min(low[0], high[0]), min(low[1], high[1]))
                    low = high if patience > TEMPORAL_PATIENCE and high[0] == low[0] else floor
                if low == high:
                    patience = 0
            most[picture], least[picture] = high, low
            if changes:  # in mid-picture: frames that had not begun follow the new target
                least[picture] = None
            if high is not None:
                forwarded.update(f.key for f in self.capture.frames_of(picture)
                                 if self.takes(f, high, key))
        return Expectation(most, least, waits)

    def at_key_picture(self, picture, target):
        """C4: k-SVC falls back to the highest layer that is being sent; full SVC takes what comes."""
        present = max(f.spatial for f in self.capture.frames_of(picture))
        return (min(target[0], present), target[1]) if self.capture.k_svc else target

    def target(self, time_us):
        wanted = target_at(self.schedule, (time_us - self.capture.start_us) / 1e6)
        return tuple(min(t, c) for t, c in zip(wanted, self.cap))

    def step(self, position, current, target, forwarded):
        spatial, temporal = current
        if not self.capture.k_svc and target[0] < spatial:
            spatial = target[0]
        temporal = min(temporal, target[1])
        for wanted in range(target[1], temporal, -1):
            present = max(f.spatial for f in self.capture.frames_of(self.pictures[position]))
            if self.legal_from(position, (min(spatial, present), wanted), forwarded):
                temporal = wanted
                break
        if self.capture.k_svc and target[0] != spatial:
            # Away from key pictures only where the target layer's references happen to be there.
            if self.legal_from(position, (target[0], temporal), forwarded):
                spatial = target[0]
        if not self.capture.k_svc:
            for wanted in range(target[0], spatial, -1):
                if self.legal_from(position, (wanted, temporal), forwarded):
                    spatial = wanted
                    break
        return spatial, temporal
