#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "relay/svc/track.h"
#include "tests/unit/relay/svc/track_rig.h"

namespace strata::relay {
namespace {

using Action = Track::GroupView::Action;

std::vector<Track::GroupView> groups_of(TrackRig& rig, std::uint8_t encoding = 0) {
    std::array<Track::GroupView, 4> views;
    const std::size_t n = rig.track().describe_groups(encoding, views);
    return {views.begin(), views.begin() + static_cast<std::ptrdiff_t>(std::min(n, views.size()))};
}

TEST(TrackViews, EachGroupSaysWhatAPacketWasToIt) {
    TrackRig rig(Codec::vp9);
    rig.subscribe({0, 0, 2, false});
    rig.subscribe({0, 1, 2, false});
    rig.subscribe({0, 1, 2, false});
    ASSERT_EQ(rig.send(Vp9Packet{.sequence = 3, .picture = 3}.build()), MediaDrop::none);
    auto groups = groups_of(rig);
    ASSERT_EQ(groups.size(), 2u);
    EXPECT_EQ(groups[0].action, Action::forward);
    EXPECT_EQ(groups[1].action, Action::forward);
    EXPECT_EQ(groups[0].members + groups[1].members, 3u);
    ASSERT_EQ(rig.send(Vp9Packet{.sequence = 4, .picture = 3, .spatial = 1}.build()),
              MediaDrop::none);
    groups = groups_of(rig);
    for (const Track::GroupView& group : groups) {
        const bool upper = group.layer.spatial == 1;
        EXPECT_EQ(group.action, upper ? Action::forward : Action::drop);
        EXPECT_EQ(group.members, upper ? 2u : 1u);
    }
    for (const Track::GroupView& group : groups_of(rig, 1))
        EXPECT_EQ(group.action, Action::elsewhere);
    EXPECT_EQ(rig.track().describe_groups(0, {}), 2u) << "counts what there is no room for";
}

TEST(TrackViews, ASlotIsFoundByItsHandleWhereverItMoves) {
    TrackRig rig(Codec::opus);
    const ReceiverHandle first = rig.subscribe({0, 3, 3, false});
    const ReceiverHandle second = rig.subscribe({0, 3, 3, false});
    for (const ReceiverHandle handle : {first, second}) {
        const ReceiverSlot* slot = rig.track().find_slot(handle);
        ASSERT_NE(slot, nullptr);
        EXPECT_EQ(slot->handle, handle);
    }
    ASSERT_TRUE(rig.track().remove_receiver(first));
    EXPECT_EQ(rig.track().find_slot(first), nullptr);
    ASSERT_NE(rig.track().find_slot(second), nullptr);
    EXPECT_EQ(rig.track().find_slot(second)->handle, second);
}

}  // namespace
}  // namespace strata::relay
