"""Starts and stops both programs on a configuration of their own, in a folder of their own."""
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.environ.get("STRATA_BIN", os.path.join(ROOT, "build", "bin"))


class Failure(Exception):
    pass


def free_udp_ports(count, host="127.0.0.1"):
    """`count` UDP ports that nobody has now."""
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(count)]
    for one in sockets:
        one.bind((host, 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Appliance:
    """Both programs. `prefix` goes in front of the data plane's command (a network namespace)."""

    def __init__(self, port="socket:127.0.0.1", extra="", prefix=(), udp_port=None, api_tcp="", workers=1):
        self.folder = tempfile.mkdtemp(prefix="strata-demo-")
        self.prefix, self.processes = list(prefix), {}
        self.config = os.path.join(self.folder, "strata.toml")
        self.socket = os.path.join(self.folder, "api.sock")
        udp_port = udp_port or free_udp_ports(1)[0]  # and those behind it
        with open(self.config, "w") as out:
            out.write(f"""[node]
name = "demo"

[dataplane]
ports = ["{port}"]
workers = {workers}
base_udp_port = {udp_port}
idle = "adaptive"
file_prefix = "strata-demo-{os.getpid()}"
{extra}
[control]
api_socket = "{self.socket}"
api_tcp = "{api_tcp}"
database = "{self.folder}/strata.db"
dataplane_socket = "{self.folder}/dataplane.sock"
""")

    def start(self, name):
        log = open(os.path.join(self.folder, name + ".log"), "a")
        command = [os.path.join(BIN, name), "--config", self.config]
        if name == "strata-dataplane":
            command = self.prefix + command
        environment = dict(os.environ, XDG_RUNTIME_DIR=self.folder)
        self.processes[name] = subprocess.Popen(command, stdout=log, stderr=log, env=environment,
                                                stdin=subprocess.DEVNULL)

    def log(self, name, lines=15):
        with open(os.path.join(self.folder, name + ".log")) as text:
            return "".join(text.readlines()[-lines:])

    def wait_ready(self, seconds=20):
        """Until control answers that the data plane has its state."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for name, process in self.processes.items():
                if process.poll() is not None:
                    raise Failure(f"{name} ended with {process.returncode}:\n{self.log(name)}")
            try:
                if self.cli("health").get("dataplane") == "synchronised":
                    return
            except Failure:
                pass
            time.sleep(0.05)
        raise Failure("not ready in time\n" + "".join(self.log(n) for n in self.processes))

    def cli(self, *words):
        """Runs `strata … -o json` and returns what it printed, parsed."""
        run = subprocess.run([os.path.join(BIN, "strata"), "--socket", self.socket, *words, "-o", "json"],
                             capture_output=True, text=True, timeout=20)
        if run.returncode != 0:
            raise Failure(f"strata {' '.join(words)}: {run.stderr.strip()}")
        return json.loads(run.stdout) if run.stdout.strip() else None

    def stop(self):
        """Ends both, control first; True when each ended cleanly."""
        clean = True
        for name in ("strata-control", "strata-dataplane"):
            process = self.processes.get(name)
            if process is None or process.poll() is not None:
                continue
            process.send_signal(signal.SIGTERM)
            try:
                clean = process.wait(10) == 0 and clean
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                clean = False
        return clean

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        try:  # what streams would go on from after a restart
            os.unlink(f"/dev/shm/strata-demo-{os.getpid()}.checkpoint")
        except FileNotFoundError:
            pass
