#include "dataplane/replay/session.h"

#include <gtest/gtest.h>

namespace strata::dataplane {
namespace {

std::string with_target(const std::string& target, const std::string& encodings) {
    return R"({"tracks":[{"id":"v","codec":"VP8","payload_type":96,)" + encodings +
           R"(}],"receivers":[{"id":"r","track":"v","layers":[{"at_s":1.5,"target":")" + target +
           R"("}]}]})";
}

TEST(Session, ReadsTheDocumentedExample) {
    const auto session = parse_session(R"({"tracks":[{"id":"v","codec":"VP9","payload_type":98,
        "rtx_payload_type":99,"extensions":{"14":"urn:x"},"ssrcs":[1023003358]}],
        "receivers":[{"id":"r1","track":"v",
        "layers":[{"at_s":0,"target":"S2T2"},{"at_s":4,"target":"S0T1"}]}]})");
    ASSERT_TRUE(session) << session.error();
    EXPECT_EQ(session->tracks[0].encodings[0].ssrc, 1023003358u);
    EXPECT_EQ(session->tracks[0].clock_rate_hz, 90'000u);
    const SessionReceiver& receiver = session->receivers[0];
    EXPECT_EQ(receiver.payload_type, 98u);
    EXPECT_EQ(receiver.extensions.at(14), "urn:x");
    EXPECT_EQ(receiver.layers[1].at_us, 4'000'000);
    EXPECT_EQ(receiver.layers[1].spatial, 0u);
    EXPECT_EQ(receiver.layers[1].temporal, 1u);
}

TEST(Session, TargetsNameRids) {
    const std::string rids = R"("encodings":[{"rid":"q"},{"rid":"h"}])";
    EXPECT_EQ(parse_session(with_target("q:T2", rids))->receivers[0].layers[0].encoding, 0u);
    EXPECT_EQ(parse_session(with_target("max", rids))->receivers[0].layers[0].encoding, 1u);
    EXPECT_TRUE(parse_session(with_target("none", rids))->receivers[0].layers[0].paused);
    EXPECT_FALSE(parse_session(with_target("T2", rids)));
    EXPECT_FALSE(parse_session(with_target("f:T2", rids)));
    EXPECT_FALSE(parse_session(with_target("S9", R"("ssrcs":[1])")));
}

TEST(Session, SaysWhereTheMistakeIs) {
    const auto error = [](const std::string& json) {
        const auto session = parse_session(json);
        return session ? std::string("no error") : session.error();
    };
    EXPECT_NE(error("{").find("parse error"), std::string::npos);
    EXPECT_EQ(error("[]"), "session: expected an object, found []");
    EXPECT_EQ(error(R"({"tracks":[{"id":"v","colour":1}],"receivers":[]})").substr(0, 31),
              "tracks[0]: unknown key \"colour\"");
    EXPECT_EQ(error(R"({"tracks":[{"id":"v","codec":"VP8"}],"receivers":[]})"),
              "tracks[0]: \"payload_type\" is missing");
    EXPECT_EQ(error(R"({"tracks":[{"id":"v","codec":"VP8","payload_type":200,"ssrcs":[1]}]})"),
              "tracks[0].payload_type: expected a number in 0..127, found 200");
    EXPECT_EQ(error(R"({"tracks":[{"id":"v","codec":"VP8","payload_type":96,"ssrcs":[1]}],
                        "receivers":[{"id":"../x","track":"v","layers":[]}]})")
                  .substr(0, 16),
              "receivers[0].id:");
}

}  // namespace
}  // namespace strata::dataplane
