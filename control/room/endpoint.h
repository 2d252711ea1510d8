#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace strata::control {

// An IP address and a UDP or TCP port.
struct Endpoint {
    std::array<std::uint8_t, 16> address{};  // network order, the first 4 or 16 bytes
    std::uint8_t address_bytes = 4;          // 4 or 16
    std::uint16_t port = 0;
    friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

// "192.0.2.1:4000" or "[2001:db8::1]:4000"; names aren't resolved, port 0 and addresses that nobody
// can be reached at (unspecified, multicast, broadcast) are refused as nullopt.
std::optional<Endpoint> parse_endpoint(std::string_view text);
std::string endpoint_text(const Endpoint& endpoint);
// Without the port, "2001:db8::1".
std::string address_text(const Endpoint& endpoint);
// The same from a plain address as the data plane reports it.
std::string endpoint_text(std::string_view address, std::uint32_t port);

}  // namespace strata::control
