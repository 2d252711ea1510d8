#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace strata::dataplane {

// What this machine is reached by, as the kernel tells it.
struct HostNetwork {
    struct Address {
        std::string interface, text;
    };
    std::string sys = "/sys", proc = "/proc";  // where these file systems are
    std::vector<Address> addresses;
    std::string login;  // our end of the session that started this program; empty: none, or local

    // Of the process: getifaddrs and SSH_CONNECTION.
    static HostNetwork read();
};

// Why the port `spec` would take an interface away from the kernel that this machine needs: it, or
// a bond, bridge or VLAN above it, has an address, a route or the current login. Empty: it
// wouldn't. Ports that take none (sockets, taps, AF_PACKET) never do. Main thread, before DPDK
// looks at devices.
std::string needed_by_host(std::string_view spec, const HostNetwork& host);

}  // namespace strata::dataplane
