#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace strata::api {

// What becomes of a forwarded payload on its way out by a port, for each receiver. With SRTP it is
// encrypted into each receiver's buffer on any of them.
enum class PayloadPath : std::uint8_t {
    chained,           // in memory once: packets are chains that refer to it
    linearised,        // copied by the relay behind each packet's header: no chain can be sent
    copied_by_kernel,  // chained as far as the socket; the kernel copies each packet
};
constexpr std::array<std::string_view, 3> kPayloadPathNames{"chained", "linearised",
                                                            "copied_by_kernel"};

constexpr std::string_view name(PayloadPath path) {
    return kPayloadPathNames[static_cast<std::size_t>(path)];
}

}  // namespace strata::api
