"""A capture through strata-replay at every reachable target and over switches up and down in mid-stream,
compared with the encoder's own frame list and decoded by independent decoders."""
import json
import os
import subprocess
import tempfile

import checks
import oracle

HERE = os.path.dirname(os.path.abspath(__file__))
BIN = os.environ.get("STRATA_BIN", os.path.join(HERE, "../../../build/bin"))


def schedules(capture):
    """{receiver id: [(at_s, layers)]}: every static target, then switches over the capture."""
    seconds = (capture.packets[-1].time_us - capture.start_us) / 1e6
    top = (capture.max_spatial, capture.max_temporal)
    plans = {f"S{s}T{t}": [(0, (s, t))] for s in range(top[0] + 1) for t in range(top[1] + 1)}
    marks = [round(seconds * part, 2) for part in (0.2, 0.4, 0.6, 0.8, 0.93)]
    plans["up"] = [(0, (0, 0)), (marks[1], top)]
    plans["down"] = [(0, top), (marks[1], (0, 0))]
    plans["temporal"] = [(0, (top[0], 0)), (marks[0], top), (marks[1], (top[0], 0)), (marks[2], top)]
    plans["spatial"] = [(0, (0, top[1])), (marks[0], top), (marks[2], (0, top[1])), (marks[3], top)]
    plans["restless"] = [(0, top), (marks[0], (0, top[1])), (marks[1], (top[0], 0)),
                         (marks[2], (top[0] // 2, top[1])), (marks[3], top), (marks[4], (0, 0))]
    return plans


def simulcast_schedules(capture):
    seconds = (capture.packets[-1].time_us - capture.start_us) / 1e6
    rids = [capture.rids[s] for s in capture.ssrcs]
    top = capture.max_temporal
    plans = {f"{rid}-T{t}": [(0, (rid, t))] for rid in rids for t in range(top + 1)}
    if len(capture.key_pictures) > 3 * len(rids):
        plans["up"] = [(0, (rids[0], top)), (seconds * 0.4, (rids[-1], top))]
        plans["down"] = [(0, (rids[-1], top)), (seconds * 0.4, (rids[0], 0))]
        plans["around"] = [(0, (rids[0], 0)), (seconds * 0.3, (rids[1], top)), (seconds * 0.6, (rids[2], top))]
    return plans


def target_text(capture, target):
    if capture.rids:
        return f"{target[0]}:T{target[1]}"
    return f"S{target[0]}T{target[1]}"


def play(session, path, folder):
    """Runs strata-replay over `path`: the summary it prints, the folder of its outputs."""
    session_path = os.path.join(folder, "session.json")
    with open(session_path, "w") as out:
        json.dump(session, out)
    out_dir = os.path.join(folder, "out")
    run = subprocess.run([os.path.join(BIN, "strata-replay"), "--session", session_path, path, out_dir],
                         capture_output=True, text=True, timeout=120)
    if run.returncode != 0:
        raise RuntimeError(f"strata-replay ended with {run.returncode}: {run.stderr[-500:]}")
    return json.loads(run.stdout), out_dir


def replay(capture, plans, folder):
    receivers = [{"id": name, "track": "v",
                  "layers": [{"at_s": at, "target": target_text(capture, t)} for at, t in plan]}
                 for name, plan in plans.items()]
    return play({"tracks": [capture.track()], "receivers": receivers}, capture.path + ".pcap", folder)


def prove(capture, wanted=None, decoded=None):
    """Number of failed receivers of one capture. `wanted`: only these receivers, `decoded`: only these are
    decoded; none: all."""
    name = os.path.basename(capture.path)
    plans = simulcast_schedules(capture) if capture.rids else schedules(capture)
    plans = {r: plan for r, plan in plans.items() if not wanted or r in wanted}
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        summary, out_dir = replay(capture, plans, folder)
        again, out_again = replay(capture, plans, os.path.join(folder, "again")) \
            if os.makedirs(os.path.join(folder, "again")) is None else None
        for receiver, plan in plans.items():
            path = os.path.join(out_dir, receiver + ".pcap")
            output = checks.Output(capture, path)
            decodes = not decoded or receiver in decoded
            if capture.rids:
                problems = output.check(simulcast=plan, decodes=decodes)
            else:
                single = oracle.Single(capture, plan)
                expectation = single.bounds()
                problems = output.check(expectation, single.takes, decodes)
                if expectation.waits_for_key and not summary["key_frame_requests"]:
                    problems.append("a switch waited for a key frame and none was asked for")  # C2, C3
            if open(path, "rb").read() != open(os.path.join(out_again, receiver + ".pcap"), "rb").read():
                problems.append("a second run gave other bytes")
            print("fail" if problems else "pass", f"{name} {receiver}", flush=True)
            for problem in problems:
                print("      ", problem)
            failed += bool(problems)
    return failed
