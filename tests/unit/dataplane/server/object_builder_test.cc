#include "dataplane/server/object_builder.h"

#include <gtest/gtest.h>

#include "relay/rtp/extension_map.h"

namespace strata::dataplane {
namespace {

const Endpoint kLocal{IpAddress::v4({10, 0, 0, 1}), 4000};

api::Track vp9() {
    api::Track track;
    track.set_id(2);
    track.set_codec("VP9");
    track.set_payload_type(98);
    track.set_rtx_payload_type(99);
    track.add_encodings()->set_ssrc(5);
    api::Extension& extension = *track.add_extensions();
    extension.set_id(14);
    extension.set_uri(
        "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension");
    return track;
}

TEST(ObjectBuilder, ATrackKnowsItsPayloadTypesAndExtensions) {
    Transport transport;
    SharedParsers parsers;
    const auto built = build_track(vp9(), transport, {}, parsers);
    ASSERT_TRUE(built) << built.error().message;
    const PublishedTrack& track = **built;
    EXPECT_EQ(track.parser->payload_types[98].role, relay::PayloadRole::media);
    EXPECT_EQ(track.parser->payload_types[98].codec, relay::Codec::vp9);
    EXPECT_EQ(track.parser->payload_types[99].role, relay::PayloadRole::rtx);
    EXPECT_TRUE(track.track->config().descriptor_negotiated);
    EXPECT_EQ(track.track->config().clock_rate_hz, 90'000u);
    EXPECT_EQ(track.encodings[0].ssrc, 5u);
}

TEST(ObjectBuilder, RefusesTracksThatCannotWork) {
    Transport transport;
    SharedParsers parsers;
    api::Track same_type = vp9();
    same_type.set_rtx_payload_type(98);
    EXPECT_FALSE(build_track(same_type, transport, {}, parsers));
    api::Track bad_extension = vp9();
    bad_extension.add_extensions()->set_id(256);
    EXPECT_FALSE(build_track(bad_extension, transport, {}, parsers));
    api::Track long_rid = vp9();
    long_rid.mutable_encodings(0)->set_rid("sixteen-letters!");
    EXPECT_FALSE(build_track(long_rid, transport, {}, parsers));
    api::Track many = vp9();
    for (int i = 0; i < 4; ++i) many.add_encodings();
    EXPECT_FALSE(build_track(many, transport, {}, parsers));
}

TEST(ObjectBuilder, TransportsNeedAWholeAddressOfTheRightFamily) {
    api::Transport spec;
    spec.set_id(1);
    EXPECT_FALSE((*build_transport(spec, kLocal))->has_address);  // latched later
    spec.set_remote_address("abc");
    spec.set_remote_port(5000);
    EXPECT_FALSE(build_transport(spec, kLocal));
    spec.set_remote_address(std::string("\x0a\0\0\2", 4));
    spec.set_remote_port(70'000);
    EXPECT_FALSE(build_transport(spec, kLocal));
    spec.set_remote_port(5000);
    const auto built = build_transport(spec, kLocal);
    ASSERT_TRUE(built);
    EXPECT_TRUE((*built)->has_address);
    EXPECT_EQ((*built)->flow.remote_endpoint(), (Endpoint{IpAddress::v4({10, 0, 0, 2}), 5000}));
    EXPECT_EQ((*built)->flow.local_endpoint(), kLocal);
    spec.set_remote_address(
        std::string("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16));  // ::1 to an IPv4 port
    EXPECT_FALSE(build_transport(spec, kLocal));
    spec.set_remote_address(std::string(4, '\0'));
    EXPECT_FALSE(build_transport(spec, kLocal));
}

TEST(ObjectBuilder, HopByHopExtensionsAreStampedOrLeftOut) {  // C37
    Transport transport;
    SharedParsers parsers;
    const auto track = build_track(vp9(), transport, {}, parsers);
    ASSERT_TRUE(track);
    api::Subscription spec;
    spec.set_ssrc(9);
    spec.set_payload_type(98);
    *spec.mutable_extensions() = vp9().extensions();
    api::Extension& mid = *spec.add_extensions();
    mid.set_id(3);
    mid.set_uri("urn:ietf:params:rtp-hdrext:sdes:mid");
    const auto built = build_subscription(spec, **track, transport, [] { return 1u; });
    ASSERT_TRUE(built) << built.error().message;
    const auto& ids = (*built)->config.profile.extension_id;
    EXPECT_EQ(ids[static_cast<std::size_t>(relay::ExtensionKind::dependency_descriptor)], 14);
    EXPECT_EQ(ids[static_cast<std::size_t>(relay::ExtensionKind::mid)], 0) << "there is none";
    spec.set_mid("video0");
    api::Extension& numbers = *spec.add_extensions();
    numbers.set_id(4);
    numbers.set_uri(std::string(relay::extension_uri(relay::ExtensionKind::transport_cc)));
    api::Extension& time = *spec.add_extensions();
    time.set_id(5);
    time.set_uri(std::string(relay::extension_uri(relay::ExtensionKind::abs_send_time)));
    const auto stamped = build_subscription(spec, **track, transport, [] { return 1u; });
    ASSERT_TRUE(stamped);
    const relay::HeaderProfile& profile = (*stamped)->config.profile;
    EXPECT_EQ(profile.id_of(relay::ExtensionKind::mid), 3);
    EXPECT_EQ(profile.mid_size, 6);
    EXPECT_EQ(profile.id_of(relay::ExtensionKind::transport_cc), 4);
    EXPECT_EQ(profile.id_of(relay::ExtensionKind::abs_send_time), 0);
    EXPECT_EQ((*stamped)->config.stamp.transport_sequence, &transport.transport_sequence);
    spec.set_mid("longer-than");
    const auto longer = build_subscription(spec, **track, transport, [] { return 1u; });
    ASSERT_TRUE(longer);
    EXPECT_EQ((*longer)->config.profile.id_of(relay::ExtensionKind::mid), 0);
    spec.mutable_target()->set_encoding(1);
    EXPECT_FALSE(build_subscription(spec, **track, transport, [] { return 1u; }));
}

}  // namespace
}  // namespace strata::dataplane
