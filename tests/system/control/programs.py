"""strata-control and strata-dataplane in a folder of their own, on loopback, and a client of the API."""
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback

BIN = os.environ.get("STRATA_BIN") or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "build", "bin")


# A test that is stopped early ends its blocks first, and with them programs and network namespaces.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def free_udp_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_until(what, ready, seconds=45.0):  # a busy machine is slow
    """The first true value of ready(); an AssertionError that says `what` after `seconds`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = ready()
        if value:
            return value
        time.sleep(0.002)
    raise AssertionError(f"not within {seconds} s: {what}")


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=20)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Node:
    """One node; both programs are ended, and its folder removed, when the block ends."""

    def __init__(self, auth=None, ports=("socket:127.0.0.1",), limits=None, tcp_listen=(), workers=1, **control):
        self.folder = tempfile.mkdtemp(prefix="strata-control-")
        self.api_socket = self.file("api.sock")
        self.config = self.file("strata.toml")
        self.programs = {}
        self.base_udp_port = free_udp_port()
        settings = {"api_socket": self.api_socket, "api_tcp": "",
                    "database": self.file("strata.db"), "dataplane_socket": self.file("dp.sock"),
                    **control}
        with open(self.config, "w", encoding="utf-8") as f:
            f.write(f'[node]\nname = "test"\n[dataplane]\nports = {json.dumps(list(ports))}\nworkers = {workers}\n'
                    f"base_udp_port = {self.base_udp_port}\nmemory_mb = 256\n"
                    f'file_prefix = "{os.path.basename(self.folder)}"\n'
                    f"tcp_listen = {json.dumps(list(tcp_listen))}\n[control]\n")
            for name, value in settings.items():
                f.write(f"{name} = {json.dumps(value)}\n")
            for section, values in (("auth", auth), ("limits", limits)):
                if values:
                    f.write(f"[{section}]\n")
                for name, value in (values or {}).items():
                    f.write(f"{name} = {json.dumps(value)}\n")

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        for program in list(self.programs):
            self.kill(program, signal.SIGKILL)
        if kind is not None and getattr(value, "code", 1):
            for log in ("strata-control.log", "strata-dataplane.log"):
                if os.path.exists(self.file(log)):
                    with open(self.file(log), encoding="utf-8", errors="replace") as f:
                        sys.stderr.write(f"--- {log}\n" + "".join(f.readlines()[-25:]))
        shutil.rmtree(self.folder, ignore_errors=True)
        for part in ("checkpoint", "statistics", "observed"):  # what a killed process left
            try:
                os.unlink(f"/dev/shm/{os.path.basename(self.folder)}.{part}")
            except FileNotFoundError:
                pass

    def file(self, name):
        return os.path.join(self.folder, name)

    def command(self, program):
        return [os.path.join(BIN, program), "--config", self.config]

    def start(self, program):
        with open(self.file(program + ".log"), "a", encoding="utf-8") as log:
            self.programs[program] = subprocess.Popen(
                self.command(program), stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        if program == "strata-control":
            wait_until("the API answers", self.answers)

    def kill(self, program, how):
        """Its exit status, after it has ended."""
        process = self.programs.pop(program)
        process.send_signal(how)
        return process.wait(timeout=20)

    def log(self, program):
        with open(self.file(program + ".log"), encoding="utf-8", errors="replace") as f:
            return f.read()

    def answers(self):
        process = self.programs["strata-control"]
        assert process.poll() is None, "strata-control ended: " + self.log("strata-control")
        try:
            return self.call("GET", "/v1/node")[0] == 200
        except OSError:
            return False

    def call(self, method, path, body=None, headers=None):
        """Status and body, JSON taken apart."""
        send = {"Content-Type": "application/json"} if body is not None else {}
        send.update(headers or {})
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        return self.exchange(method, path, body, send)[:2]

    def exchange(self, method, path, body, headers):
        """Status, body with JSON taken apart, and header fields by their names in lower case."""
        connection = UnixConnection(self.api_socket)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            text = response.read()
            fields = {name.lower(): value for name, value in response.getheaders()}
            is_json = "json" in fields.get("content-type", "")
            return response.status, json.loads(text) if is_json else text.decode(), fields
        finally:
            connection.close()

    def get(self, path):
        status, body = self.call("GET", path)
        assert status == 200, (path, status, body)
        return body

    def post(self, path, body):
        status, answer = self.call("POST", path, body)
        assert status == 201, (path, body, status, answer)
        return answer

    def wait_synchronised(self, seconds=45.0):
        def synchronised():
            dataplane = self.get("/v1/node")["dataplane"]
            return dataplane["state"] == "synchronised" and dataplane["pending"] == 0
        wait_until("the data plane is synchronised", synchronised, seconds)


def run_cases(*cases):
    """Runs them all, prints a line for each, ends the program."""
    failed = 0
    for case in cases:
        name = case.__name__
        try:
            case()
            print("pass", name, flush=True)
        except Exception:  # pylint: disable=broad-except
            failed += 1
            traceback.print_exc()
            sys.stderr.flush()
            print("fail", name, flush=True)
    sys.exit(1 if failed else 0)
