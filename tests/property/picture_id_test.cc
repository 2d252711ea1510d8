#include <gtest/gtest.h>

#include <map>
#include <set>
#include <vector>

#include "relay/rewrite/picture_id_map.h"
#include "relay/rtp/sequence.h"
#include "tests/property/number_model.h"
#include "tests/property/random_channel.h"
#include "tests/property/seeds.h"

namespace strata::relay {
namespace {

constexpr std::uint64_t kCases = 1'000;

// C23, C24: a VP8 stream of three temporal layers, picture ids of 7 or 15 bits that wrap; frames of
// one to four packets. Against a model that remembers every frame's fate.
template <int kBits>
void check_case(std::uint64_t seed) {
    Random random(seed);
    const auto frames = static_cast<std::size_t>(random.between(20, 400));
    const auto first = static_cast<std::uint32_t>(random.between(0, (1 << kBits) - 1));
    std::vector<std::size_t> frame_of;  // of each packet
    for (std::size_t frame = 0; frame < frames; ++frame)
        for (auto packets = random.between(1, 4); packets > 0; --packets) frame_of.push_back(frame);
    ChannelProfile channel = random_channel(random);
    channel.recover_after = std::min<std::int64_t>(channel.recover_after, 30);  // 7 bits are few
    channel.loss_percent = std::min(channel.loss_percent, 15);
    const int top = static_cast<int>(random.between(0, 2));
    const auto wanted = [top](std::size_t frame) {
        const int tid = frame % 4 == 0 ? 0 : frame % 4 == 2 ? 1 : 2;
        return tid <= top;
    };

    Unwrapper<kBits> unwrapper;
    PictureIdMap map;
    NumberModel model;
    std::map<std::int64_t, std::int64_t> ids;  // frame: id
    std::set<std::int64_t> dropped;
    std::int64_t base = -1;
    for (const std::size_t packet : arrivals(frame_of.size(), channel, random)) {
        const auto frame = static_cast<std::int64_t>(frame_of[packet]);
        const std::int64_t picture =
            unwrapper.unwrap((first + static_cast<std::uint32_t>(frame)) & ((1u << kBits) - 1));
        if (base < 0) base = picture - frame;
        ASSERT_EQ(picture, base + frame);
        const PictureIdMap::Decision got = map.decide(picture, wanted(frame_of[packet]));
        if (!ids.contains(frame) && !dropped.contains(frame)) {
            const bool reserved = picture <= model.given_out_up_to();
            if (wanted(frame_of[packet]) || reserved)
                ids[frame] = *model.forward(picture);
            else {
                model.drop(picture);
                dropped.insert(frame);
            }
        }
        ASSERT_EQ(got.forward, ids.contains(frame));
        if (got.forward) {
            ASSERT_EQ(got.id, ids[frame]);
        }
    }
    // Contiguous over what policy dropped: a hole only for frames of which nothing came.
    for (auto a = ids.begin(), b = a; b != ids.end() && ++b != ids.end(); ++a) {
        std::int64_t nothing_came = 0;
        for (std::int64_t frame = a->first + 1; frame < b->first; ++frame)
            nothing_came += dropped.contains(frame) ? 0 : 1;
        ASSERT_EQ(b->second - a->second - 1, nothing_came);
    }
}

TEST(PictureIdProperty, SevenBits) {
    for (const std::uint64_t seed : seeds(kCases)) {
        SCOPED_TRACE(seed);
        check_case<7>(seed);
        if (HasFatalFailure()) return;
    }
}

TEST(PictureIdProperty, FifteenBits) {
    for (const std::uint64_t seed : seeds(kCases)) {
        SCOPED_TRACE(seed);
        check_case<15>(seed);
        if (HasFatalFailure()) return;
    }
}

}  // namespace
}  // namespace strata::relay
