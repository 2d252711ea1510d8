#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace strata::gen {

// A UDP endpoint, IPv4 or IPv6. IPv4 addresses lie in the first four bytes.
struct Address {
    std::array<std::uint8_t, 16> ip{};
    bool v6 = false;
    std::uint16_t port = 0;

    bool known() const { return port != 0; }
    friend auto operator<=>(const Address&, const Address&) = default;
};

// "127.0.0.1:5000" or "[::1]:5000"; numbers only, no names. Nullopt: not an address.
std::optional<Address> parse_address(std::string_view text);
std::string to_string(const Address& address);

}  // namespace strata::gen
