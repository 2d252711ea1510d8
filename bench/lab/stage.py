#!/usr/bin/env python3
"""Puts a preset of strata-gen on an appliance for another packet generator: rooms, participants, tracks and subscriptions
with the generator's addresses, a pcap file of what the publishers send, and what the receivers are owed.

usage: bench/lab/stage.py PRESET --generator IP --relay-mac MAC --generator-mac MAC [--scale F] [--seconds S]
                          [--multiplier M] [--api unix:SOCKET] --out FOLDER
       bench/lab/stage.py --remove --out FOLDER

Writes FOLDER/publishers.pcap and FOLDER/stage.json: {"packets", "outputs", "seconds", "rooms"}. Every member has the address
IP and a UDP port of its own from --first-port (40000) on: the generator must answer ARP for IP and count what comes there. Set
bandwidth.sender_report_ms to 60000 on the appliance for the time of the measurement: its own reports would be counted as media."""
import argparse
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.environ.get("STRATA_BIN", os.path.join(ROOT, "build", "bin"))
PRESETS = os.path.join(ROOT, "bench", "generator", "presets")


def run(*words):
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(words[:4])}: {done.stderr.strip()}")
    return json.loads(done.stdout) if done.stdout.strip() else None


class Appliance:
    def __init__(self, api):
        self.words = [os.path.join(BIN, "strata"), *(["--api", api] if api else [])]

    def cli(self, *words):
        return run(*self.words, *words, "-o", "json")


def load_preset(name, scale):
    path = name if os.path.exists(name) else os.path.join(PRESETS, name + ".json")
    with open(path) as text:
        preset = json.load(text)
    preset.setdefault("rooms", 1)
    for members in preset["members"]:
        members.setdefault("count", 1)
        if members["name"] == preset.get("scale"):
            members["count"] = max(1, round(members["count"] * scale))
    if preset.get("scale", "rooms") == "rooms":
        preset["rooms"] = max(1, round(preset["rooms"] * scale))
    return preset


def add_members(preset, appliance, generator, port):
    """Rooms and participants; the members with their rooms and addresses."""
    members = []
    for r in range(preset["rooms"]):
        room = f"lab-{r + 1}"
        appliance.cli("room", "create", room)
        for group in preset["members"]:
            for index in range(group["count"]):
                name = f"{group['name']}-{index + 1}"
                row = appliance.cli("participant", "add", room, name, "--remote", f"{generator}:{port}")
                members.append({"room": room, "name": name, "group": group, "index": index, "relay": row["relay"],
                                "local": f"{generator}:{port}", "tracks": []})
                port += 1
    return members


def publish(members, appliance, folder):
    """The publishers' plan; their tracks on the appliance, as `strata-gen resolve` names them."""
    plan = {"publishers": [{"id": f"{m['room']}/{m['name']}/{i}", "profile": profile, "local": m["local"],
                            "remote": m["relay"]}
                           for m in members for i, profile in enumerate(m["group"].get("publish", []))]}
    path = os.path.join(folder, "plan.json")
    with open(path, "w") as out:
        json.dump(plan, out)
    tracks = {one["id"]: one["track"] for one in run(os.path.join(BIN, "strata-gen"), "resolve", path)["publishers"]}
    for m in members:
        for i, _ in enumerate(m["group"].get("publish", [])):
            key = f"{m['room']}/{m['name']}/{i}"
            row = appliance.cli("track", "publish", m["name"], "--room", m["room"], "--json", json.dumps(tracks[key]))
            m["tracks"].append({"key": key, "id": row["id"], "video": tracks[key]["codec"] != "opus"})
    return path


def subscribe(members, appliance):
    """As strata-gen does: of the members behind it first. (track, layers) of every subscription."""
    wanted = []
    for room in sorted({m["room"] for m in members}):
        inside = [m for m in members if m["room"] == room]
        for place, m in enumerate(inside):
            others = inside[place + 1:] + inside[:place]
            for kind in ("video", "audio"):
                tracks = [t for o in others for t in o["tracks"] if t["video"] == (kind == "video")]
                for receive in (r for r in m["group"].get("receive", []) if r["kind"] == kind):
                    choices = receive.get("layers", ["max"])
                    layers = choices[m["index"] % len(choices)]
                    count = receive.get("count", 1)
                    for track in tracks[:count]:
                        appliance.cli("subscription", "add", m["name"], track["id"], "--room", room, "--layers", layers)
                        wanted.append((track["key"], layers))
                    tracks = tracks[count:]
    return wanted


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("preset", nargs="?")
    parser.add_argument("--generator", help="the generator's address")
    parser.add_argument("--first-port", type=int, default=40000)
    parser.add_argument("--relay-mac")
    parser.add_argument("--generator-mac")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--multiplier", type=float, default=1.0)
    parser.add_argument("--api", default="")
    parser.add_argument("--out", required=True)
    parser.add_argument("--remove", action="store_true", help="the rooms that were made")
    options = parser.parse_args()
    appliance = Appliance(options.api)
    stage = os.path.join(options.out, "stage.json")
    if options.remove:
        with open(stage) as text:
            for room in json.load(text)["rooms"]:
                appliance.cli("room", "delete", room)
        return
    if not (options.preset and options.generator and options.relay_mac and options.generator_mac):
        parser.error("PRESET, --generator, --relay-mac and --generator-mac are needed")
    os.makedirs(options.out, exist_ok=True)
    preset = load_preset(options.preset, options.scale)
    members = add_members(preset, appliance, options.generator, options.first_port)
    plan = publish(members, appliance, options.out)
    wanted = subscribe(members, appliance)
    sent = {one["id"]: one for one in run(
        os.path.join(BIN, "strata-gen"), "export", plan, os.path.join(options.out, "publishers.pcap"), "--seconds",
        str(options.seconds), "--multiplier", str(options.multiplier), "--source-mac", options.generator_mac,
        "--destination-mac", options.relay_mac)}
    owed = sum(sent[key]["owed"].get(layers, sent[key]["packets"]) for key, layers in wanted)
    with open(stage, "w") as out:
        json.dump({"packets": sum(one["packets"] for one in sent.values()), "outputs": owed, "seconds": options.seconds,
                   "rooms": sorted({m["room"] for m in members})}, out)
    print(f"{len(members)} members, {len(wanted)} subscriptions; {options.out}/publishers.pcap: "
          f"{sum(one['packets'] for one in sent.values())} packets in, {owed} out in {options.seconds} s")


main()
