#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

// Datagrams in a byte stream (RFC 4571): each behind its length in two bytes, network order.
namespace strata::relay {

constexpr std::size_t kFrameHeadBytes = 2;

// What stands in front of a datagram of `size` bytes.
constexpr std::array<std::uint8_t, kFrameHeadBytes> frame_head(std::uint16_t size) {
    return {static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)};
}

// Takes a stream apart, however it was cut into pieces. Allocates in its constructor only.
class FrameReader {
  public:
    // A longer datagram than this breaks the stream: nothing behind it can be found.
    explicit FrameReader(std::size_t max_datagram_bytes)
        : max_bytes_(max_datagram_bytes), waiting_(kFrameHeadBytes + max_datagram_bytes) {}

    // Calls visit(datagram) for each one that `bytes` completes; empty ones are passed over. False:
    // the stream is broken, now and for good. A datagram within `bytes` isn't copied.
    template <typename Visit>
    bool read(std::span<const std::uint8_t> bytes, Visit visit) {
        while (!broken_ && !bytes.empty()) {
            if (filled_ == 0 && bytes.size() >= kFrameHeadBytes) {
                const std::size_t size = size_at(bytes);
                if (size <= max_bytes_ && bytes.size() - kFrameHeadBytes >= size) {
                    if (size != 0) visit(bytes.subspan(kFrameHeadBytes, size));
                    bytes = bytes.subspan(kFrameHeadBytes + size);
                    continue;
                }
            }
            bytes = collect(bytes);
            if (!complete()) continue;
            const std::size_t size = filled_ - kFrameHeadBytes;
            filled_ = 0;
            if (size != 0)
                visit(std::span<const std::uint8_t>(waiting_).subspan(kFrameHeadBytes, size));
        }
        return !broken_;
    }

    // Bytes of a datagram that isn't complete yet.
    std::size_t waiting() const { return filled_; }

  private:
    static std::size_t size_at(std::span<const std::uint8_t> bytes) {
        return static_cast<std::size_t>(bytes[0] << 8 | bytes[1]);
    }
    bool complete() const {
        return filled_ >= kFrameHeadBytes && filled_ == kFrameHeadBytes + size_at(waiting_);
    }
    // Moves what the waiting datagram lacks; returns the rest.
    std::span<const std::uint8_t> collect(std::span<const std::uint8_t> bytes);

    std::size_t max_bytes_;
    std::vector<std::uint8_t> waiting_;  // the first filled_ bytes of it
    std::size_t filled_ = 0;
    bool broken_ = false;
};

// Who speaks on a fresh connection to the port that HTTPS and ICE-TCP share.
enum class StreamKind : std::uint8_t {
    undecided,  // more bytes are needed
    tls,        // a TLS record of a handshake
    stun,       // a framed STUN request
    unknown,    // neither, whatever follows
};

// Bytes after which classify_stream always has decided.
constexpr std::size_t kStreamKindBytes = 10;

//   TLS:  0x16 …
//   STUN: length (2 bytes, at least 20) | 0x0001 | length | magic cookie …
StreamKind classify_stream(std::span<const std::uint8_t> first_bytes);

}  // namespace strata::relay
