"""A headless browser on a host, with a page that does as it is told and reaches the node's API through the
test: a namespace has no other way to it, and its control plane listens on no network."""
import http.server
import itertools
import json
import os
import queue
import shutil
import subprocess
import tempfile
import threading
import urllib.parse

from network import only

HERE = os.path.dirname(os.path.abspath(__file__))
CHROMIUM_FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-renderer-backgrounding", "--disable-background-timer-throttling",
    "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream=fps=20",
    "--autoplay-policy=no-user-gesture-required"]
FIREFOX_PREFERENCES = {
    "media.navigator.streams.fake": True, "media.navigator.permission.disabled": True,
    "media.autoplay.default": 0, "media.gmp-manager.updateEnabled": False,
    "dom.timeout.enable_budget_timer_throttling": False, "dom.min_background_timeout_value": 4,
    "browser.aboutwelcome.enabled": False, "browser.shell.checkDefaultBrowser": False,
    "app.update.enabled": False, "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.enabled": False, "network.captive-portal-service.enabled": False, "network.proxy.type": 0}


def missing(*programs):
    """Which of them isn't there; empty: they all are."""
    return next((program + " isn't installed" for program in programs if shutil.which(program) is None), "")


def command(engine, profile):
    """What starts it with an empty profile."""
    if engine == "chromium":
        return ["chromium", *CHROMIUM_FLAGS, "--user-data-dir=" + profile]
    with open(os.path.join(profile, "user.js"), "w", encoding="utf-8") as out:
        for name, value in FIREFOX_PREFERENCES.items():
            out.write(f"user_pref({json.dumps(name)}, {json.dumps(value)});\n")
    return ["firefox-esr", "--headless", "--no-remote", "--profile", profile]


class Handler(http.server.SimpleHTTPRequestHandler):
    """The page's files; its next command; its results; and the node's entries under /relay/."""

    def __init__(self, browser, *args):
        self.browser = browser
        super().__init__(*args, directory=HERE)

    def do_GET(self):  # pylint: disable=invalid-name
        if self.path != "/command":
            return super().do_GET()
        try:
            command = self.browser.commands.get(timeout=5)
        except queue.Empty:
            command = None
        return self.reply(200, json.dumps(command), {"Content-Type": "application/json"})

    def do_POST(self):  # pylint: disable=invalid-name
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/result":
            self.browser.results.put(json.loads(body))
            return self.reply(204, "", {})
        return self.relay(body)

    do_PATCH = do_DELETE = lambda self: self.relay(  # noqa: E731
        self.rfile.read(int(self.headers.get("Content-Length") or 0)))

    def relay(self, body):
        target = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(target.query))
        via = query.pop("via", None)
        path = target.path.removeprefix("/relay") + ("?" + urllib.parse.urlencode(query) if query else "")
        pass_on = {name: self.headers[name] for name in ("Content-Type", "If-Match") if self.headers[name]}
        status, answer, headers = self.browser.node.exchange(self.command, path, body or None, pass_on)
        if not isinstance(answer, str):
            answer = json.dumps(answer)
        elif via:
            answer = only(via, answer)
        return self.reply(status, answer, {name: headers[name] for name in ("content-type", "location", "etag")
                                           if name in headers})

    def reply(self, status, text, headers):
        data = text.encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, listening, browser):
        super().__init__(listening.getsockname(), lambda *args: Handler(browser, *args),
                         bind_and_activate=False)
        self.socket.close()
        self.socket = listening
        self.server_name, self.server_port = listening.getsockname()

    def handle_error(self, *_):  # pylint: disable=arguments-differ
        """A browser that has gone while the next command was waited for."""


class Browser:
    """Started in `namespace`; `listening`: a TCP socket on the loopback there. `node` may be exchanged."""

    def __init__(self, namespace, listening, engine="chromium"):
        self.node = None
        self.commands, self.results = queue.Queue(), queue.Queue()
        self.ids = itertools.count(1)
        self.server = Server(listening, self)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.profile = tempfile.mkdtemp(prefix=f"strata-{engine}-")
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", namespace, *command(engine, self.profile),
             f"http://127.0.0.1:{self.server.server_port}/peer.html"],
            env={**os.environ, "HOME": self.profile}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()  # ip has become the browser
        self.process.wait()
        self.server.shutdown()
        shutil.rmtree(self.profile, ignore_errors=True)

    def call(self, name, *arguments, seconds=60):
        """What the page's function returns."""
        identity = next(self.ids)
        self.commands.put({"id": identity, "name": name, "arguments": arguments})
        while True:
            assert self.process.poll() is None, "the browser ended"
            result = self.results.get(timeout=seconds)
            if result["id"] == identity:
                assert "error" not in result, (name, arguments, result["error"])
                return result.get("value")
