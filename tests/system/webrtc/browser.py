"""A headless Chromium on a host, with a page that does as it is told and reaches the node's API through the
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
CHROMIUM = shutil.which("chromium")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-renderer-backgrounding", "--disable-background-timer-throttling",
         "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream=fps=20",
         "--autoplay-policy=no-user-gesture-required"]


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


class Browser:
    """Started in `namespace`; `listening`: a TCP socket on the loopback there. `node` may be exchanged."""

    def __init__(self, namespace, listening):
        self.node = None
        self.commands, self.results = queue.Queue(), queue.Queue()
        self.ids = itertools.count(1)
        self.server = Server(listening, self)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.profile = tempfile.mkdtemp(prefix="strata-chromium-")
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", namespace, CHROMIUM, *FLAGS, "--user-data-dir=" + self.profile,
             f"http://127.0.0.1:{self.server.server_port}/peer.html"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()  # ip has become Chromium
        self.process.wait()
        self.server.shutdown()
        shutil.rmtree(self.profile, ignore_errors=True)

    def call(self, name, *arguments, seconds=60):
        """What the page's function returns."""
        identity = next(self.ids)
        self.commands.put({"id": identity, "name": name, "arguments": arguments})
        while True:
            assert self.process.poll() is None, "Chromium ended"
            result = self.results.get(timeout=seconds)
            if result["id"] == identity:
                assert "error" not in result, (name, arguments, result["error"])
                return result.get("value")
