#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "dataplane/port/port.h"

// What a link's peer takes: the largest UDP payload, in two bytes that the port has no use for. 0:
// as much as the port sends.
namespace strata::dataplane {

// Of a link for Ethernet these would be in the destination MAC (net/ethernet_link.h); the others
// are shorter than this.
constexpr std::size_t link_limit_at(LinkKind kind) { return kind == LinkKind::ethernet ? 4 : 60; }

inline std::uint16_t link_limit(LinkKind kind, std::span<const std::byte, kLinkBytes> link) {
    std::uint16_t bytes;
    std::memcpy(&bytes, link.data() + link_limit_at(kind), sizeof bytes);
    return bytes;
}

inline void set_link_limit(LinkKind kind, std::span<std::byte, kLinkBytes> link,
                           std::uint16_t bytes) {
    std::memcpy(link.data() + link_limit_at(kind), &bytes, sizeof bytes);
}

}  // namespace strata::dataplane
