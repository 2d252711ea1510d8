#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>

#include "dataplane/port/flow_key.h"

// TCP connections as workers see them. Each is a flow whose local address is the connection's
// handle, in the prefix that no packet ever comes from or goes to (100::/64, RFC 6666): it can't be
// mistaken for a UDP flow between the same addresses, nor for an earlier connection between them.
//
//   0100:0000:0000:0000 | generation (4 bytes) | index (4 bytes), network order
namespace strata::dataplane {

// Which connection, and which of those that were at that place one after the other. Generation 0 is
// none.
struct TcpHandle {
    std::uint32_t generation = 0;
    std::uint32_t index = 0;
    friend bool operator==(const TcpHandle&, const TcpHandle&) = default;
};

constexpr std::array<std::uint8_t, 8> kTcpPrefix{0x01, 0, 0, 0, 0, 0, 0, 0};

inline FlowKey make_tcp_flow(const Endpoint& remote, std::uint16_t local_port, TcpHandle handle) {
    FlowKey flow{remote.address, {}, remote.port, local_port};
    std::uint8_t* local = flow.local.bytes.data();
    std::memcpy(local, kTcpPrefix.data(), kTcpPrefix.size());
    for (unsigned i = 0; i < 4; ++i) {
        local[8 + i] = static_cast<std::uint8_t>(handle.generation >> (24 - 8 * i));
        local[12 + i] = static_cast<std::uint8_t>(handle.index >> (24 - 8 * i));
    }
    return flow;
}

// Nullopt: the flow is none of TCP.
inline std::optional<TcpHandle> tcp_handle_of(const FlowKey& flow) {
    const std::uint8_t* local = flow.local.bytes.data();
    if (std::memcmp(local, kTcpPrefix.data(), kTcpPrefix.size()) != 0) return std::nullopt;
    TcpHandle handle;
    for (unsigned i = 0; i < 4; ++i) {
        handle.generation = handle.generation << 8 | local[8 + i];
        handle.index = handle.index << 8 | local[12 + i];
    }
    return handle;
}

}  // namespace strata::dataplane
