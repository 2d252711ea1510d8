"""Runs `strata` and counts cases: one line "pass NAME" or "fail NAME: why" each."""
import json
import os
import subprocess
import sys
import traceback

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
BIN = os.environ.get("STRATA_BIN", os.path.join(ROOT, "build", "bin"))
STRATA = os.path.join(BIN, "strata")

CASES = []


def case(function):
    """Marks a function as a test case; they run in the order of the file."""
    CASES.append(function)
    return function


class Run:
    def __init__(self, words, socket=None, stdin="", environment=None):
        command = [STRATA] + (["--socket", socket] if socket else []) + list(words)
        clean = {key: value for key, value in os.environ.items() if not key.startswith("STRATA_")}
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=30,
                              env=dict(clean, **(environment or {})))
        self.words, self.code, self.out, self.err = words, done.returncode, done.stdout, done.stderr

    def expect(self, code, out=None, err=None):
        """Exact exit code; `out` and `err` must be contained (an exact text ends with a newline)."""
        for name, wanted, got in (("stdout", out, self.out), ("stderr", err, self.err)):
            if wanted is None:
                continue
            right = got == wanted if wanted.endswith("\n") else wanted in got
            assert right, f"{self.words}: {name} is {got!r}, expected {wanted!r}"
        assert self.code == code, f"{self.words}: exit {self.code}, expected {code}; {self.err}{self.out}"
        return self

    def json(self):
        return json.loads(self.out)


def main(context):
    """Runs all cases with `context`; the exit status."""
    failed = 0
    for function in CASES:
        name = function.__name__
        try:
            function(context)
            print(f"pass {name}", flush=True)
        except Exception as problem:  # a test harness reports everything
            failed += 1
            if not isinstance(problem, AssertionError):
                traceback.print_exc(file=sys.stdout)
            print(f"fail {name}: {problem}", flush=True)
    return 1 if failed else 0
