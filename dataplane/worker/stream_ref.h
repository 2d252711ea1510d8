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

// Which media streams a peer's last packets belonged to: most packets need no look into the
// worker's table of all SSRCs. What a table says that has erased nothing since still holds.
class RecentStreams {
  public:
    static constexpr std::size_t kPlaces = 3;  // the encodings of a simulcast

    // Object null: not known.
    StreamRef find(std::uint32_t ssrc, std::uint64_t erasures) const {
        const Place& place = places_[ssrc % kPlaces];
        const bool holds = place.ssrc == ssrc && erasures_ == erasures;
        return holds ? StreamRef{StreamRef::Kind::media, place.encoding, place.track} : StreamRef{};
    }
    void remember(std::uint32_t ssrc, const StreamRef& stream, std::uint64_t erasures) {
        if (erasures_ != erasures) places_ = {};
        erasures_ = erasures;
        places_[ssrc % kPlaces] = {ssrc, stream.encoding,
                                   static_cast<PublishedTrack*>(stream.object)};
    }

  private:
    struct Place {
        std::uint32_t ssrc = 0;
        std::uint8_t encoding = 0;
        PublishedTrack* track = nullptr;
    };
    std::uint64_t erasures_ = 0;
    std::array<Place, kPlaces> places_{};
};

}  // namespace strata::dataplane
