"""strata-dataplane alone, in a folder of its own, driven over its control socket."""
import json
import mmap
import os
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

import wire

BIN = os.environ.get("STRATA_BIN") or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "build", "bin")


TCP_COUNTERS_AT, TCP_COUNTERS = 144, 34  # in the segment's header


class Dataplane:
    def __init__(self, dataplane="", limits="", ports=("socket:127.0.0.1",)):
        self.folder = tempfile.mkdtemp(prefix="strata-webrtc-")
        self.prefix = os.path.basename(self.folder)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        self.control_path = os.path.join(self.folder, "dp.sock")
        config = os.path.join(self.folder, "strata.toml")
        with open(config, "w", encoding="utf-8") as f:
            f.write(f'[dataplane]\nports = {json.dumps(ports)}\nbase_udp_port = {port}\nmemory_mb = 256\n'
                    f'file_prefix = "{self.prefix}"\n{dataplane}\n[control]\n'
                    f'dataplane_socket = "{self.control_path}"\n[limits]\n{limits}\n')
        self.log = open(os.path.join(self.folder, "log"), "w+b")
        self.process = subprocess.Popen([os.path.join(BIN, "strata-dataplane"), "--config", config],
                                        stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL)
        self.control = self.connect("")
        self.punts = self.connect(".punt")
        self.generation, self.events = 0, []
        self.control.send(wire.hello())
        reply = wire.read(self.receive(1))
        worker = wire.read(wire.first(reply, 4))
        self.addresses = [address.decode() for address in worker[7]]
        self.tcp_addresses = [address.decode() for address in worker.get(8, [])]
        assert self.addresses[0] == wire.first(worker, 5).decode(), worker
        self.relay = ("127.0.0.1", wire.first(worker, 6, 0))

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        if kind is not None:
            self.log.seek(0)
            print(self.log.read()[-2000:].decode(errors="replace"))
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def connect(self, suffix):
        end = time.monotonic() + 30
        while True:
            link = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            try:
                link.connect(self.control_path + suffix)
                link.settimeout(5)
                return link
            except OSError:
                link.close()
                assert self.process.poll() is None and time.monotonic() < end, "it didn't start"
                time.sleep(0.02)

    def receive(self, kind):
        """The next message with this field of ToControl; events on the way are kept."""
        while True:
            fields = wire.read(self.control.recv(65536))
            if 3 in fields:
                self.events.append(wire.read(fields[3][0]))
            if kind in fields:
                return fields[kind][0]

    def apply(self, *puts, removes=()):
        """Puts objects; the codes of those that were refused."""
        self.generation += 1
        self.control.send(wire.batch(self.generation, puts, removes))
        applied = wire.read(self.receive(2))
        assert wire.first(applied, 1, 0) == self.generation, applied
        return [wire.first(wire.read(error), 2).decode() for error in applied.get(2, [])]

    def event(self, kind, seconds=3):
        """The next event with this field of Event, taken apart; None: none came."""
        self.control.settimeout(0.05)
        end = time.monotonic() + seconds
        try:
            while True:
                for i, fields in enumerate(self.events):
                    if kind in fields:
                        return wire.read(self.events.pop(i)[kind][0])
                if time.monotonic() > end:
                    return None
                try:
                    self.receive(3)
                except socket.timeout:
                    pass
        finally:
            self.control.settimeout(5)

    def punted(self, seconds=3):
        """The next datagram for control: transport and bytes; None: none came."""
        self.punts.settimeout(seconds)
        try:
            fields = wire.read(self.punts.recv(65536))
        except socket.timeout:
            return None
        return wire.first(fields, 1, 0), wire.first(fields, 2)

    def punt(self, transport, datagram):
        self.punts.send(wire.message((1, transport), (2, datagram)))

    def counters(self, worker=0):
        """Of one worker, by name, from the statistics segment; drops as rx_… and tx_…. Those of
        TCP connections as tcp_…."""
        time.sleep(0.05)
        with open(f"/dev/shm/{self.prefix}.statistics", "rb") as f:
            with mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ) as m:
                header = struct.unpack_from("<QIIQQqQQIIQIIQQIIII", m, 0)
                stride, workers_at, names_at, counts = header[9], header[10], header[14], header[15:18]
                found, at, name_at = {}, workers_at + worker * stride + 64, names_at
                for count, prefix in zip(counts, ("", "rx_", "tx_")):
                    for i in range(count):
                        name = m[name_at:name_at + 32].split(b"\0")[0].decode()
                        found[prefix + name] = struct.unpack_from("<Q", m, at + 8 * i)[0]
                        name_at += 32
                    at += (8 * count + 63) // 64 * 64
                name_at += 32 * header[18]  # values of objects
                for i in range(TCP_COUNTERS):
                    name = m[name_at:name_at + 32].split(b"\0")[0].decode()
                    found["tcp_" + name] = struct.unpack_from("<Q", m, TCP_COUNTERS_AT + 8 * i)[0]
                    name_at += 32
                tcp = {k: v for k, v in found.items() if k.startswith("tcp_")}
                found = {k: v for k, v in found.items() if k not in tcp}
                found["rx_drops"] = sum(v for k, v in list(found.items())[counts[0]:counts[0] + counts[1]])
                found["tx_drops"] = sum(v for k, v in list(found.items())[counts[0] + counts[1]:-1])
                found.update(tcp)
        return found

    def check_equations(self, workers=1):
        counters = [self.counters(worker) for worker in range(workers)]
        for c in counters:
            assert c["rx_packets"] + c["handed_in"] == \
                c["fanned_out"] + c["handed_only"] + c["consumed"] + c["punted"] + c["rx_drops"], c
            assert c["selected"] == c["sent"] + c["queued"] + c["tx_drops"], c
        assert sum(c["handed_out"] for c in counters) == sum(c["handed_in"] for c in counters), counters
