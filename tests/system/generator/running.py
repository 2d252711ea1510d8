"""Runs strata-gen against a relay: its plan's tracks and subscriptions are made through the CLI, and layers
are changed there when the generator says so."""
import json
import os
import subprocess
import sys
import threading

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.path.insert(0, os.path.join(ROOT, "scripts", "demo.d"))
from appliance import BIN, Failure  # noqa: E402


def make_plan(relay, publishers, receivers, local, seconds, port=None):
    """`publishers`: (name, profile); `receivers`: (name, track, target, target from half-way on); `local()` gives the
    next address of the generator's. Path of the plan, and the subscriptions' ids by receiver."""
    plan = {"duration_s": seconds, "publishers": [], "receivers": [],
            "limits": {"grace_ms": 500, "settle_ms": 2500}}
    if port:
        plan["port"] = port
    relay.cli("room", "create", "demo")
    for name, profile in publishers:
        row = relay.cli("participant", "add", "demo", name)
        plan["publishers"].append({"id": name, "profile": profile, "local": local(), "remote": row["relay"],
                                   "start_s": 0.8})
    path = os.path.join(relay.folder, "plan.json")
    with open(path, "w") as out:
        json.dump(plan, out)
    run = subprocess.run([os.path.join(BIN, "strata-gen"), "resolve", path], capture_output=True, text=True)
    if run.returncode != 0:
        raise Failure(f"strata-gen resolve: {run.stderr.strip()}")
    tracks = {one["id"]: one["track"] for one in json.loads(run.stdout)["publishers"]}
    rows, legs = {}, {}
    for name, track in tracks.items():
        track.pop("id", None)
        rows[name] = relay.cli("track", "publish", name, "--room", "demo", "--json", json.dumps(track))
    for name, track, first, second in receivers:
        at = local()
        row = relay.cli("participant", "add", "demo", name, "--remote", at)
        leg = relay.cli("subscription", "add", name, rows[track]["id"], "--room", "demo", "--layers", first)
        legs[name] = leg["id"]
        plan["receivers"].append({"id": name, "track": track, "local": at, "remote": row["relay"],
                                  "ssrc": leg["ssrc"], "targets": [{"at_s": 0, "target": first},
                                                                   {"at_s": seconds / 2, "target": second}]})
    with open(path, "w") as out:
        json.dump(plan, out)
    return path, legs


def generate(relay, path, legs, prefix=(), during=None):
    """Runs the generator, behind `prefix`. Its exit status, its report, its words. `during` is called once, a second
    after the beginning."""
    report = os.path.join(relay.folder, "report.json")
    process = subprocess.Popen(
        [*prefix, os.path.join(BIN, "strata-gen"), "run", path, "--live-json", "--json", report],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ, XDG_RUNTIME_DIR=relay.folder))
    changes = []
    watchdog = threading.Timer(60, process.kill)
    watchdog.start()
    for line in process.stdout:
        event = json.loads(line)
        if event["event"] == "target" and event["t_s"] > 0.5:
            changes.append(threading.Thread(target=relay.cli, args=(
                "subscription", "set", legs[event["receiver"]], "--layers", event["target"])))
            changes[-1].start()
        if event["event"] == "second" and during:
            during, now = None, during
            now()
    words = process.stderr.read()
    status = process.wait()
    watchdog.cancel()
    for change in changes:
        change.join()
    if not os.path.exists(report):
        raise Failure(f"strata-gen ended with {status}: {words[-800:]}")
    with open(report) as text:
        return status, json.load(text), words


def describe(report):
    return [f"{w['object']}: {w['count']} {w['reason']} ({w['first']})" for w in report["wrong"]]


def judge(status, report, words, receivers):
    """What isn't right with a run of that many receivers."""
    wrong = describe(report)
    if status != 0:
        wrong.append(f"exit status {status}: {words[-300:]}")
    if not report["ok"] or len(report["receivers"]) != receivers:
        wrong.append("not every receiver is right")
    for row in report["receivers"]:
        if row["packets"] < 50:
            wrong.append(f"{row['id']} got {row['packets']} packets")
    return wrong


def run_cases(cases):
    """(name, function that gives what is wrong): a line each; ends the program."""
    failed = False
    for name, case in cases:
        try:
            wrong = case()
        except (Failure, OSError, ValueError) as problem:
            wrong = [str(problem)]
        print(f"fail {name}: {wrong[0]}" if wrong else f"pass {name}", flush=True)
        for line in wrong[1:8]:
            print(f"    {line}", flush=True)
        failed = failed or bool(wrong)
    sys.exit(1 if failed else 0)
