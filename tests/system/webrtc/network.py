"""Hosts as network namespaces on one switch, some behind an address translator, and the node among them with a
kernel port and a DPDK port. Everything has addresses of the test's own and goes when the block ends."""
import ctypes
import os
import shutil
import socket
import subprocess
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "control"))
from programs import Node  # noqa: E402

SOCKET, DPDK = "10.77.0.1", "10.77.0.2"  # the node's two addresses
SOCKET_V6, DPDK_V6 = "fd77::1", "fd77::2"
PUBLIC = "10.77.0."
TOOLS = ("ip", "nft", "conntrack", "ethtool")


def why_not():
    """Why namespaces can't be made here; empty: they can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    for tool in TOOLS:
        if shutil.which(tool) is None:
            return tool + " isn't installed"
    return ""


def sh(command, check=True):
    run = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=60)
    assert not check or run.returncode == 0, f"{command}: {run.stderr.strip() or run.stdout.strip()}"
    return run.stdout


def socket_inside(namespace, make):
    """What make() returns, called by a thread that is in the namespace: a socket stays where it was made."""
    made = []

    def work():
        with open(f"/run/netns/{namespace}", encoding="utf-8") as handle:
            if ctypes.CDLL(None, use_errno=True).setns(handle.fileno(), 0) != 0:
                return
        made.append(make())
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert made, "no way into " + namespace
    return made[0]


def only(address, answer):
    """An answer that leads to this one of the node's addresses."""
    lines, told = [], False
    for line in answer.split("\r\n"):
        if line.startswith("a=candidate:"):
            fields = line.split(" ")
            if told or fields[2].lower() != "udp":
                continue
            fields[4], told = address, True
            line = " ".join(fields)
        lines.append(line)
    return "\r\n".join(lines)


class Network:
    """`switch` joins `relay` (k0 for the kernel's port, d0 for DPDK's) and `nat`, which is a router with the hosts
    behind it: host i has 10.78.i.2 until readdress(), and is seen from 10.77.0.(100 + i) until rebind()."""

    def __init__(self, hosts):
        self.hosts = list(hosts)
        self.public = {host: PUBLIC + str(100 + i) for i, host in enumerate(self.hosts)}
        self.own = {host: f"10.78.{i}" for i, host in enumerate(self.hosts)}
        self.made = []

    def name(self, host):
        return f"strata-{os.getpid()}-{host}"

    def __enter__(self):
        try:
            for host in ("switch", "relay", "nat", *self.hosts):
                self.made.append(self.name(host))
                sh(f"ip netns add {self.name(host)}")
                sh(f"ip -n {self.name(host)} link set lo up")
                # Without it an address would become valid a second later, and a browser that is loading a page
                # gives up whatever it is fetching when its network changes.
                sh(f"ip netns exec {self.name(host)} sysctl -qw net.ipv6.conf.default.accept_dad=0", check=False)
            sh(f"ip -n {self.name('switch')} link add br0 type bridge")
            sh(f"ip -n {self.name('switch')} link set br0 up")
            self.link("switch", "relay", "k0", SOCKET + "/24")
            self.link("switch", "relay", "d0")
            self.link("switch", "nat", "out", PUBLIC + "99/24")
            sh(f"ip netns exec {self.name('nat')} sysctl -qw net.ipv4.ip_forward=1")
            for i, host in enumerate(self.hosts):
                self.link("nat", host, "h0", f"10.78.{i}.2/24", f"10.78.{i}.1/24")
                sh(f"ip -n {self.name(host)} route add default via 10.78.{i}.1")
            self.translate()
        except Exception:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, *_):
        for name in reversed(self.made):
            sh(f"ip netns delete {name}", check=False)

    def link(self, near, far, interface, address=None, near_address=None):
        """A cable from `near`, into its bridge unless it has an address, to `interface` of `far`."""
        one, two, end = self.name(near), self.name(far), f"{far[:8]}-{interface}"
        sh(f"ip link add {end} netns {one} type veth peer name {interface} netns {two}")
        if near_address is None:
            sh(f"ip -n {one} link set {end} master br0")
        else:
            sh(f"ip -n {one} address add {near_address} dev {end}")
        if address is not None:
            sh(f"ip -n {two} address add {address} dev {interface}")
        else:  # DPDK's: the kernel shall not answer there
            sh(f"ip netns exec {two} sysctl -qw net.ipv6.conf.{interface}.disable_ipv6=1", check=False)
            sh(f"ip netns exec {two} sysctl -qw net.ipv4.conf.{interface}.arp_ignore=8")
        for namespace, device in ((one, end), (two, interface)):
            # Checksums are made where packets start: a DPDK port would see unfinished ones.
            sh(f"ip netns exec {namespace} ethtool -K {device} tx off")
            sh(f"ip -n {namespace} link set {device} up")

    def translate(self):
        nat = self.name("nat")
        rules = "add table ip nat\ndelete table ip nat\ntable ip nat { chain out { type nat hook postrouting priority 100; "
        for i, host in enumerate(self.hosts):
            sh(f"ip -n {nat} address add {self.public[host]}/24 dev out", check=False)
            rules += (f"ip saddr {{10.78.{i}.2, 10.79.{i}.2}} oifname out ip protocol udp "
                      f"snat to {self.public[host]}:1024-65535 random; ")
        run = subprocess.run(["ip", "netns", "exec", nat, "nft", "-f", "-"], input=rules + "}\n}\n", text=True,
                             capture_output=True, timeout=60)
        assert run.returncode == 0, run.stderr

    def add_v6(self):
        """IPv6 beside IPv4, routed: host i has fd78:i::2."""
        self.address("relay", "k0", SOCKET_V6 + "/64")
        self.address("nat", "out", "fd77::99/64")
        sh(f"ip netns exec {self.name('nat')} sysctl -qw net.ipv6.conf.all.forwarding=1")
        sh(f"ip -n {self.name('relay')} -6 route add fd78::/16 via fd77::99")
        for i, host in enumerate(self.hosts):
            self.address(host, "h0", f"fd78:{i}::2/64")
            self.address("nat", f"{host[:8]}-h0", f"fd78:{i}::1/64")
            sh(f"ip -n {self.name(host)} -6 route add default via fd78:{i}::1")

    def address(self, host, interface, address):
        sh(f"ip -n {self.name(host)} address add {address} dev {interface} nodad")

    def rebind(self, host):
        """From now on `host` is seen from another address and other ports."""
        last = int(self.public[host].rsplit(".", 1)[1])
        self.public[host] = PUBLIC + str(last + 20)
        self.translate()
        sh(f"ip netns exec {self.name('nat')} conntrack -D -p udp", check=False)  # 1: there was none

    def readdress(self, host):
        """Another network, as when a telephone leaves the house: the host's own address is another one."""
        old = self.own[host]
        new = self.own[host] = old.replace("10.78.", "10.79.") if "10.78." in old else old.replace("10.79.", "10.78.")
        inside, router = self.name(host), self.name("nat")
        sh(f"ip -n {router} address replace {new}.1/24 dev {host[:8]}-h0")
        sh(f"ip -n {inside} address add {new}.2/24 dev h0")
        sh(f"ip -n {inside} address delete {old}.2/24 dev h0")
        sh(f"ip -n {inside} route replace default via {new}.1")

    def listen(self, host):
        """A TCP socket on the host's loopback."""
        def make():
            s = socket.socket()
            s.bind(("127.0.0.1", 0))
            s.listen(64)
            return s
        return socket_inside(self.name(host), make)


class RelayNode(Node):
    """A node whose data plane is in the network's `relay`, on both ports; `driver`: DPDK's."""

    def __init__(self, network, driver="net_af_packet0", **control):
        self.network = network
        super().__init__(ports=self.ports(driver), **control)

    def ports(self, driver):
        return ["socket:" + SOCKET, f"{driver},iface=d0;address={DPDK}/24"]

    def command(self, program):
        inside = program == "strata-dataplane"
        return (["ip", "netns", "exec", self.network.name("relay")] if inside else []) + super().command(program)


class RelayNodeV6(RelayNode):
    """The same with IPv6 addresses, in a network that has them."""

    def ports(self, driver):
        self.network.add_v6()
        return ["socket:" + SOCKET_V6, f"{driver},iface=d0;address={DPDK_V6}/64;gateway=fd77::99"]
