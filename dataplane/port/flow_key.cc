#include "dataplane/port/flow_key.h"

#include <arpa/inet.h>

#include <algorithm>

namespace strata::dataplane {

std::optional<IpAddress> IpAddress::from_bytes(std::string_view network_order) {
    IpAddress address;
    if (network_order.size() == 4) {
        std::array<std::uint8_t, 4> b;
        std::memcpy(b.data(), network_order.data(), b.size());
        return v4(b);
    }
    if (network_order.size() != address.bytes.size()) return std::nullopt;
    std::memcpy(address.bytes.data(), network_order.data(), address.bytes.size());
    return address;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
    if (text.size() >= 2 && text.front() == '[' && text.back() == ']')
        text = text.substr(1, text.size() - 2);
    std::array<char, INET6_ADDRSTRLEN> zero_terminated{};
    if (text.size() >= zero_terminated.size()) return std::nullopt;
    std::ranges::copy(text, zero_terminated.begin());
    std::array<std::uint8_t, 4> b4;
    if (inet_pton(AF_INET, zero_terminated.data(), b4.data()) == 1) return v4(b4);
    IpAddress address;
    if (inet_pton(AF_INET6, zero_terminated.data(), address.bytes.data()) == 1) return address;
    return std::nullopt;
}

bool IpAddress::is_unspecified() const {
    const auto first = is_v4() ? bytes.begin() + 12 : bytes.begin();
    return std::all_of(first, bytes.end(), [](std::uint8_t b) { return b == 0; });
}

std::string to_string(const IpAddress& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (address.is_v4())
        inet_ntop(AF_INET, address.v4_bytes(), text.data(), text.size());
    else
        inet_ntop(AF_INET6, address.bytes.data(), text.data(), text.size());
    return text.data();
}

std::string to_string(const Endpoint& endpoint) {
    const std::string address = to_string(endpoint.address);
    const std::string port = std::to_string(endpoint.port);
    return endpoint.address.is_v4() ? address + ':' + port : '[' + address + "]:" + port;
}

}  // namespace strata::dataplane
