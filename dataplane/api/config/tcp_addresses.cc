#include "dataplane/api/config/tcp_addresses.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace strata::api {
namespace {

bool is_v6(const std::string& address) { return address.find(':') != std::string::npos; }

// As browsers see it: loopback, link-local, private and shared address space (RFC 1918, 6598,
// 4193, 3927).
bool is_private(const std::string& address) {
    std::array<std::uint8_t, 16> b{};
    if (is_v6(address)) {
        inet_pton(AF_INET6, address.c_str(), b.data());
        const bool loopback =
            std::all_of(b.begin(), b.end() - 1, [](std::uint8_t byte) { return byte == 0; });
        return loopback || (b[0] & 0xfe) == 0xfc || (b[0] == 0xfe && (b[1] & 0xc0) == 0x80);
    }
    inet_pton(AF_INET, address.c_str(), b.data());
    return b[0] == 127 || b[0] == 10 || (b[0] == 172 && (b[1] & 0xf0) == 16) ||
           (b[0] == 192 && b[1] == 168) || (b[0] == 169 && b[1] == 254) ||
           (b[0] == 100 && (b[1] & 0xc0) == 64);
}

std::string public_of(const DataplaneConfig& dataplane, const std::string& address) {
    const auto at = std::ranges::find(dataplane.public_addresses, address, &PublicAddress::own);
    return at == dataplane.public_addresses.end() ? address : at->outside;
}

}  // namespace

std::vector<TcpListen> tcp_addresses_of(const DataplaneConfig& dataplane, const TcpListen& listen) {
    std::vector<TcpListen> addresses;
    if (!listen.wildcard()) return {{public_of(dataplane, listen.address), listen.port}};
    for (const PortSpec& port : dataplane.ports)
        if (const std::string& own = port.addresses[0];
            port.kind == PortSpec::Kind::kSocket && is_v6(own) == is_v6(listen.address))
            addresses.push_back({public_of(dataplane, own), listen.port});
    return addresses;
}

std::vector<TcpListen> tcp_addresses(const DataplaneConfig& dataplane) {
    std::vector<TcpListen> addresses;
    for (const TcpListen& listen : dataplane.tcp_listen)
        for (TcpListen& address : tcp_addresses_of(dataplane, listen))
            if (std::ranges::find(addresses, address) == addresses.end())
                addresses.push_back(std::move(address));
    return addresses;
}

std::vector<std::string> warnings(const Config& config) {
    std::vector<std::string> found;
    for (const TcpListen& at : tcp_addresses(config.dataplane)) {
        const bool of_the_web = at.port == 80 || at.port == 443;
        if (at.port >= 1024 || (of_the_web && !is_private(at.address))) continue;
        found.push_back("dataplane.tcp_listen: browsers ignore media candidates at " + at.text() +
                        (of_the_web ? ": they take port " + std::to_string(at.port) +
                                          " on public addresses alone; use one from 1024 up, or "
                                          "name the public address in dataplane.public_addresses"
                                    : ": below 1024 they take 80 and 443 alone"));
    }
    return found;
}

}  // namespace strata::api
