"""A headless Chromium whose pages are told what to do by its debugging protocol."""
import itertools
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "webrtc"))

from browser import CHROMIUM_FLAGS  # noqa: E402
from client import Socket  # noqa: E402


class Chromium:
    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="strata-chromium-")
        self.process = subprocess.Popen(
            ["chromium", *CHROMIUM_FLAGS, "--allow-loopback-in-peer-connection", "--remote-debugging-port=0",
             "--user-data-dir=" + self.profile, "about:blank"],
            env={**os.environ, "HOME": self.profile}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        told, end = os.path.join(self.profile, "DevToolsActivePort"), time.monotonic() + 60
        while not os.path.exists(told) or not open(told, encoding="utf-8").read().strip():
            assert self.process.poll() is None and time.monotonic() < end, "Chromium didn't start"
            time.sleep(0.05)
        with open(told, encoding="utf-8") as lines:
            port, path = lines.read().split()
        self.port, self.whole = int(port), Target(int(port), path)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)

    def page(self, url):
        """In a window of its own: what is in a tab behind another isn't shown, and asks for nothing."""
        target = self.whole.tell("Target.createTarget", url=url, newWindow=True)["targetId"]
        return Target(self.port, "/devtools/page/" + target)


class Target:
    """A page, or the whole browser."""

    def __init__(self, port, path):
        connection = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket = Socket(connection, path, protocol=None, host=f"127.0.0.1:{port}")
        self.ids = itertools.count(1)

    def tell(self, method, **parameters):
        identity = next(self.ids)
        self.socket.send(json.dumps({"id": identity, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self.socket.frame()[1])
            if answer.get("id") == identity:
                assert "error" not in answer, answer
                return answer["result"]

    def evaluate(self, expression):
        """The value of a JavaScript expression, or what its promise comes to."""
        result = self.tell("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"].get("exception", result)
        return result["result"].get("value")

    def until(self, what, expression, good=bool, seconds=60.0):
        """The first value of the expression that is `good`."""
        end, value = time.monotonic() + seconds, None
        while time.monotonic() < end:
            value = self.evaluate(expression)
            if good(value):
                return value
            time.sleep(0.2)
        raise AssertionError(f"not within {seconds} s: {what}: {value}")
