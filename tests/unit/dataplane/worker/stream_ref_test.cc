#include "dataplane/worker/stream_ref.h"

#include <gtest/gtest.h>

namespace strata::dataplane {
namespace {

// Only their addresses count.
PublishedTrack* track(std::uintptr_t number) {
    return reinterpret_cast<PublishedTrack*>(number * 64);
}
StreamRef stream(std::uintptr_t number, std::uint8_t encoding) {
    return {StreamRef::Kind::media, encoding, track(number)};
}

TEST(RecentStreams, RemembersAsManyAsASimulcastHas) {
    RecentStreams recent;
    EXPECT_EQ(recent.find(0, 0).object, nullptr);
    for (std::uint8_t i = 0; i < RecentStreams::kPlaces; ++i)
        recent.remember(700u + i, stream(1, i), 0);
    for (std::uint8_t i = 0; i < RecentStreams::kPlaces; ++i) {
        const StreamRef found = recent.find(700u + i, 0);
        EXPECT_EQ(found.object, track(1));
        EXPECT_EQ(found.encoding, i);
        EXPECT_EQ(found.kind, StreamRef::Kind::media);
    }
    EXPECT_EQ(recent.find(700 + RecentStreams::kPlaces, 0).object, nullptr);
}

TEST(RecentStreams, ForgetsWhenTheTableHasErasedSomething) {
    RecentStreams recent;
    recent.remember(1, stream(1, 0), 5);
    recent.remember(2, stream(2, 0), 5);
    EXPECT_EQ(recent.find(1, 6).object, nullptr);
    // What is looked up anew doesn't bring back what stood beside it.
    recent.remember(2, stream(3, 0), 6);
    EXPECT_EQ(recent.find(2, 6).object, track(3));
    EXPECT_EQ(recent.find(1, 6).object, nullptr);
    EXPECT_EQ(recent.find(2, 5).object, nullptr);
}

}  // namespace
}  // namespace strata::dataplane
