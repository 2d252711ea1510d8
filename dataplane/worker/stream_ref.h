#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace strata::dataplane {

struct PublishedTrack;

// What an SSRC on a transport is.
struct StreamRef {
    enum class Kind : std::uint8_t { media, rtx, outgoing, outgoing_rtx, latch };
    Kind kind = Kind::media;
    std::uint8_t encoding = 0;
    void* object = nullptr;  // PublishedTrack, Subscription or (latch) Transport
};

// Of the worker's table of all SSRCs; `transport_index`: Transport::index.
constexpr std::uint64_t stream_key(std::uint32_t transport_index, std::uint32_t ssrc) {
    return std::uint64_t{transport_index} << 32 | ssrc;
}

// Which media streams a peer's last packets belonged to: most packets need no look into the
// worker's table of all SSRCs. What a table says that has erased nothing since still holds.
class RecentStreams {
  public:
    static constexpr std::size_t kPlaces = 3;  // the encodings of a simulcast

    // Object null: not known.
    StreamRef find(std::uint32_t ssrc, std::uint64_t erasures) const {
        const std::size_t at = ssrc % kPlaces;
        const bool holds = ssrcs_[at] == ssrc && erasures_ == erasures;
        return holds ? StreamRef{StreamRef::Kind::media, encodings_[at], tracks_[at]} : StreamRef{};
    }
    void remember(std::uint32_t ssrc, const StreamRef& stream, std::uint64_t erasures) {
        if (erasures_ != erasures) tracks_ = {};
        erasures_ = erasures;
        const std::size_t at = ssrc % kPlaces;
        ssrcs_[at] = ssrc;
        encodings_[at] = stream.encoding;
        tracks_[at] = static_cast<PublishedTrack*>(stream.object);
    }

  private:
    std::uint64_t erasures_ = 0;
    std::array<PublishedTrack*, kPlaces> tracks_{};  // null: none
    std::array<std::uint32_t, kPlaces> ssrcs_{};
    std::array<std::uint8_t, kPlaces> encodings_{};
};
static_assert(sizeof(RecentStreams) == 48);

}  // namespace strata::dataplane
