#include "control/room/endpoint.h"

#include <arpa/inet.h>

#include <charconv>

namespace strata::control {
namespace {

bool reachable(const Endpoint& endpoint) {
    bool any = false;
    for (std::size_t i = 0; i < endpoint.address_bytes; ++i) any |= endpoint.address[i] != 0;
    const std::uint8_t first = endpoint.address[0];
    if (endpoint.address_bytes == 16) return any && first != 0xff;
    return any && (first < 224 || first >= 240) && first != 255;
}

}  // namespace

std::optional<Endpoint> parse_endpoint(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    std::string_view host = text.substr(0, colon);
    const std::string_view port = text.substr(colon + 1);
    Endpoint endpoint;
    const auto [end, error] =
        std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
    if (error != std::errc{} || end != port.data() + port.size() || endpoint.port == 0)
        return std::nullopt;
    int family = AF_INET;
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
        family = AF_INET6;
        endpoint.address_bytes = 16;
    }
    if (inet_pton(family, std::string(host).c_str(), endpoint.address.data()) != 1)
        return std::nullopt;
    if (!reachable(endpoint)) return std::nullopt;
    return endpoint;
}

std::string address_text(const Endpoint& endpoint) {
    char text[INET6_ADDRSTRLEN] = "";
    const int family = endpoint.address_bytes == 16 ? AF_INET6 : AF_INET;
    inet_ntop(family, endpoint.address.data(), text, sizeof text);
    return text;
}

std::string endpoint_text(const Endpoint& endpoint) {
    return endpoint_text(address_text(endpoint), endpoint.port);
}

std::string endpoint_text(std::string_view address, std::uint32_t port) {
    const bool v6 = address.find(':') != std::string_view::npos;
    std::string text(v6 ? "[" : "");
    text.append(address).append(v6 ? "]:" : ":").append(std::to_string(port));
    return text;
}

}  // namespace strata::control
