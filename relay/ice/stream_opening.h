#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

// How a connection to the port that HTTPS and ICE-TCP share begins, and for whom it is.
namespace strata::relay {

struct StreamOpening {
    enum class Kind : std::uint8_t {
        undecided,
        tls,      // a TLS record of a handshake
        check,    // a framed STUN request with a USERNAME (RFC 6544)
        unknown,  // neither, whatever follows
    };
    Kind kind = Kind::undecided;
    std::size_t needed = 0;       // undecided: so many bytes of the stream, more than there are
    std::string_view username{};  // check: lies in the bytes that were given
};

// By the first bytes of a stream. It never needs more than `most` bytes, and once decided it stays
// so with whatever comes behind.
StreamOpening read_opening(std::span<const std::uint8_t> bytes, std::size_t most);

}  // namespace strata::relay
