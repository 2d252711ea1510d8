#!/usr/bin/env python3
"""NDR and PDR of an appliance with TRex (stateless): replays what stage.py wrote faster and faster and compares what came back with
what the receivers are owed. Runs on the machine that has TRex, with its Python API on PYTHONPATH
(trex-core/scripts/automation/trex_control_plane/interactive).

usage: bench/lab/trex_search.py FOLDER [--server HOST] [--tx-port 0] [--rx-port 0] [--generator IP --relay IP]
                                [--trials N] [--width W] [--max M] [--json FILE]

FOLDER is stage.py's; the pcap is played once per trial, so that numbers of the streams go on within it. Between two trials they
begin anew, which the relay takes for a restart of the publishers. The search itself is that of strata-gen bench, without its phases
of short trials: a load is carried when in more than half of its trials no more was lost than the goal allows."""
import argparse
import json
import os
import statistics
import sys

from trex.stl.api import STLClient, STLError

GOALS = (("NDR", 0.0), ("PDR", 0.001))
SETTLE_S = 1


class Lab:
    def __init__(self, options, stage):
        self.options, self.stage = options, stage
        self.client = STLClient(server=options.server)
        self.ports = sorted({options.tx_port, options.rx_port})

    def __enter__(self):
        self.client.connect()
        self.client.reset(ports=self.ports)
        if self.options.generator:  # ARP for the receivers' address
            self.client.set_service_mode(ports=self.ports, enabled=True)
            self.client.set_l3_mode(self.options.rx_port, self.options.generator, self.options.relay)
            self.client.set_service_mode(ports=self.ports, enabled=False)
        return self

    def __exit__(self, *_):
        self.client.disconnect()

    def trial(self, load):
        """Packets in and out, and the share that is missing."""
        self.client.clear_stats(ports=self.ports)
        self.client.push_remote(os.path.abspath(os.path.join(self.options.folder, "publishers.pcap")),
                                ports=[self.options.tx_port], speedup=load, count=1,
                                duration=self.stage["seconds"] / load + 5)
        self.client.wait_on_traffic(ports=[self.options.tx_port], rx_delay_ms=SETTLE_S * 1000)
        stats = self.client.get_stats(ports=self.ports)
        sent, came = stats[self.options.tx_port]["opackets"], stats[self.options.rx_port]["ipackets"]
        return {"load": load, "sent": sent, "received": came, "sent_pps": sent * load / self.stage["seconds"],
                "received_pps": came * load / self.stage["seconds"],
                "generator_limited": sent < self.stage["packets"],
                "loss_ratio": max(0.0, 1 - came / self.stage["outputs"])}


def carried(lab, load, allowed, trials, log):
    good = 0
    for _ in range(trials):
        one = lab.trial(load)
        log.append(one)
        print(f"  x {load:.3f}: {one['sent_pps']:.0f} in, {one['received_pps']:.0f} out, lost {one['loss_ratio']:.3%}"
              + ("  the generator was the limit" if one["generator_limited"] else ""), file=sys.stderr)
        if one["generator_limited"]:
            sys.exit("TRex didn't send all packets at this load: no figures. Give it more cores or a faster port")
        good += one["loss_ratio"] <= allowed
    return good * 2 > trials


def search(lab, allowed, options, log):
    """The highest load that is carried; 0: not even the slowest."""
    load, lower, upper = 1.0, 0.0, 0.0
    while True:
        if carried(lab, load, allowed, options.trials, log):
            lower = load
        else:
            upper = load
        if upper == 0:
            if lower >= options.max:
                return lower
            load = min(load * 2, options.max)
        elif lower == 0:
            if upper < 1 / 64:
                return 0.0
            load = upper / 2
        elif upper - lower <= options.width * lower:
            return lower
        else:
            load = (lower * upper) ** 0.5


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--server", default="127.0.0.1")
    parser.add_argument("--tx-port", type=int, default=0)
    parser.add_argument("--rx-port", type=int, default=0)
    parser.add_argument("--generator", help="the receivers' address, for ARP")
    parser.add_argument("--relay", help="the appliance's address, for ARP")
    parser.add_argument("--trials", type=int, default=3)
    parser.add_argument("--width", type=float, default=0.05)
    parser.add_argument("--max", type=float, default=1024.0)
    parser.add_argument("--json", default="-")
    options = parser.parse_args()
    with open(os.path.join(options.folder, "stage.json")) as text:
        stage = json.load(text)
    rows = []
    try:
        with Lab(options, stage) as lab:
            for name, allowed in GOALS:
                log = []
                load = search(lab, allowed, options, log)
                rates = [one["received_pps"] for one in log if one["load"] == load]
                rows.append({"bench": "trex", "goal": name, "loss_ratio": allowed, "load": load,
                             "received_pps": statistics.median(rates) if rates else None, "trials": log})
    except STLError as problem:
        sys.exit(f"TRex: {problem}")
    text = json.dumps(rows, indent=1)
    if options.json == "-":
        print(text)
    else:
        with open(options.json, "w") as out:
            out.write(text + "\n")


main()
