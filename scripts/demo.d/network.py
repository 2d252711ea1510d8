"""A network of its own for the demo over DPDK: the relay's namespace and the clients', joined by veth."""
import os
import subprocess


def run(*words):
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr.strip()}")


class Network:
    """Relay side `relay_if` in namespace `relay` without an address (DPDK answers for it); clients' side
    with CLIENT_IP in namespace `clients`."""
    RELAY_IP, CLIENT_IP, BITS = "10.77.0.1", "10.77.0.2", 24

    def __init__(self):
        tag = str(os.getpid())
        self.relay, self.clients = f"strata-r{tag}", f"strata-c{tag}"
        self.relay_if, self.client_if = f"sr{tag}"[:15], f"sc{tag}"[:15]
        self.made = []

    def up(self, tap=False):
        """With `tap` the link is the TAP that the data plane will make in the clients' namespace."""
        for name in (self.relay, self.clients):
            run("ip", "netns", "add", name)
            self.made.append(name)
        if tap:
            self.relay = self.clients
            run(*self.inside(self.clients), "ip", "link", "set", "lo", "up")
            return
        run("ip", "link", "add", self.relay_if, "netns", self.relay, "type", "veth",
            "peer", "name", self.client_if, "netns", self.clients)
        in_relay, in_clients = self.inside(self.relay), self.inside(self.clients)
        run(*in_relay, "ip", "link", "set", "lo", "up")
        run(*in_relay, "ip", "link", "set", self.relay_if, "up")
        run(*in_clients, "ip", "link", "set", "lo", "up")
        run(*in_clients, "ip", "addr", "add", f"{self.CLIENT_IP}/{self.BITS}", "dev", self.client_if)
        run(*in_clients, "ip", "link", "set", self.client_if, "up")
        # A kernel socket leaves its checksum to the card; over veth there is none.
        run(*in_clients, "ethtool", "-K", self.client_if, "tx", "off")

    def tap_up(self):
        """Once the data plane has made the TAP: the clients' address on it."""
        in_clients = self.inside(self.clients)
        run(*in_clients, "ip", "addr", "add", f"{self.CLIENT_IP}/{self.BITS}", "dev", self.client_if)
        run(*in_clients, "ip", "link", "set", self.client_if, "up")

    @staticmethod
    def inside(namespace):
        return ["ip", "netns", "exec", namespace]

    def down(self):
        for name in self.made:
            subprocess.run(["ip", "netns", "del", name], capture_output=True)
        self.made = []
