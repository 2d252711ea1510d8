"""A control plane of the size of a test: the API of control/api/openapi.yaml, in memory, on a Unix
socket. Lists come in pages of two and every second answer is chunked, so that both are read."""
import http.server
import json
import re
import socketserver
import threading
import urllib.parse

PAGE = 2
CREATED = "2026-01-02T03:04:05Z"
PROFILES = {name: {"name": name, "publish": publish, "video_slots": video, "audio_slots": audio, "pinned": pinned,
                   "layers": layers, "edited": False}
            for name, publish, video, audio, pinned, layers in (
                ("classroom", "admins-video", 4, 4, "admins", "size"),
                ("interview", "all", 2, 2, "all", "max"),
                ("meeting", "all", 9, 4, "nobody", "size"))}


class Problem(Exception):
    def __init__(self, status, code, detail, hint=None):
        super().__init__(detail)
        self.status = status
        self.body = {"type": f"urn:strata:problem:{code}", "title": code, "status": status,
                     "code": code, "detail": detail}
        if hint:
            self.body["hint"] = hint


class State:
    def __init__(self):
        self.profiles = {name: dict(profile) for name, profile in PROFILES.items()}
        self.rooms, self.participants, self.tracks, self.subscriptions = {}, {}, {}, {}
        self.next_id, self.samples, self.healthy, self.last_body = 1, 0, True, None

    def new_id(self, kind):
        self.next_id += 1
        return f"{kind}{self.next_id}"

    def find(self, objects, key, what):
        if key not in objects:
            raise Problem(404, "not-found", f"there is no {what} {key}", f"strata {what} list")
        return objects[key]

    def room(self, name):
        room = self.find(self.rooms, name, "room")
        count = lambda objects: sum(one["room"] == name for one in objects.values())
        return dict(room, members=0, participants=count(self.participants), tracks=count(self.tracks),
                    subscriptions=count(self.subscriptions), created_at=CREATED)


def rooms(state, method, match, query, body):
    if method == "GET":
        return 200, [state.room(name) for name in state.rooms]
    name = body["name"]
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise Problem(400, "invalid-field", f"name: found \"{name}\"", "letters and digits")
    if name in state.rooms:
        raise Problem(409, "already-exists", f"there is a room {name} already", "choose another name")
    state.rooms[name] = {"name": name, "profile": body.get("profile", "meeting"), "worker": body.get("worker", 0)}
    return 201, state.room(name)


def room(state, method, match, query, body):
    shown = state.room(match[1])
    if method == "GET":
        return 200, shown
    for objects in (state.participants, state.tracks, state.subscriptions):
        for key in [key for key, one in objects.items() if one["room"] == match[1]]:
            del objects[key]
    del state.rooms[match[1]]
    return 204, None


def profiles(state, method, match, query, body):
    return 200, list(state.profiles.values())


def profile(state, method, match, query, body):
    found = state.find(state.profiles, match[1], "profile")
    if method == "DELETE":
        state.profiles[match[1]] = dict(PROFILES[match[1]])
        return 204, None
    if method == "PATCH":
        if body.get("video_slots", 0) > 49:
            raise Problem(400, "invalid-field", "video_slots: found 50", "0 to 49")
        found.update(body, edited=True)
    return 200, found


def participants(state, method, match, query, body):
    state.room(match[1])
    if method == "GET":
        return 200, [one for one in state.participants.values() if one["room"] == match[1]]
    key = state.new_id("p")
    state.participants[key] = {
        "id": key, "room": match[1], "name": body.get("name", key), "worker": 0,
        "member": None, "remote": body.get("remote"), "remote_source": "fixed" if "remote" in body else "latching",
        "remote_protocol": "udp",
        "no_route": (body.get("remote") or "").startswith("198.51.100."),
        "relay": "127.0.0.1:20000", "relay_addresses": ["127.0.0.1:20000"],
        "mtu_bytes": body.get("mtu_bytes", 1500), "tracks": 0, "subscriptions": 0,
        "state": "applied", "refusal": None, "created_at": CREATED}
    return 201, state.participants[key]


def new_track(state, method, match, query, body):
    publisher = state.find(state.participants, match[1], "participant")
    key = state.new_id("t")
    encodings = body.get("encodings") or [{"ssrc": ssrc} for ssrc in body.get("ssrcs", [])]
    state.tracks[key] = {
        "id": key, "room": publisher["room"], "participant": publisher["id"],
        "name": body.get("name", key), "codec": body["codec"], "payload_type": body["payload_type"],
        "extensions": body.get("extensions", {}), "encodings": encodings, "subscriptions": 0,
        "state": "pending", "refusal": None, "counters": None, "created_at": CREATED}
    return 201, state.tracks[key]


def new_subscription(state, method, match, query, body):
    receiver = state.find(state.participants, match[1], "participant")
    state.find(state.tracks, body["track"], "track")
    key = state.new_id("s")
    state.subscriptions[key] = {
        "id": key, "room": receiver["room"], "participant": receiver["id"], "track": body["track"],
        "layers": body.get("layers", "max"), "ssrc": body.get("ssrc", 77), "state": "applied",
        "refusal": None, "forwarding": True, "layers_current": "S0T2",
        "counters": {"packets": 5, "lost": 1}, "created_at": CREATED}
    return 201, state.subscriptions[key]


def listed(kind):
    def handler(state, method, match, query, body):
        keep = lambda one: all(one.get(key) == query[key] for key in ("room", "participant", "track")
                               if key in query)
        return 200, [one for one in getattr(state, kind).values() if keep(one)]
    return handler


def single(kind, what):
    def handler(state, method, match, query, body):
        objects = getattr(state, kind)
        found = state.find(objects, match[1], what)
        if method == "DELETE":
            del objects[match[1]]
            return 204, None
        if method == "PATCH":
            if not re.fullmatch(r"(\w+:)?(S\d)?(T\d)?|max|none", body["layers"]):
                raise Problem(400, "invalid-layers", f"layers: found \"{body['layers']}\"",
                              "S1T2, S1, T1, max or none")
            found["layers"] = body["layers"]
        return 200, found
    return handler


def workers(state, method, match, query, body):
    return 200, [{"id": 0, "cpu": 1, "numa_node": 0, "rooms": 1, "participants": 2, "load": 0.25,
                  "addresses": [{"port": "socket:127.0.0.1", "address": "127.0.0.1:20000"}],
                  "counters": {"rx_packets": 1234567, "sent": 89}}]


HISTOGRAM = {"count": 3, "p50": 2, "p90": 3, "p99": 3, "p999": 3, "buckets": [{"from": 2, "to": 3, "count": 3}]}


def worker(state, method, match, query, body):
    found = dict(state.find({str(one["id"]): one for one in workers(state, method, match, query, body)[1]},
                            match[1], "worker"), sampled_at=CREATED, loop=None)
    if state.healthy:
        found["loop"] = {"tsc_hz": 2000000000, "busy_turns": 5000, "idle_turns": 70, "sleeps": 8, "busy_share": 0.1234,
                         "sleep_share": 0.8, "cycles_per_packet": 1500.4, "cycles_per_busy_turn": 3000.0,
                         "cycles_per_idle_turn": None, "turn_ns_max": 1234567, "rx_tx_ns_max": 999999,
                         "preemptions": 4, "preempted_us": 321, "turn_overruns": 1,
                         "packets_per_burst": HISTOGRAM, "turn_ns": HISTOGRAM, "rx_tx_ns": HISTOGRAM}
    return 200, found


def turns(state, method, match, query, body):
    worker(state, method, match, query, body)
    return 200, [{"number": 41 + i, "at": CREATED, "begin_us": 5, "begin_tsc": 1234567890, "duration_us": 1500.5,
                  "gap_us": 0.0, "received": 32, "sent": 3200, "timers": 2, "commands": 1} for i in range(3)]


def ports(state, method, match, query, body):
    def port(name, steering, payload):
        return {"port": name, "link_up": True, "steering": dict(zip(("method", "reason"), steering)),
                "payload": dict(zip(("method", "reason"), payload)),
                "counters": {"rx_frames": 1200, "rx_delivered": 1100, "tx_packets": 5000, "rx_missed": 7, "rx_arp": 0}}
    return 200, [port("socket:127.0.0.1", ("none", ""), ("copied_by_kernel", "each packet goes through a socket")),
                 port("net_af_xdp0,iface=eth0", ("ring", "no rte_flow"), ("linearised", "no chains"))]


def neighbours(state, method, match, query, body):
    port = {"port": "net_tap0,iface=t0"}
    return 200, [port | {"address": "10.0.0.1", "mac": "02:00:00:00:00:07", "state": "reachable", "links": 1200, "heard_s": 7},
                 port | {"address": "fd00::1", "mac": None, "state": "incomplete", "links": 1, "heard_s": None}]


def paths(state, method, match, query, body):
    return 200, [{"port": "net_tap0,iface=t0", "to": "192.0.2.1", "next_hop": "10.0.0.1", "mtu_bytes": 1280}]


def routes(state, method, match, query, body):
    def route(to, hop, origin, unreachable=False):
        return {"port": "net_tap0,iface=t0", "to": to, "next_hop": hop, "weight": 1, "unreachable": unreachable,
                "origin": origin}
    return 200, [route("10.0.0.0/24", None, "configured"), route("192.0.2.0/24", "10.0.0.9", "kernel"),
                 route("198.51.100.0/24", None, "kernel", True)]


def drops(state, method, match, query, body):
    return 200, [{"worker": 0, "direction": "rx", "reason": "layer_not_wanted", "packets": 12345}]


def stats(state, method, match, query, body):
    state.samples += 1
    counters = {"rx_packets": 1000 * state.samples, "sent_bytes": 125000 * state.samples, "queued": 3}
    return 200, {"total": counters, "workers": [{"worker": 0, "counters": counters}],
                 "sampled_at": CREATED, "sampled_at_us": 1000000 * state.samples}


def health(state, method, match, query, body):
    dataplane = "synchronised" if state.healthy else "absent"
    return (200 if state.healthy else 503), {"status": "ok" if state.healthy else "degraded",
                                             "dataplane": dataplane, "store": "ok"}


def node(state, method, match, query, body):
    return 200, {"name": "fake", "version": "0.1.0", "dataplane": {"state": "absent", "epoch": None},
                 "limits": [{"name": "rooms", "limit": 2000, "hits": 0}], "rooms": len(state.rooms)}


ROUTES = [(re.compile(pattern + "$"), handler) for pattern, handler in (
    (r"/v1/rooms", rooms), (r"/v1/rooms/([^/]+)", room),
    (r"/v1/profiles", profiles), (r"/v1/profiles/([^/]+)", profile),
    (r"/v1/rooms/([^/]+)/participants", participants),
    (r"/v1/participants/([^/]+)", single("participants", "participant")),
    (r"/v1/participants/([^/]+)/tracks", new_track),
    (r"/v1/participants/([^/]+)/subscriptions", new_subscription),
    (r"/v1/tracks", listed("tracks")), (r"/v1/tracks/([^/]+)", single("tracks", "track")),
    (r"/v1/subscriptions", listed("subscriptions")),
    (r"/v1/subscriptions/([^/]+)", single("subscriptions", "subscription")),
    (r"/v1/workers", workers), (r"/v1/workers/([^/]+)", worker), (r"/v1/workers/([^/]+)/turns", turns),
    (r"/v1/ports", ports), (r"/v1/ports/neighbours", neighbours), (r"/v1/ports/paths", paths),
    (r"/v1/ports/routes", routes), (r"/v1/drops", drops), (r"/v1/stats", stats),
    (r"/v1/health", health), (r"/v1/node", node))]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    answers = 0

    def answer(self):
        state = self.server.state
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        length = int(self.headers.get("Content-Length", 0))
        body = json.loads(self.rfile.read(length)) if length else None
        state.last_body = body if body is not None else state.last_body
        try:
            status, result = self.route(state, url.path, query, body)
        except Problem as problem:
            return self.reply(problem.status, problem.body, "application/problem+json")
        if isinstance(result, list):
            begin = int(query.get("after", 0))
            more = begin + PAGE < len(result)
            result = {"items": result[begin:begin + PAGE], "next": str(begin + PAGE) if more else None}
        return self.reply(status, result, "application/json")

    def route(self, state, path, query, body):
        for pattern, handler in ROUTES:
            match = pattern.match(path)
            if match:
                parts = [None] + [urllib.parse.unquote(part) for part in match.groups()]
                return handler(state, self.command, parts, query, body)
        raise Problem(404, "not-found", f"no {path}")

    def reply(self, status, body, content_type):
        data = b"" if body is None else json.dumps(body).encode()
        Handler.answers += 1
        chunked = Handler.answers % 2 == 0
        self.close_connection = True
        self.send_response(status)
        if status == 204:
            self.end_headers()
            return
        self.send_header("Content-Type", content_type)
        self.send_header(*(("Transfer-Encoding", "chunked") if chunked else ("Content-Length", str(len(data)))))
        self.end_headers()
        if chunked:
            half = len(data) // 2
            parts = [part for part in (data[:half], data[half:]) if part]
            data = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
        self.wfile.write(data)

    do_GET = do_POST = do_PATCH = do_DELETE = answer

    def address_string(self):
        return "unix"

    def log_message(self, *arguments):
        pass


class FakeControl(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

    def __init__(self, path):
        super().__init__(path, Handler)
        self.state, self.path = State(), path
        threading.Thread(target=self.serve_forever, daemon=True).start()
