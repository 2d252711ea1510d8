"""A headless Chromium and one page in it, told what to do by the DevTools protocol."""
import asyncio
import base64
import http.client
import json
import os
import shutil
import subprocess
import tempfile
import time

import websockets

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-renderer-backgrounding", "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows", "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream=fps=20", "--autoplay-policy=no-user-gesture-required",
    "--ignore-certificate-errors", "--remote-debugging-port=0", "--window-size=1280,800"]


class BrowserError(Exception):
    """What the page threw, or the browser refused."""


class Browser:
    """Started with an empty profile, at `url`; gone when the block ends. One thread. `prefix` goes in front of its
    command (a network namespace, whose loopback `make_socket` reaches)."""

    def __init__(self, url, prefix=(), make_socket=None):
        self.url, self.prefix, self.make_socket = url, list(prefix), make_socket
        self.loop = asyncio.new_event_loop()
        self.count = 0
        self.process = self.link = None

    def __enter__(self):
        self.profile = tempfile.mkdtemp(prefix="strata-browser-")
        try:
            self.process = subprocess.Popen(
                [*self.prefix, "chromium", *FLAGS, "--user-data-dir=" + self.profile, self.url],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self.loop.run_until_complete(self.connect())
            self.send("Page.enable")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.link is not None:
            self.loop.run_until_complete(self.link.close())
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.loop.close()
        shutil.rmtree(self.profile, ignore_errors=True)

    async def connect(self):
        """To the page, as soon as the browser says by which port."""
        end = time.monotonic() + 60
        path = os.path.join(self.profile, "DevToolsActivePort")
        while True:
            if self.process.poll() is not None or time.monotonic() > end:
                raise BrowserError("chromium didn't start")
            try:
                with open(path, encoding="utf-8") as text:
                    port = int(text.readline())
                target = next(t for t in self.targets(port) if t["type"] == "page")
                break
            except (OSError, ValueError, StopIteration):
                await asyncio.sleep(0.05)
        sock = {"sock": self.make_socket(port)} if self.make_socket else {}
        self.link = await websockets.connect(target["webSocketDebuggerUrl"], max_size=None, **sock)

    def targets(self, port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        if self.make_socket is not None:
            connection.sock = self.make_socket(port)
        try:
            connection.request("GET", "/json")
            return json.load(connection.getresponse())
        finally:
            connection.close()

    def send(self, method, **parameters):
        """The result of one command."""
        return self.loop.run_until_complete(self.exchange(method, parameters))

    async def exchange(self, method, parameters):
        self.count += 1
        await self.link.send(json.dumps({"id": self.count, "method": method, "params": parameters}))
        while True:
            message = json.loads(await asyncio.wait_for(self.link.recv(), 60))
            if message.get("id") == self.count:
                if "error" in message:
                    raise BrowserError(f"{method}: {message['error']['message']}")
                return message["result"]

    def evaluate(self, expression):
        """The value of a JavaScript expression in the page, awaited if it is a promise."""
        result = self.send("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in result:
            details = result["exceptionDetails"]
            raise BrowserError(details.get("exception", {}).get("description") or details["text"])
        return result["result"].get("value")

    def screenshot(self, path):
        """A PNG of what a person would see."""
        data = self.send("Page.captureScreenshot", format="png")["data"]
        with open(path, "wb") as out:
            out.write(base64.b64decode(data))
