#include "dataplane/port/management_guard.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "dataplane/port/ethdev_spec.h"

namespace strata::dataplane {

namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

Names entries_of(const fs::path& folder) {
    Names names;
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
        names.push_back(it->path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}

// Of a card: below its own folder, or below that of its virtio device.
Names interfaces_of_pci(const std::string& device, const HostNetwork& host) {
    const bool has_domain = std::count(device.begin(), device.end(), ':') == 2;
    const fs::path folder =
        fs::path(host.sys) / "bus/pci/devices" / (has_domain ? device : "0000:" + device);
    Names names = entries_of(folder / "net");
    for (const std::string& entry : entries_of(folder))
        if (entry.starts_with("virtio"))
            for (std::string& name : entries_of(folder / entry / "net"))
                names.push_back(std::move(name));
    return names;
}

// Those that are taken from the kernel with the port.
Names interfaces_of(const EthdevSpec& spec, const HostNetwork& host) {
    if (spec.bus == "pci") return interfaces_of_pci(spec.device, host);
    constexpr std::string_view kInterface = "iface=";
    if (!spec.device.starts_with("net_af_xdp")) return {};
    const std::size_t at = spec.devargs.find(kInterface);
    if (at == std::string::npos) return {};
    const std::string name = spec.devargs.substr(at + kInterface.size());
    return {name.substr(0, name.find(','))};
}

// With the bonds, bridges and VLANs above them, each once.
Names with_uppers(Names names, const HostNetwork& host) {
    constexpr std::string_view kUpper = "upper_";
    for (std::size_t i = 0; i < names.size(); ++i)
        for (const std::string& entry : entries_of(fs::path(host.sys) / "class/net" / names[i])) {
            if (!entry.starts_with(kUpper)) continue;
            const std::string upper = entry.substr(kUpper.size());
            if (std::find(names.begin(), names.end(), upper) == names.end()) names.push_back(upper);
        }
    return names;
}

// IPv4: the first word of a line is the interface. IPv6: the last, behind the destination, of which
// link-local and multicast ones are everywhere.
bool has_route(const std::string& interface, const HostNetwork& host) {
    std::string line;
    std::ifstream v4(fs::path(host.proc) / "net/route");
    while (std::getline(v4, line))
        if (line.substr(0, line.find_first_of(" \t")) == interface) return true;
    std::ifstream v6(fs::path(host.proc) / "net/ipv6_route");
    while (std::getline(v6, line)) {
        std::istringstream words(line);
        std::string word, last, destination;
        words >> destination;
        while (words >> word) last = word;
        if (last == interface && !destination.starts_with("fe8") && !destination.starts_with("ff"))
            return true;
    }
    return false;
}

// What the interface has that this machine needs.
std::string needed(const std::string& interface, const HostNetwork& host) {
    for (const HostNetwork::Address& address : host.addresses) {
        if (address.interface != interface) continue;
        if (address.text == host.login)
            return "the address " + address.text + ", by which you are logged in";
        return "the address " + address.text;
    }
    return has_route(interface, host) ? "a route" : std::string();
}

// Nothing for link-local addresses: every interface that is up has one.
std::string text_of(const sockaddr* address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (address == nullptr) return {};
    if (address->sa_family == AF_INET) {
        const auto& v4 = *reinterpret_cast<const sockaddr_in*>(address);
        inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    } else if (address->sa_family == AF_INET6) {
        const auto& v6 = *reinterpret_cast<const sockaddr_in6*>(address);
        if (IN6_IS_ADDR_LINKLOCAL(&v6.sin6_addr)) return {};
        inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    }
    return text.data();
}

}  // namespace

HostNetwork HostNetwork::read() {
    HostNetwork host;
    ifaddrs* list = nullptr;
    if (::getifaddrs(&list) == 0) {
        for (const ifaddrs* one = list; one != nullptr; one = one->ifa_next)
            if (std::string text = text_of(one->ifa_addr); !text.empty())
                host.addresses.push_back({one->ifa_name, std::move(text)});
        ::freeifaddrs(list);
    }
    // "client port server port", sshd(8).
    if (const char* session = std::getenv("SSH_CONNECTION")) {
        std::istringstream words(session);
        std::string client, port;
        words >> client >> port >> host.login;
    }
    return host;
}

std::string needed_by_host(std::string_view spec, const HostNetwork& host) {
    if (!spec.starts_with("pci:") && !spec.starts_with("net_")) return {};
    const auto ethdev = parse_ethdev_spec(spec);
    if (!ethdev) return {};
    for (const std::string& interface : with_uppers(interfaces_of(*ethdev, host), host))
        if (const std::string what = needed(interface, host); !what.empty())
            return "\"" + std::string(spec) + "\" would take " + interface +
                   " away from the kernel, which has " + what +
                   ": name another device, or start strata-dataplane with --force";
    return {};
}

}  // namespace strata::dataplane
