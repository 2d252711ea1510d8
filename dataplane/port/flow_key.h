#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace strata::dataplane {

// An IPv4 or IPv6 address, always 16 bytes in network order: IPv4 is v4-mapped, ::ffff:a.b.c.d
// (RFC 4291 section 2.5.5.2), so that comparing and hashing never ask for the family.
struct IpAddress {
    std::array<std::uint8_t, 16> bytes{};

    static constexpr IpAddress v4(const std::array<std::uint8_t, 4>& b) {
        return {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, b[0], b[1], b[2], b[3]}};
    }
    // From 4 or 16 bytes in network order. Nullopt: another size.
    static std::optional<IpAddress> from_bytes(std::string_view network_order);
    // "127.0.0.1", "fd00::1" or "[fd00::1]". Nullopt: not an address.
    static std::optional<IpAddress> parse(std::string_view text);

    bool is_v4() const {
        constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
        return std::memcmp(bytes.data(), kMapped.data(), kMapped.size()) == 0;
    }
    // The last four bytes: the IPv4 address in network order when is_v4().
    const std::uint8_t* v4_bytes() const { return bytes.data() + 12; }
    // True for 0.0.0.0 and ::.
    bool is_unspecified() const;

    friend bool operator==(const IpAddress& a, const IpAddress& b) {
        return std::memcmp(a.bytes.data(), b.bytes.data(), a.bytes.size()) == 0;
    }
};

// "10.0.0.1", "fd00::1". Allocates: main thread and tests.
std::string to_string(const IpAddress& address);

struct Endpoint {
    IpAddress address;
    std::uint16_t port = 0;  // host order
    friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

// "10.0.0.1:5000", "[fd00::1]:5000".
std::string to_string(const Endpoint& endpoint);

// One UDP flow as this node sees it. 36 bytes without padding: may be compared and hashed as bytes.
struct FlowKey {
    IpAddress remote;
    IpAddress local;
    std::uint16_t remote_port = 0;  // host order
    std::uint16_t local_port = 0;   // host order

    Endpoint remote_endpoint() const { return {remote, remote_port}; }
    Endpoint local_endpoint() const { return {local, local_port}; }
    friend bool operator==(const FlowKey& a, const FlowKey& b) {
        return std::memcmp(&a, &b, sizeof(FlowKey)) == 0;
    }
};
static_assert(sizeof(FlowKey) == 36);

}  // namespace strata::dataplane
