#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

#include "dataplane/port/flow_key.h"

// Endpoints as the kernel's socket calls have them.
namespace strata::dataplane {

// Returns the used size; the rest of `out` is zero.
inline socklen_t to_sockaddr(const Endpoint& endpoint, sockaddr_storage& out) {
    out = {};
    if (endpoint.address.is_v4()) {
        auto& a = reinterpret_cast<sockaddr_in&>(out);
        a.sin_family = AF_INET;
        a.sin_port = htons(endpoint.port);
        std::memcpy(&a.sin_addr, endpoint.address.v4_bytes(), 4);
        return sizeof a;
    }
    auto& a = reinterpret_cast<sockaddr_in6&>(out);
    a.sin6_family = AF_INET6;
    a.sin6_port = htons(endpoint.port);
    std::memcpy(&a.sin6_addr, endpoint.address.bytes.data(), 16);
    return sizeof a;
}

// Either family lies in room for an IPv6 one.
inline Endpoint to_endpoint(const sockaddr_in6& from) {
    if (from.sin6_family == AF_INET) {
        sockaddr_in a;
        std::memcpy(&a, &from, sizeof a);
        std::array<std::uint8_t, 4> b;
        std::memcpy(b.data(), &a.sin_addr, b.size());
        return {IpAddress::v4(b), ntohs(a.sin_port)};
    }
    Endpoint endpoint;
    std::memcpy(endpoint.address.bytes.data(), &from.sin6_addr, endpoint.address.bytes.size());
    endpoint.port = ntohs(from.sin6_port);
    return endpoint;
}
inline Endpoint to_endpoint(const sockaddr_storage& from) {
    return to_endpoint(reinterpret_cast<const sockaddr_in6&>(from));
}

}  // namespace strata::dataplane
