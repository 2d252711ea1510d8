#pragma once

#include <netinet/in.h>
#include <rte_mbuf.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "dataplane/port/flow_key.h"
#include "dataplane/port/socket_address.h"

// A receiver behind a kernel socket: its socket address is the link, and lies in front of the RTP
// header in the mbuf, so that sendmmsg can point at it.
namespace strata::dataplane::net {

constexpr std::uint16_t kSocketLinkBytes = sizeof(sockaddr_in6);  // room for sockaddr_in as well
static_assert(kSocketLinkBytes == 28);

// Socket address of flow.remote, zero-filled up to kSocketLinkBytes.
inline void make_socket_link(const FlowKey& flow, std::span<std::byte, 64> link) {
    sockaddr_storage address;
    to_sockaddr(flow.remote_endpoint(), address);
    std::memset(link.data(), 0, link.size());
    std::memcpy(link.data(), &address, kSocketLinkBytes);
}

// 32 bits that tell the addresses of such links apart, the best of them on top: receivers often
// differ in nothing but the last byte of the address, or in the port. Over family, port and IPv4
// address, or the last words of the IPv6 one.
inline std::uint32_t socket_link_hash(const std::uint8_t* link) {
    std::uint64_t low, high;
    std::memcpy(&low, link, sizeof low);
    std::memcpy(&high, link + 16, sizeof high);
    // A multiplication carries upwards only: what differs in the top byte shows in no lower one.
    const std::uint64_t x = (low ^ (high * 0x9e3779b97f4a7c15)) * 0xbf58476d1ce4e5b9;
    return static_cast<std::uint32_t>(x >> 32);
}

// Fixed bytes of a link in front of the RTP header: socket addresses and flow keys.
template <std::uint16_t kBytes>
class FixedWriter {
  public:
    void begin(const auto&) {}
    bool is_bare(const std::byte*) const { return false; }
    template <auto>
    bool write_bare(std::uint8_t*, const std::byte*) const {
        return true;
    }
    std::uint16_t write(rte_mbuf&, std::uint8_t* rtp, const std::byte* link) {
        std::memcpy(rtp - kBytes, link, kBytes);
        return kBytes;
    }
    bool resolved() const { return true; }
};

using SocketWriter = FixedWriter<kSocketLinkBytes>;
using FlowKeyWriter = FixedWriter<sizeof(FlowKey)>;

}  // namespace strata::dataplane::net
