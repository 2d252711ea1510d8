"""A headless Chromium and the pages in it, told what to do by the DevTools protocol."""
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


class Target:
    """What takes commands by a link: a page, or the whole browser. One thread."""

    def __init__(self, loop):
        self.loop, self.link, self.count = loop, None, 0

    def close(self):
        if self.link is not None:
            self.loop.run_until_complete(self.link.close())

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


class Browser(Target):
    """Started with an empty profile, its first page at `url`; gone when the block ends. `prefix` goes in front of
    its command (a network namespace, whose loopback `make_socket` reaches)."""

    def __init__(self, url, prefix=(), make_socket=None, flags=()):
        super().__init__(asyncio.new_event_loop())
        self.url, self.prefix, self.make_socket, self.flags = url, list(prefix), make_socket, list(flags)
        self.process, self.whole, self.windows = None, Target(self.loop), []

    def __enter__(self):
        self.profile = tempfile.mkdtemp(prefix="strata-browser-")
        try:
            self.process = subprocess.Popen(
                [*self.prefix, "chromium", *FLAGS, *self.flags, "--user-data-dir=" + self.profile, self.url],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self.loop.run_until_complete(self.connect())
            self.send("Page.enable")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for target in (*self.windows, self.whole, self):
            target.close()
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
        """To browser and page, as soon as the browser says by which port."""
        end = time.monotonic() + 60
        path = os.path.join(self.profile, "DevToolsActivePort")
        while True:
            if self.process.poll() is not None or time.monotonic() > end:
                raise BrowserError("chromium didn't start")
            try:
                with open(path, encoding="utf-8") as text:
                    port, whole = text.read().split()
                self.port = int(port)
                page = next(t["id"] for t in self.targets() if t["type"] == "page")
                break
            except (OSError, ValueError, StopIteration):
                await asyncio.sleep(0.05)
        self.whole.link = await self.open_link(whole)
        self.link = await self.open_link("/devtools/page/" + page)

    async def open_link(self, path):
        sock = {"sock": self.make_socket(self.port)} if self.make_socket else {}
        return await websockets.connect(f"ws://127.0.0.1:{self.port}{path}", max_size=None, **sock)

    def targets(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        if self.make_socket is not None:
            connection.sock = self.make_socket(self.port)
        try:
            connection.request("GET", "/json")
            return json.load(connection.getresponse())
        finally:
            connection.close()

    def window(self, url):
        """Another page, in a window of its own: what is in a tab behind another isn't shown, and asks for nothing."""
        identity = self.whole.send("Target.createTarget", url=url, newWindow=True)["targetId"]
        page = Target(self.loop)
        page.link = self.loop.run_until_complete(self.open_link("/devtools/page/" + identity))
        self.windows.append(page)
        return page
