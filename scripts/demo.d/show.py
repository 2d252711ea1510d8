#!/usr/bin/env python3
"""The demo: four captured streams (VP9 L3T3, AV1 L3T3_KEY, VP8 simulcast, Opus) are published into a room,
twelve receivers ask for different layers and change them half-way, a live table shows what each
gets, and a verdict is given for each. Exit status 0 only when all are right."""
import argparse
import json
import os
import signal
import subprocess
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from appliance import BIN, ROOT, Appliance, Failure, free_udp_ports
from network import Network

CAPTURES = os.path.join(ROOT, "tests", "data", "captures")

PUBLISHERS = (  # id, capture, kind
    ("vp9", "vp9-L3T3", "video"),
    ("av1", "av1-L3T3_KEY", "video"),
    ("vp8", "vp8-SIM3_L1T3", "video"),
    ("mic", "opus-PLAIN", "audio"),
)

RECEIVERS = (  # name, track, first target, target from half-way on
    ("wall", "vp9", "S2T2", "S1T2"),
    ("laptop", "vp9", "S1T2", "S2T2"),
    ("phone", "vp9", "S0T1", "S0T2"),
    ("tile", "vp9", "S0T0", "S2T1"),
    ("studio", "av1", "S2T2", "S0T2"),
    ("tablet", "av1", "S1T1", "S2T2"),
    ("watch", "av1", "S0T0", "S1T2"),
    ("hall", "vp8", "f:T2", "q:T2"),
    ("desk", "vp8", "h:T2", "f:T1"),
    ("train", "vp8", "q:T0", "h:T2"),
    ("ear", "mic", "max", "max"),
    ("radio", "mic", "max", "max"),
)


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", action="store_true", help="leave both programs running at the end")
    parser.add_argument("--json", action="store_true", help="print the verdict as JSON, no table")
    parser.add_argument("--seconds", type=float, default=26, help="length of the run (default 26)")
    parser.add_argument("--ethdev", nargs="?", const="net_af_packet", metavar="DRIVER",
                        choices=["net_af_packet", "net_af_xdp", "net_tap"],
                        help="over DPDK: net_af_packet (default), net_af_xdp or net_tap, in network "
                             "namespaces of its own (root)")
    return parser.parse_args()


class Demo:
    def __init__(self, options):
        self.options = options
        self.network = None
        self.client_ip, self.gen_prefix = "127.0.0.1", []
        if options.ethdev:
            if os.geteuid() != 0:
                raise Failure("--ethdev makes network namespaces: run it as root (sudo scripts/demo --ethdev)")
            self.open_network()
        else:
            self.appliance = Appliance()
        self.subscriptions, self.rows = {}, {}

    def open_network(self):
        """Relay and clients in namespaces of their own, joined by veth, or by the TAP itself."""
        self.network = Network()
        driver = self.options.ethdev
        self.network.up(tap=driver == "net_tap")
        device = {"net_af_packet": f"net_af_packet0,iface={self.network.relay_if}",
                  "net_af_xdp": f"net_af_xdp0,iface={self.network.relay_if}",
                  "net_tap": f"net_tap0,iface={self.network.client_if}"}[driver]
        port = f"{device};address={self.network.RELAY_IP}/{self.network.BITS}"
        self.client_ip = self.network.CLIENT_IP
        self.gen_prefix = self.network.inside(self.network.clients)
        self.appliance = Appliance(port=port, prefix=self.network.inside(self.network.relay), udp_port=20000)

    def build_room(self):
        """Room, participants, tracks and subscriptions through the CLI; the generator's plan."""
        cli = self.appliance.cli
        cli("room", "create", "demo")
        ports = free_udp_ports(len(PUBLISHERS) + len(RECEIVERS)) if not self.network \
            else list(range(41000, 41000 + len(PUBLISHERS) + len(RECEIVERS)))
        seconds = self.options.seconds
        plan = {"duration_s": seconds, "publishers": [], "receivers": [],
                "limits": {"grace_ms": 500, "settle_ms": 6500}}
        for name, capture, kind in PUBLISHERS:
            relay = cli("participant", "add", "demo", name)["relay"]
            plan["publishers"].append({"id": name, "capture": os.path.join(CAPTURES, capture + ".pcap"),
                                       "kind": kind, "local": f"{self.client_ip}:{ports.pop()}",
                                       "remote": relay, "start_s": 0.5})
        tracks = self.resolve(plan)
        for name, _, _ in PUBLISHERS:
            self.rows[name] = cli("track", "publish", name, "--room", "demo", "--json", json.dumps(tracks[name]))
        for name, track, first, second in RECEIVERS:
            local = f"{self.client_ip}:{ports.pop()}"
            relay = cli("participant", "add", "demo", name, "--remote", local)["relay"]
            made = cli("subscription", "add", name, self.rows[track]["id"], "--room", "demo", "--layers", first)
            self.subscriptions[name] = made["id"]
            plan["receivers"].append({
                "id": name, "track": track, "local": local, "remote": relay, "ssrc": made["ssrc"],
                "targets": [{"at_s": 0, "target": first}, {"at_s": seconds / 2, "target": second}]})
        return plan

    def resolve(self, plan):
        """{publisher: track} with the fresh SSRCs that will be sent."""
        path = os.path.join(self.appliance.folder, "publishers.json")
        with open(path, "w") as out:
            json.dump(plan, out)
        run = subprocess.run([os.path.join(BIN, "strata-gen"), "resolve", path], capture_output=True, text=True)
        if run.returncode != 0:
            raise Failure(f"strata-gen resolve: {run.stderr.strip()}")
        return {one["id"]: {key: value for key, value in one["track"].items() if key != "id"}
                for one in json.loads(run.stdout)["publishers"]}

    def play(self, plan):
        """Runs the generator; follows its events; its verdict."""
        path = os.path.join(self.appliance.folder, "plan.json")
        verdict = os.path.join(self.appliance.folder, "verdict.json")
        with open(path, "w") as out:
            json.dump(plan, out, indent=1)
        process = subprocess.Popen(
            self.gen_prefix + [os.path.join(BIN, "strata-gen"), "run", path, "--live-json", "--json", verdict],
            stdout=subprocess.PIPE, text=True)
        try:
            for line in process.stdout:
                self.follow(json.loads(line))
        finally:
            if process.poll() is None and sys.exc_info()[0]:
                process.terminate()
            process.wait()
        with open(verdict) as text:
            return json.load(text)

    def follow(self, event):
        if event["event"] == "target" and event["t_s"] > 1:
            threading.Thread(target=self.appliance.cli, args=(
                "subscription", "set", self.subscriptions[event["receiver"]], "--layers", event["target"])).start()
        elif event["event"] == "second" and not self.options.json:
            self.draw(event)

    def draw(self, event):
        if sys.stdout.isatty():
            sys.stdout.write("\x1b[H\x1b[2J")
        print(f"Strata, {event['t_s']:.0f} s of {self.options.seconds:.0f} s\n")
        print(table(event["receivers"]))
        sys.stdout.flush()

    def close(self, keep):
        if keep:
            print(f"left running: strata --socket {self.appliance.socket} room list\n"
                  f"              kill {' '.join(str(p.pid) for p in self.appliance.processes.values())}")
            return True
        clean = self.appliance.stop()
        if self.network:
            self.network.down()
        self.appliance.remove()
        return clean


COLUMNS = (  # title, alignment, width, value
    ("receiver", "<", 9, lambda r: r["id"]), ("track", "<", 6, lambda r: r["track"]),
    ("asked", "<", 6, lambda r: r["target"]), ("layers", "<", 7, lambda r: r["layer"]),
    ("size", "<", 10, lambda r: f"{r['width']}x{r['height']}" if r["width"] else "-"),
    ("fps", ">", 5, lambda r: f"{r['fps']:.0f}"), ("kbit/s", ">", 7, lambda r: f"{r['kbps']:.0f}"),
    ("loss", ">", 5, lambda r: r["lost"]), ("p99 µs", ">", 8, lambda r: r["latency_p99_us"]))


def table(receivers):
    lines = [" ".join(f"{title:{side}{width}}" for title, side, width, _ in COLUMNS)]
    lines += [" ".join(f"{value(row)!s:{side}{width}}" for _, side, width, value in COLUMNS)
              for row in receivers]
    return "\n".join(lines)


def report(verdict, options):
    """Prints the verdict per receiver; True when everything is right."""
    if options.json:
        print(json.dumps(verdict, indent=1))
        return verdict["ok"] and len(verdict["receivers"]) == len(RECEIVERS)
    print()
    for row in verdict["receivers"]:
        wrong = [f"{w['count']} {w['reason']} ({w['first']})" for w in verdict["wrong"] if w["object"] == row["id"]]
        moved = ", ".join(f"{t['target']} after {t['reached_after_ms']} ms" for t in row["targets"])
        print(f"{'WRONG' if wrong else 'right':6} {row['id']:9} {row['packets']:6} packets  "
              f"p99 {row['latency']['p99_us']:5} µs  {moved}  {'; '.join(wrong)}")
    for w in verdict["wrong"]:
        if w["object"] not in {row["id"] for row in verdict["receivers"]}:
            print(f"WRONG  {w['object']}: {w['count']} {w['reason']} ({w['first']})")
    bad = {w["object"] for w in verdict["wrong"]}
    print(f"\n{sum(row['id'] not in bad for row in verdict['receivers'])} of {len(RECEIVERS)} receivers got "
          "just the layers they asked for")
    return verdict["ok"] and len(verdict["receivers"]) == len(RECEIVERS)


def main():
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    demo, good, keep = None, False, False
    try:
        demo = Demo(options)
        demo.appliance.start("strata-dataplane")
        demo.appliance.start("strata-control")
        demo.appliance.wait_ready()
        if options.ethdev == "net_tap":
            demo.network.tap_up()
        good = report(demo.play(demo.build_room()), options)
        keep = options.keep
    except (Failure, RuntimeError) as failure:
        print(f"demo: {failure}", file=sys.stderr)
    finally:
        if demo:
            good = demo.close(keep) and good
    sys.exit(0 if good else 1)


main()
