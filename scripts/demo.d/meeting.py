#!/usr/bin/python3
"""The demo with browsers: the appliance serves its page, two headless browsers join a room by its link, and what each
sees and hears of the other is printed once a second. Open the link to be the third. Exit status 0 only when both saw and
heard each other in all layers."""
import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from appliance import Appliance, Failure  # noqa: E402
from devtools import Browser, BrowserError  # noqa: E402

# Name and how it publishes; the picture is 960 x 540, the smallest with three spatial layers.
PEOPLE = (("Ada", "VP9", "L3T3_KEY"), ("Ben", "VP8", "simulcast"))
HEIGHT = 540
PATIENCE_S = 40
FREEZE_MS = 500

# What the page shows in its own panel: the slots that somebody is in, with names.
SEEN = """(async () => {
  const { room, meeting } = globalThis.strata ?? {};
  if (!room) return { joined: false, error: document.getElementById("lobby-error")?.textContent };
  const statistics = meeting.statistics ?? { slots: [], path: {} };
  return { joined: true, path: statistics.path,
    sent: (statistics.publications ?? []).flatMap((one) => one.encodings).filter((one) => one.height),
    slots: statistics.slots.flatMap((one) => {
      const slot = room.slots.get(one.mid);
      if (!slot || slot.empty) return [];
      return [{ ...one, kind: slot.kind, layers: slot.layers, current: slot.layersCurrent, source: slot.source,
                from: room.members.get(slot.member)?.name }];
    }) };
})()"""


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/demo --browser", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--browser", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--keep", action="store_true", help="go on until Ctrl-C")
    parser.add_argument("--json", action="store_true", help="print the verdict as JSON, no table")
    parser.add_argument("--seconds", type=float, default=15, help="length once both are in (default 15)")
    parser.add_argument("--screenshots", metavar="FOLDER", help="keep a picture of what each browser shows")
    return parser.parse_args()


def free_tcp_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Person:
    """One headless browser in the meeting, and what it saw until now."""

    def __init__(self, name, codec, mode, link):
        self.name = name
        self.browser = Browser(f"{link}#name={name}&source=pattern&codec={codec}&mode={mode}&height={HEIGHT}&join")
        self.rows, self.sent, self.problem = [], [], ""

    def look(self):
        """True when it is in, and a picture and sound are there."""
        try:
            seen = self.browser.evaluate(SEEN)
        except BrowserError as error:  # the page isn't there yet, or no more
            self.rows, self.problem = [], str(error)
            return False
        if not seen["joined"]:
            self.rows, self.problem = [], seen.get("error") or "isn't in the room"
            return False
        self.rows, self.sent = seen["slots"], seen["sent"]
        video, audio = self.of("video"), self.of("audio")
        return bool(video and audio and video["framesDecoded"] > 0 and audio["audioSamples"] > 0)

    def of(self, kind):
        return next((row for row in self.rows if row["kind"] == kind), None)


def line(person):
    video, audio = person.of("video"), person.of("audio")
    if not video:
        return f"{person.name:5} sees nobody yet"
    return (f"{person.name:5} sees {video['from']:5} {video['codec']:4} {video.get('layers') or '-':7} "
            f"{video['width']:4}x{video['height']:<4} {video['fps']:4.0f} fps {video['kbps']:5} kbit/s  "
            f"loss {video['lossPercent']:.1f} %   hears {audio['kbps'] if audio else 0:3} kbit/s")


class Verdict:
    """What was right and wrong of what a person saw of the other while it was watched."""

    def __init__(self, person, other):
        self.person, self.other = person, other
        self.first = {kind: dict(person.of(kind)) for kind in ("video", "audio")}
        self.tallest = 0

    def watch(self):
        video = self.person.of("video")
        self.tallest = max(self.tallest, video["height"] if video else 0)

    def missing(self):
        """What the other's browser said of its own encoder, where a layer was never seen; empty: all were."""
        if self.tallest >= HEIGHT:
            return ""
        sent = ", ".join(f"{one['rid'] or one['scalabilityMode']} {one['height']} lines {one['fps']} fps "
                         f"{one['kbps']} kbit/s limited by {one['limitedBy']}" for one in self.other.sent)
        video = self.person.of("video") or {}
        return (f"never more than {self.tallest} lines of {HEIGHT}, asked for {video.get('layers')}, given "
                f"{video.get('current')}; {self.other.name} sends {sent or 'nothing'}")

    def result(self):
        wrong, now = [], {kind: self.person.of(kind) for kind in ("video", "audio")}
        for kind, row in now.items():
            if row is None:
                wrong.append(f"no {kind} at the end")
        if not wrong:
            frames = now["video"]["framesDecoded"] - self.first["video"]["framesDecoded"]
            if frames < 20:
                wrong.append(f"only {frames} frames decoded")
            if self.missing():
                wrong.append(self.missing())
            if now["audio"]["audioSamples"] <= self.first["audio"]["audioSamples"]:
                wrong.append("no sound")
        return {"name": self.person.name, "video": now["video"], "audio": now["audio"], "wrong": wrong}


def wait_for(people):
    end = time.monotonic() + PATIENCE_S
    while not all([person.look() for person in people]):
        if time.monotonic() > end:
            raise Failure("; ".join(f"{p.name} {p.problem or 'sees and hears not both'}" for p in people))
        time.sleep(0.2)


def watch(people, options):
    verdicts = [Verdict(*pair) for pair in (people, people[::-1])]
    end = time.monotonic() + options.seconds
    patience = end + PATIENCE_S  # browsers send their largest layer when they have found the path wide enough
    while (options.keep or time.monotonic() < end or
           time.monotonic() < patience and any(verdict.missing() for verdict in verdicts)):
        time.sleep(1)
        for person, verdict in zip(people, verdicts):
            person.look()
            verdict.watch()
            if not options.json:
                print(line(person), flush=True)
    return [verdict.result() for verdict in verdicts]


def show(link):
    """In the browser of whoever sits here, if there is one."""
    print(f"\n  Join them: {link}\n", flush=True)
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        opener = shutil.which("xdg-open")
        if opener:
            subprocess.Popen([opener, link], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def run(appliance, port, options):
    appliance.cli("room", "create", "demo")
    link = f"http://127.0.0.1:{port}/r/demo"
    people = [Person(name, codec, mode, link) for name, codec, mode in PEOPLE]
    entered = []
    try:
        for person in people:
            entered.append(person.browser.__enter__())
        if not options.json:
            show(link)
        wait_for(people)
        verdicts = watch(people, options)
        for person in people:
            if options.screenshots:
                os.makedirs(options.screenshots, exist_ok=True)
                person.browser.screenshot(os.path.join(options.screenshots, person.name + ".png"))
    finally:
        for browser in entered:
            browser.__exit__(None, None, None)
    if options.json:
        print(json.dumps({"ok": not any(v["wrong"] for v in verdicts), "people": verdicts}, indent=1))
    else:
        print()
        for verdict in verdicts:
            print(f"{'WRONG' if verdict['wrong'] else 'right':6} {verdict['name']}  {'; '.join(verdict['wrong'])}")
    return not any(verdict["wrong"] for verdict in verdicts)


def main():
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    appliance, good, port = None, False, free_tcp_port()
    try:
        appliance = Appliance(api_tcp=f"127.0.0.1:{port}")
        appliance.start("strata-dataplane")
        appliance.start("strata-control")
        appliance.wait_ready()
        good = run(appliance, port, options)
    except KeyboardInterrupt:
        good = options.keep
    except (Failure, BrowserError) as failure:
        print(f"demo: {failure}", file=sys.stderr)
    finally:
        if appliance:
            good = appliance.stop() and good
            appliance.remove()
    sys.exit(0 if good else 1)


main()
