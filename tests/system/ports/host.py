"""The appliance with one DPDK port as a host among hosts: it lives in `relay`, the other end of its TAP is `wire` in
`router`, behind which is `far`. Everything has addresses of the test's own and goes when the block ends."""
import os
import shutil
import socket
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "control"), os.path.join(HERE, "..", "webrtc")]
from network import sh, socket_inside  # noqa: E402
from programs import Node, wait_until  # noqa: E402
from traffic import PAYLOAD_TYPE, Traffic  # noqa: E402

US, ROUTER, FAR = "10.77.0.1", "10.77.0.254", "10.9.0.2"
US_V6, ROUTER_V6, FAR_V6 = "fd77::1", "fd77::fe", "fd09::2"
SSRC = 0x5eed0001
CONSUMED = ("rx_truncated", "rx_not_for_us", "rx_unknown_type", "rx_bad_header", "rx_fragment", "rx_unknown_port",
            "rx_arp", "rx_icmp", "rx_handoff_full")


def why_not():
    """Why the tests can't run here; empty: they can."""
    if os.geteuid() != 0:
        return "network namespaces and DPDK's virtual devices need root"
    if not os.path.exists("/dev/net/tun"):
        return "this kernel has no /dev/net/tun"
    missing = [tool for tool in ("ip", "ping") if shutil.which(tool) is None]
    return missing[0] + " isn't installed" if missing else ""


class Steadfast:
    """A socket that sends on when there is no way."""

    def __init__(self, s):
        self.socket = s

    def sendto(self, data, address):
        try:
            self.socket.sendto(data, address)
        except OSError:
            pass

    def close(self):
        self.socket.close()


class Host(Node):
    """`options` stand behind the port's address. With `apart` false the router's part is played by the relay's own
    namespace: the port then sees its link go up and down. With `v6` the others have IPv6 addresses as well."""

    def __init__(self, options="", apart=True, v6=False, **settings):
        self.names = {name: f"strata-{os.getpid()}-{name}" for name in ("relay", "router", "far")}
        self.router = "router" if apart else "relay"
        self.v6 = v6
        super().__init__(ports=[f"net_tap0,iface=wire;address={US}/24{options}"], **settings)

    def __enter__(self):
        try:
            for name in self.names.values():
                sh(f"ip netns add {name}")
                # Nothing is on the wire but what the tests put there. Addresses are valid at once.
                for key, value in (("disable_ipv6", int(not self.v6)), ("accept_dad", 0), ("router_solicitations", 0)):
                    sh(f"ip netns exec {name} sysctl -qw net.ipv6.conf.default.{key}={value}", check=False)
                sh(f"ip -n {name} link set lo up")
            self.start("strata-control")
            self.start("strata-dataplane")
            self.wait_synchronised()
            if self.router != "relay":
                self.ip("relay", f"link set wire netns {self.names['router']}")
            self.ip(self.router, f"address add {ROUTER}/24 dev wire")
            self.ip(self.router, "link set wire up")
            self.ip(self.router, f"link add far type veth peer name near netns {self.names['far']}")
            self.ip(self.router, "address add 10.9.0.1/24 dev far")
            self.ip(self.router, "link set far up")
            self.ip("far", f"address add {FAR}/24 dev near")
            self.ip("far", "link set near up")
            self.ip("far", "route add default via 10.9.0.1")
            sh(f"ip netns exec {self.names[self.router]} sysctl -qw net.ipv4.ip_forward=1")
            if self.v6:
                self.add_v6()
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def add_v6(self):
        for where, address, interface in ((self.router, ROUTER_V6, "wire"), (self.router, "fd09::1", "far"),
                                          ("far", FAR_V6, "near")):
            self.ip(where, f"address add {address}/64 dev {interface} nodad")
        self.ip("far", "-6 route add default via fd09::1")
        sh(f"ip netns exec {self.names[self.router]} sysctl -qw net.ipv6.conf.all.forwarding=1")

    def __exit__(self, kind, value, trace):
        super().__exit__(kind, value, trace)
        for name in self.names.values():
            sh(f"ip netns delete {name}", check=False)

    def command(self, program):
        return ["ip", "netns", "exec", self.names["relay"], *super().command(program)]

    def ip(self, where, words):
        return sh(f"ip -n {self.names[where]} {words}")

    def run_in(self, where, words, check=False):
        return sh(f"ip netns exec {self.names[where]} {words}", check=check)

    def udp(self, where, address, port=0):
        def make():
            s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
            s.bind((address, port))
            return s
        return socket_inside(self.names[where], make)

    def wire(self):
        """A socket for whole frames on the wire, from and to the port."""
        def make():
            s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))  # ETH_P_ALL
            s.bind(("wire", 0))
            s.settimeout(1)
            return s
        return socket_inside(self.names[self.router], make)

    def port(self):
        """Link and counters of the port."""
        found = self.get("/v1/ports")["items"]
        assert len(found) == 1, found
        return found[0]

    def counters(self):
        return self.port()["counters"]

    def table(self, name):
        """What the port knows of its network (neighbours, routes, paths), without the port's name."""
        return [{k: v for k, v in item.items() if k != "port"} for item in self.get(f"/v1/ports/{name}")["items"]]

    def wait_counter(self, name, least):
        """Counters once this one has come to `least`; they are a tenth of a second old at most."""
        def there():
            counters = self.counters()
            return counters if counters[name] >= least else None
        return wait_until(f"{name} is {least}", there)

    def mac(self):
        """The port's: the TAP's other end has the one beside it."""
        text = self.ip(self.router, "-o link show wire").split("link/ether ")[1].split()[0]
        mac = bytearray.fromhex(text.replace(":", ""))
        mac[5] ^= 1
        return bytes(mac)

    def media(self, publisher_at="router", receiver_at="far", publisher_v6=False, receiver_v6=False, to=None):
        """Numbered packets that arrive, from a publisher that is latched to one receiver. `to`: which of the relay's
        addresses the publisher sends to, else the first of its IP version."""
        addresses = {("router", False): ROUTER, ("relay", False): ROUTER, ("far", False): FAR,
                     ("router", True): ROUTER_V6, ("far", True): FAR_V6}
        receiver = self.udp(receiver_at, addresses[receiver_at, receiver_v6])
        self.post("/v1/rooms", {"name": "demo"})
        publisher = self.post("/v1/rooms/demo/participants", {"name": "publisher"})
        remote = ("[%s]:%d" if receiver_v6 else "%s:%d") % receiver.getsockname()[:2]
        listener = self.post("/v1/rooms/demo/participants", {"name": "receiver", "remote": remote})
        track = self.post(f"/v1/participants/{publisher['id']}/tracks",
                          {"codec": "opus", "payload_type": PAYLOAD_TYPE, "ssrcs": [SSRC]})
        self.post(f"/v1/participants/{listener['id']}/subscriptions", {"track": track["id"]})
        told = [a for a in publisher["relay_addresses"] if a.startswith("[") == publisher_v6]
        relay = f"{to}:{self.base_udp_port}" if to else told[0].replace("[", "").replace("]", "")
        traffic = Traffic(relay, receiver, SSRC, rate=200)
        traffic.sender.close()
        traffic.sender = Steadfast(self.udp(publisher_at, addresses[publisher_at, publisher_v6]))
        return traffic


def check_equation(host):
    """Every frame has one fate. The counters are copied one by one: they agree when nothing comes."""
    def agrees():
        c = host.counters()
        return c["rx_frames"] == c["rx_delivered"] + sum(c[name] for name in CONSUMED)
    wait_until("frames = delivered + consumed", agrees)


def check_whole(traffic, begin):
    """Everything that was sent from number `begin` on has arrived, once."""
    end = traffic.drain()
    numbers = [number for _, number, _ in traffic.arrived if begin <= number < end]
    assert len(numbers) == len(set(numbers)), "duplicates"
    lost = sorted(set(range(begin, end)) - set(numbers))
    assert not lost, f"{len(lost)} of {end - begin} lost: {lost[:10]}"
    assert end - begin > 50, (begin, end)


def beside_media(host, work):
    """work() with media running; returns when all of it has arrived."""
    traffic = host.media()
    traffic.start()
    try:
        wait_until("media arrives", lambda: len(traffic.arrived) > 20)
        begin = traffic.sent
        work()
        wait_until("enough is sent", lambda: traffic.sent > begin + 50)  # however quick the work was
        check_whole(traffic, begin)
    finally:
        traffic.stop()
    check_equation(host)


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(source, protocol, payload, destination=US, flags=0x4000):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 1, flags, 64, protocol, 0,
                       socket.inet_aton(source), socket.inet_aton(destination))
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def udp(to_port, size=100, from_port=6000):
    return struct.pack("!HHHH", from_port, to_port, 8 + size, 0) + bytes(size)


def syn(to_port, from_port):
    return struct.pack("!HHIIBBHHH", from_port, to_port, 1, 0, 0x50, 2, 1024, 0, 0)


def echo_request(number):
    body = struct.pack("!BBHHH", 8, 0, 0, 7, number & 0xFFFF) + bytes(56)
    return body[:2] + struct.pack("!H", checksum(body)) + body[4:]


def arp(sender_mac, sender, target, reply=False):
    return struct.pack("!HHBBH6s4s6s4s", 1, 0x0800, 6, 4, 2 if reply else 1, sender_mac, socket.inet_aton(sender),
                       bytes(6), socket.inet_aton(target))


def frame(to, body, ether_type=0x0800, source=bytes.fromhex("020000000099"), vlan=None):
    tag = struct.pack("!HH", 0x8100, vlan) if vlan is not None else b""
    return to + source + tag + struct.pack("!H", ether_type) + body
