#!/usr/bin/env python3
"""Strata's socket port, a plain kernel relay and rtpengine, the same work on equal I/O, in turns; CPU time per forwarded
packet. Installs rtpengine-daemon where it is missing and may be (root); without it, the two others.

usage: bench/peers/compare.py [--rounds N] [--seconds S] [--receivers N] [--no-install] [--json FILE]"""
import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from contestants import PEERS, ROOT, Failure, Kernel, Rtpengine, Strata, cpu_ns, free_udp_ports, places  # noqa: E402

CAPTURE = os.path.join(ROOT, "tests", "data", "captures", "vp9-L3T3.pcap")
# Trains of the publisher's; rates at which the slowest of them has time left.
CASES = (
    ("single", ["--packets", "1", "--every-us", "2500"]),
    ("burst8", ["--packets", "8", "--every-us", "20000"]),
    ("chromium", ["--capture", CAPTURE]),
)
AIMS = {("strata", "kernel", "single"): 1.15, ("strata", "kernel", "burst8"): 1.25,
        ("strata", "rtpengine", "single"): 0.8, ("strata", "rtpengine", "burst8"): 0.5}


def install_rtpengine():
    """The daemon alone: no kernel module, no recording. It isn't left running."""
    if os.geteuid() != 0:
        return
    policy = "/usr/sbin/policy-rc.d"  # Debian's way to install without starting
    made = not os.path.exists(policy)
    if made:
        with open(policy, "w") as out:
            out.write("#!/bin/sh\nexit 101\n")
        os.chmod(policy, 0o755)
    try:
        environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
        subprocess.run(["apt-get", "install", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120",
                        "rtpengine-daemon"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       check=False)
    finally:
        if made:
            os.unlink(policy)


def spread(values):
    """Median, and the interval that holds it with at least 95 % by order statistics."""
    values, n = sorted(values), len(values)
    k, total = 0, 0.0
    while k < n:
        total += math.comb(n, k) / 2 ** n
        if total > 0.025:
            break
        k += 1
    k = max(k - 1, 0)
    return statistics.median(values), values[k], values[n - 1 - k]


class Contest:
    def __init__(self, relays, receivers, seconds):
        self.relays, self.receivers, self.seconds = relays, receivers, seconds
        self.publisher, self.sink = free_udp_ports(2)
        self.sent = {relay.name: 0 for relay in relays}
        self.started = []

    def __enter__(self):
        for relay in self.relays:
            relay.start(self.publisher, self.sink, self.receivers)
            self.started.append(relay)
        return self

    def __exit__(self, *_):
        for relay in self.started:
            relay.stop()

    def measure(self, relay, load):
        """CPU nanoseconds per packet that reached a receiver, and the share of packets that didn't."""
        before = cpu_ns(relay.pid)
        run = subprocess.run(
            [PEERS, "load", "--from", str(self.publisher), "--to", str(relay.port), "--sink", str(self.sink),
             "--receivers", str(self.receivers), "--seconds", str(self.seconds), "--first",
             str(self.sent[relay.name]), *load], capture_output=True, text=True, timeout=self.seconds + 60,
            preexec_fn=lambda: os.sched_setaffinity(0, places()[1]))
        used = cpu_ns(relay.pid) - before
        if run.returncode != 0:
            raise Failure(f"load: {run.stderr.strip()}")
        seen = json.loads(run.stdout)
        self.sent[relay.name] += seen["sent"]
        if seen["received"] == 0:
            raise Failure(f"{relay.name} forwarded nothing")
        return used / seen["received"], 1 - min(seen["received"] / seen["expected"], 1)

    def idle(self, relay):
        """Cores that it takes when there is nothing to do."""
        before, begin = cpu_ns(relay.pid), time.monotonic()
        time.sleep(1)
        return (cpu_ns(relay.pid) - before) / 1e9 / (time.monotonic() - begin)


def compare(contest, name, load, rounds):
    """Rows of one case; relays take turns in being the first."""
    costs = {relay.name: [] for relay in contest.relays}
    lost = {relay.name: 0.0 for relay in contest.relays}
    for relay in contest.relays:
        contest.measure(relay, load)  # warm
    for i in range(rounds):
        order = contest.relays[i % len(contest.relays):] + contest.relays[:i % len(contest.relays)]
        for relay in order:
            cost, loss = contest.measure(relay, load)
            costs[relay.name].append(cost)
            lost[relay.name] = max(lost[relay.name], loss)
    rows = []
    for relay in contest.relays:
        median, low, high = spread(costs[relay.name])
        row = {"bench": "peers", "relay": relay.name, "trains": name, "receivers": contest.receivers, "rounds": rounds,
               "ns_per_output": median, "ns_per_output_low": low, "ns_per_output_high": high,
               "largest_loss": lost[relay.name], "idle_cores": contest.idle(relay)}
        for other in contest.relays:
            if other is relay:
                continue
            ratio, low, high = spread([a / b for a, b in zip(costs[relay.name], costs[other.name])])
            row.update({f"ratio_to_{other.name}": ratio, f"ratio_to_{other.name}_low": low,
                        f"ratio_to_{other.name}_high": high})
            if (relay.name, other.name, name) in AIMS:
                row[f"aim_to_{other.name}"] = AIMS[relay.name, other.name, name]
        rows.append(row)
    return rows


def show(row):
    text = f"{row['trains']:<9} {row['relay']:<10} {row['ns_per_output']:7.0f} ns/packet"
    for other in ("kernel", "rtpengine"):
        if f"ratio_to_{other}" in row:
            text += (f"   {row[f'ratio_to_{other}']:.2f} x {other} "
                     f"({row[f'ratio_to_{other}_low']:.2f}-{row[f'ratio_to_{other}_high']:.2f})")
        if f"aim_to_{other}" in row:
            met = row[f"ratio_to_{other}"] <= row[f"aim_to_{other}"]
            text += f" aim {row[f'aim_to_{other}']}: {'met' if met else 'MISSED'}"
    if row["largest_loss"] > 0:
        text += f"   lost up to {row['largest_loss']:.2%}"
    print(text + f"   idle {row['idle_cores']:.1%} of a core", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each measurement")
    parser.add_argument("--receivers", type=int, default=50)
    parser.add_argument("--no-install", action="store_true", help="take what is there")
    parser.add_argument("--json", metavar="FILE", default="-")
    options = parser.parse_args()
    if Rtpengine.program() is None and not options.no_install:
        install_rtpengine()
    relays = [Strata(), Kernel()]
    if Rtpengine.program():
        relays.append(Rtpengine())
    else:
        print("rtpengine isn't there (Debian: rtpengine-daemon): left out", file=sys.stderr)
    rows = []
    try:
        with Contest(relays, options.receivers, options.seconds) as contest:
            for name, load in CASES:
                for row in compare(contest, name, load, options.rounds):
                    show(row)
                    rows.append(row)
    except Failure as problem:
        print(f"compare: {problem}", file=sys.stderr)
        sys.exit(1)
    text = "[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n"
    if options.json == "-":
        sys.stdout.write(text)
    else:
        with open(options.json, "w") as out:
            out.write(text)


main()
