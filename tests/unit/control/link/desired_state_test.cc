#include "control/link/desired_state.h"

#include <gtest/gtest.h>

#include "dataplane/api/strata.pb.h"
#include "tests/unit/control/room/fixture.h"

namespace strata::control {
namespace {

using Kind = ObjectKey::Kind;

}  // namespace

TEST(DesiredState, names_everything_in_the_order_of_creation) {
    DirectoryFixture f;
    f.room("demo");
    const Participant a = f.participant("demo"), b = f.participant("demo");
    const auto track = f.track(a.id, 7);
    const auto leg = f.subscription(b.id, track->id, {.layers = "S1T2"});
    const auto keys = all_objects(f.directory);
    ASSERT_EQ(keys.size(), 4u);
    EXPECT_EQ(keys[0], (ObjectKey{Kind::transport, a.id.value}));
    EXPECT_EQ(keys[2], (ObjectKey{Kind::track, track->id.value}));
    EXPECT_EQ(keys[3], (ObjectKey{Kind::subscription, leg->id.value}));
    for (const ObjectKey key : keys) {
        EXPECT_TRUE(object_exists(f.directory, key));
        EXPECT_EQ(object_key(object_ref(key)), key);
    }
    const auto object = desired_object(f.directory, keys[3], 1);
    ASSERT_TRUE(object && object->has_subscription());
    EXPECT_EQ(object->subscription().ssrc(), leg->ssrc);
    EXPECT_EQ(object->subscription().target().spatial(), 1u);
    EXPECT_EQ(object->subscription().target().temporal(), 2u);
    EXPECT_FALSE(desired_object(f.directory, {Kind::track, 999}, 1));
    EXPECT_FALSE(object_key(RecordKey{std::string("demo")}));
    EXPECT_FALSE(object_key(RecordKey{ProfileName{"meeting"}}));
}

// What a data plane learned is told to its successors, not to itself: a restart of control alone
// must not change any object (C53).
TEST(DesiredState, learned_values_are_for_later_data_planes) {
    DirectoryFixture f;
    f.room("demo");
    const Participant a = f.participant("demo");
    TrackSpec spec{.codec = "VP8", .payload_type = 96, .rtx_payload_type = 97};
    spec.extensions = {{10, "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"}};
    spec.encodings = {{.rid = "q"}};
    const auto track = f.done<Track>(f.directory.plan_track(a.id, spec));
    const ObjectKey transport{Kind::transport, a.id.value}, media{Kind::track, track->id.value};
    const std::string before = desired_object(f.directory, transport, 41)->SerializeAsString() +
                               desired_object(f.directory, media, 41)->SerializeAsString();
    f.directory.apply(f.directory.plan_latched(a.id, {*parse_endpoint("127.0.0.1:9"), 41}));
    f.directory.apply(f.directory.plan_learned_ssrc(track->id, 0, false, {77, 41}));
    f.directory.apply(f.directory.plan_learned_ssrc(track->id, 0, true, {78, 41}));
    EXPECT_EQ(before, desired_object(f.directory, transport, 41)->SerializeAsString() +
                          desired_object(f.directory, media, 41)->SerializeAsString());
    const auto later = desired_object(f.directory, transport, 42);
    EXPECT_EQ(later->transport().remote_address(), std::string("\x7f\0\0\1", 4));
    EXPECT_EQ(later->transport().remote_port(), 9u);
    // A TCP connection ends with the data plane that has it.
    f.directory.apply(f.directory.plan_latched(a.id, {*parse_endpoint("127.0.0.1:9"), 41}, true));
    EXPECT_TRUE(desired_object(f.directory, transport, 42)->transport().remote_address().empty());
    EXPECT_EQ(desired_object(f.directory, media, 42)->track().encodings(0).ssrc(), 77u);
    EXPECT_EQ(desired_object(f.directory, media, 42)->track().encodings(0).rtx_ssrc(), 78u);
}

}  // namespace strata::control
