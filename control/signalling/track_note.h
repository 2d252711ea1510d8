#pragma once

#include <cstdint>
#include <string>

#include "control/room/media_source.h"

namespace strata::control {

// What a member says of a track that it publishes.
struct TrackNote {
    std::string mid;
    MediaSource source = MediaSource::camera;
    bool muted = false;
    std::uint32_t height_px = 0;  // 0: not told
    std::string scalability;      // empty: not told
};

}  // namespace strata::control
