#include "bench/generator/address.h"

#include <arpa/inet.h>

#include <charconv>

namespace strata::gen {

std::optional<Address> parse_address(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    std::string_view host = text.substr(0, colon);
    const std::string_view port = text.substr(colon + 1);
    Address address;
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
    if (error != std::errc{} || end != port.data() + port.size()) return std::nullopt;
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
        address.v6 = true;
    }
    const int family = address.v6 ? AF_INET6 : AF_INET;
    if (inet_pton(family, std::string(host).c_str(), address.ip.data()) != 1) return std::nullopt;
    return address;
}

std::string to_string(const Address& address) {
    char text[INET6_ADDRSTRLEN] = {};
    inet_ntop(address.v6 ? AF_INET6 : AF_INET, address.ip.data(), text, sizeof(text));
    const std::string port = std::to_string(address.port);
    return address.v6 ? "[" + std::string(text) + "]:" + port : std::string(text) + ":" + port;
}

}  // namespace strata::gen
