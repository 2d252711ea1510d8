#pragma once

#include <array>
#include <cstdint>

#include "relay/svc/frame_info.h"
#include "relay/svc/layer_id.h"

namespace strata::relay {

// What of a track is being sent right now: encodings (C15) and spatial layers (C4). One that stays
// silent while others go on is gone until it is seen again; if all stop, nothing is gone.
class alignas(64) Availability {
  public:
    Availability(std::size_t encodings, TimeUs silence_us)
        : encodings_(encodings), silence_us_(silence_us) {}

    void on_packet(std::size_t encoding, TimeUs now) {
        Encoding& e = state_[encoding];
        e.seen = true;
        e.last_packet = newest_packet_ = now;
        e.pictures_elsewhere = 0;
    }
    void on_frame(std::size_t encoding, const FrameInfo& frame, TimeUs now);

    // Whether such a frame, no key picture, would leave outlook() as it is. False: maybe not.
    bool stays(std::size_t encoding, const FrameFacts& frame, TimeUs now) const;

    // Brings near what a packet of the first encoding touches, or one that begins a frame.
    [[gnu::always_inline]] void prefetch(bool begins) const {
        __builtin_prefetch(this, 1);
        if (begins) __builtin_prefetch(reinterpret_cast<const char*>(this) + 64, 1);
    }

    // 0: none has come.
    TimeUs last_packet(std::size_t encoding) const { return state_[encoding].last_packet; }
    // Whether the encoding is being sent.
    bool alive(std::size_t encoding) const { return alive(state_[encoding], newest_packet_, 0); }
    // Whether the spatial layer is being sent.
    bool sent(std::size_t encoding, SpatialId spatial) const {
        return layer_alive(state_[encoding], spatial);
    }
    // Whether higher temporal layers can be had without a key frame.
    bool temporal_points(std::size_t encoding) const { return state_[encoding].temporal_points; }
    SpatialMode mode(std::size_t encoding) const { return state_[encoding].mode; }
    SpatialId top_spatial(std::size_t encoding) const { return state_[encoding].top; }
    // Highest spatial layer that is being sent, at most `limit`; 0 when nothing is known.
    SpatialId highest(std::size_t encoding, SpatialId limit) const;

    // The group that receivers in `current` with `target` should be in: the target, or the highest
    // below it that is being sent. kNoLayer: nothing to wait for. `at_key`: the encoding is at the
    // first frame of a key picture, so that everything may be chosen anew.
    LayerId desired(LayerId current, const LayerTarget& target, bool at_key) const;

    // All that desired() looks at, away from key pictures: as long as it is the same, so is every
    // answer.
    struct Outlook {
        std::array<std::uint32_t, kMaxEncodings> encodings{};
    };
    Outlook outlook() const {
        Outlook seen;
        for (std::size_t e = 0; e < encodings_; ++e) seen.encodings[e] = outlook_of(e);
        return seen;
    }
    bool is(const Outlook& seen) const {
        for (std::size_t e = 0; e < encodings_; ++e)
            if (seen.encodings[e] != outlook_of(e)) return false;
        return true;
    }

  private:
    // Pictures without it that must have come before silence means anything.
    static constexpr std::uint32_t kSilentPictures = 4;

    struct Encoding {
        bool seen = false;
        bool temporal_points = true;
        SpatialMode mode = SpatialMode::unknown;
        SpatialId top = kMaxSpatialLayers - 1;
        std::uint32_t pictures_elsewhere = 0;  // of other encodings since its last packet
        TimeUs last_packet = 0, last_frame = 0;
        std::int64_t picture = -1;
        std::uint8_t layer_active = 0;  // bit s
        // What a structure said last, and of which active targets.
        std::uint8_t active_by_targets = 0;
        std::uint32_t active_decode_targets = 0;
        const TargetMap* targets = nullptr;
        std::array<TimeUs, kMaxSpatialLayers> layer_seen{};
        std::array<std::uint32_t, kMaxSpatialLayers> pictures_without{};  // since it was seen
    };
    static std::uint8_t active(Encoding& encoding, const FrameInfo& frame);
    SpatialId desired_spatial(LayerId current, const LayerTarget& target, std::size_t encoding,
                              bool at_key) const;
    // Once the encoding's newest frame is of that time, and `more` pictures have come without it.
    bool silent(const Encoding& encoding, SpatialId spatial, TimeUs newest,
                std::uint32_t more) const {
        return encoding.layer_seen[spatial] + silence_us_ < newest &&
               encoding.pictures_without[spatial] + more >= kSilentPictures;
    }
    bool layer_alive(const Encoding& encoding, SpatialId spatial) const {
        return (encoding.layer_active >> spatial & 1) != 0 &&
               !silent(encoding, spatial, encoding.last_frame, 0);
    }
    // Likewise, of the track's newest packet and pictures elsewhere.
    bool alive(const Encoding& encoding, TimeUs newest, std::uint32_t more) const {
        return encoding.seen && (encoding.last_packet + silence_us_ >= newest ||
                                 encoding.pictures_elsewhere + more < kSilentPictures);
    }
    std::uint32_t outlook_of(std::size_t encoding) const;

    std::size_t encodings_;
    TimeUs silence_us_;
    TimeUs newest_packet_ = 0;
    std::array<Encoding, kMaxEncodings> state_;
};

}  // namespace strata::relay
