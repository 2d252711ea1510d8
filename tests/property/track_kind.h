#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>

#include "tests/property/random_channel.h"
#include "tests/property/track_session.h"

namespace strata::relay {

// What a track carries: how it is encoded, in which layers.
struct TrackKind {
    const char* name;
    Codec codec;
    int spatial, temporal;
    InterLayer inter_layer;
    bool descriptor;
    std::size_t encodings;
};

inline std::string describe(const TrackKind& kind, std::uint64_t seed) {
    std::ostringstream text;
    text << kind.name << " seed " << seed;
    return text.str();
}

inline SessionSettings random_settings(const TrackKind& kind, bool lossy, Random& random) {
    SessionSettings settings;
    settings.encoder.codec = kind.codec;
    settings.encoder.shape = {kind.spatial, kind.temporal, kind.inter_layer, 0};
    settings.encoder.descriptor = kind.descriptor;
    settings.encoder.picture_id_bits = random.chance(50) ? 7 : 15;
    settings.encoder.custom_percent = random.chance(30) ? 20 : 0;
    settings.encodings = kind.encodings;
    settings.changes_percent = random.chance(80) ? 6 : 0;
    settings.receivers = static_cast<std::size_t>(random.between(1, 4));
    if (lossy) {
        settings.channel = random_channel(random);
        settings.channel.loss_percent = std::min(settings.channel.loss_percent, 8);
        settings.channel.recover_after =
            std::min<std::int64_t>(settings.channel.recover_after, 100);
        settings.give_up = random.chance(30);
    }
    return settings;
}

// Made with all kinds in track_test.cc.
class TrackProperty : public testing::TestWithParam<TrackKind> {};

}  // namespace strata::relay
