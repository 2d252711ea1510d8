"""Relays that do the same work over the kernel's UDP sockets: one publisher, receivers 127.1.0.1 and on at one UDP port.
Each is started, told of the publisher and the receivers, and ended by its own process id."""
import ipaddress
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts", "demo.d"))
from appliance import BIN, Appliance, Failure, free_udp_ports  # noqa: E402

PAYLOAD_TYPE, SSRC = 111, 0x50515253  # bench/peers/traffic.h
PEERS = os.path.join(BIN, "strata-bench-peers")


def receiver(i):
    return str(ipaddress.ip_address("127.1.0.1") + i)


def places():
    """The CPU that a relay gets, the last one as Strata's plan has it, and those of what feeds and empties it."""
    cpus = sorted(os.sched_getaffinity(0))
    return {cpus[-1]}, set(cpus[:-1]) or {cpus[-1]}


def cpu_ns(pid):
    """What all threads of a process have used."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{task}/schedstat") as text:
                total += int(text.read().split()[0])
        except FileNotFoundError:  # a thread that ended meanwhile
            pass
    return total


class Kernel:
    """The yardstick: recvmmsg, a header per receiver, sendmmsg with UDP GSO (bench/peers/kernel_relay.cc)."""
    name = "kernel"

    def start(self, publisher, sink, receivers):
        self.process = subprocess.Popen([PEERS, "relay", "--receivers", str(receivers), "--sink", str(sink)],
                                        stdout=subprocess.PIPE, text=True,
                                        preexec_fn=lambda: os.sched_setaffinity(0, places()[0]))
        self.pid, self.port = self.process.pid, int(self.process.stdout.readline().split()[1])

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)


class Strata:
    """Both programs on a socket port; what counts is the data plane's time, all its threads."""
    name = "strata"

    def start(self, publisher, sink, receivers):
        self.appliance = Appliance()
        self.appliance.start("strata-dataplane")
        self.appliance.start("strata-control")
        self.appliance.wait_ready()
        cli = self.appliance.cli
        cli("room", "create", "peers")
        relay = cli("participant", "add", "peers", "pub", "--remote", f"127.0.0.1:{publisher}")["relay"]
        track = cli("track", "publish", "pub", "--room", "peers", "--codec", "opus", "--payload-type",
                    str(PAYLOAD_TYPE), "--ssrc", str(SSRC))["id"]
        for i in range(receivers):
            cli("participant", "add", "peers", f"r{i}", "--remote", f"{receiver(i)}:{sink}")
            cli("subscription", "add", f"r{i}", track, "--room", "peers")
        self.pid, self.port = self.appliance.processes["strata-dataplane"].pid, int(relay.rsplit(":", 1)[1])

    def stop(self):
        self.appliance.stop()
        self.appliance.remove()


def bencode(value):
    if isinstance(value, dict):
        return b"d" + b"".join(bencode(k) + bencode(value[k]) for k in sorted(value)) + b"e"
    if isinstance(value, list):
        return b"l" + b"".join(bencode(v) for v in value) + b"e"
    data = value.encode()
    return str(len(data)).encode() + b":" + data


def bdecode(data, at=0):
    """The value that begins there, and where it ends."""
    kind = data[at:at + 1]
    if kind == b"i":
        end = data.index(b"e", at)
        return int(data[at + 1:end]), end + 1
    if kind in (b"l", b"d"):
        items, at = [], at + 1
        while data[at:at + 1] != b"e":
            item, at = bdecode(data, at)
            items.append(item)
        return (items if kind == b"l" else dict(zip(items[::2], items[1::2]))), at + 1
    colon = data.index(b":", at)
    size = int(data[at:colon])
    return data[colon + 1:colon + 1 + size].decode(), colon + 1 + size


def sdp(address, port, direction):
    return "\r\n".join((
        "v=0", f"o=- 1 1 IN IP4 {address}", "s=-", f"c=IN IP4 {address}", "t=0 0",
        f"m=audio {port} RTP/AVP {PAYLOAD_TYPE}", f"a=rtpmap:{PAYLOAD_TYPE} opus/48000/2", f"a={direction}", ""))


class Rtpengine:
    """Debian's rtpengine in userspace, one worker thread, told by its ng protocol to publish and subscribe."""
    name = "rtpengine"

    @staticmethod
    def program():
        return shutil.which("rtpengine", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/bin")

    def start(self, publisher, sink, receivers):
        self.folder = tempfile.mkdtemp(prefix="strata-peers-")
        self.ng = free_udp_ports(1)[0]
        self.log = open(os.path.join(self.folder, "log"), "w")
        self.process = subprocess.Popen(
            [self.program(), "--foreground", "--log-stderr", "--log-level=3", "--table=-1", "--num-threads=1",
             "--config-file=none", "--interface=127.0.0.1", f"--listen-ng=127.0.0.1:{self.ng}",
             "--port-min=30000", "--port-max=32000", "--timeout=3600", "--silent-timeout=3600"],
            stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL,
            preexec_fn=lambda: os.sched_setaffinity(0, places()[0]))
        self.pid = self.process.pid
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(1)
        for _ in range(20):
            if self.ask(command="ping", patient=True):
                break
        call = {"call-id": "peers", "from-tag": "pub"}
        answer = self.ask(command="publish", sdp=sdp("127.0.0.1", publisher, "sendonly"), **call)
        self.port = self.port_of(answer["sdp"])
        for i in range(receivers):
            offer = self.ask(**{"command": "subscribe request", **call})
            self.ask(**{"command": "subscribe answer", "call-id": "peers", "to-tag": offer["to-tag"],
                        "sdp": sdp(receiver(i), sink, "recvonly")})

    @staticmethod
    def port_of(text):
        return int(next(line for line in text.splitlines() if line.startswith("m=")).split()[1])

    def ask(self, patient=False, **fields):
        cookie = os.urandom(6).hex().encode()
        self.socket.sendto(cookie + b" " + bencode(fields), ("127.0.0.1", self.ng))
        try:
            reply = self.socket.recv(65535)
        except OSError as problem:
            if patient and self.process.poll() is None:
                time.sleep(0.2)
                return None
            raise Failure(f"rtpengine doesn't answer {fields['command']}: {problem}") from problem
        answer, _ = bdecode(reply.split(b" ", 1)[1])
        if answer.get("result") not in ("ok", "pong"):
            raise Failure(f"rtpengine refused {fields['command']}: {answer}")
        return answer

    def stop(self):
        self.socket.close()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)
