#include "control/api/observation_reader.h"

#include <gtest/gtest.h>

#include "tests/unit/control/room/fixture.h"

namespace strata::control {
namespace {

struct ObservationReaderTest : ::testing::Test {
    ObservationReaderTest() {
        fixture.room("demo");
        participant = fixture.participant("demo", "alice").id;
        track = fixture.track(participant, 77)->id;
    }
    Result<ObservationSpec> capture(const std::string& body) {
        return read_capture(body, fixture.directory);
    }
    ErrorCode code(const std::string& body) {
        const auto spec = capture(body);
        return spec ? ErrorCode::kCount : spec.error().code;
    }
    DirectoryFixture fixture;
    ParticipantId participant;
    TrackId track;
};

TEST_F(ObservationReaderTest, everything_that_can_be_said) {
    const auto spec = capture(R"({"room":"demo","participant":")" + id_text(participant) +
                              R"(","track":")" + id_text(track) +
                              R"(","direction":"in","sample":100,"packets":50,"bytes":9000,)"
                              R"("seconds":7,"snap_bytes":96})");
    ASSERT_TRUE(spec) << spec.error().detail;
    EXPECT_FALSE(spec->trace);
    EXPECT_EQ(spec->room, "demo");
    EXPECT_EQ(spec->participant, participant);
    EXPECT_EQ(spec->track, track);
    EXPECT_TRUE(spec->in && !spec->out);
    EXPECT_EQ(spec->sample, 100u);
    EXPECT_EQ(spec->packets, 50u);
    EXPECT_EQ(spec->bytes, 9'000u);
    EXPECT_EQ(spec->seconds, 7u);
    EXPECT_EQ(spec->snap_bytes, 96u);
}

TEST_F(ObservationReaderTest, headers_only_and_both_ways_unless_asked) {
    const auto spec = capture("{}");
    ASSERT_TRUE(spec);
    EXPECT_EQ(spec->snap_bytes, 0u);
    EXPECT_TRUE(spec->in && spec->out);
    EXPECT_EQ(capture(R"({"payload":true})")->snap_bytes, 2'048u);
}

TEST_F(ObservationReaderTest, a_drop_reason_says_the_direction) {
    EXPECT_TRUE(capture(R"({"drops":["duplicate"]})")->in);
    EXPECT_FALSE(capture(R"({"drops":["duplicate"]})")->out);
    EXPECT_FALSE(capture(R"({"drops":["tx_full","tx_late"]})")->in);
    const auto any = capture(R"({"drops":["*"]})");
    EXPECT_TRUE(any->in && any->out);
    EXPECT_EQ(code(R"({"drops":["tx_full"],"direction":"in"})"), ErrorCode::invalid_field);
    EXPECT_EQ(code(R"({"drops":["lost"]})"), ErrorCode::invalid_field);
    EXPECT_EQ(code(R"({"drops":[7]})"), ErrorCode::invalid_field);
}

// Where it can't be known which packets they were, asking for them would wait in vain.
TEST_F(ObservationReaderTest, reasons_that_cannot_be_shown_are_refused_with_those_that_can) {
    const auto refused = [&](const std::string& reason) {
        const auto spec = capture(R"({"drops":[")" + reason + R"("]})");
        return spec ? "" : spec.error().detail + " (" + spec.error().hint + ")";
    };
    std::string out;
    for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(api::TxDrop::kCount); ++i) {
        const std::string reason = name(static_cast<api::TxDrop>(i));
        EXPECT_EQ(refused(reason).empty(), reason != "port_error") << reason;
        if (reason != "port_error") out += (out.empty() ? "" : ", ") + reason;
    }
    for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(api::RxDrop::kCount); ++i) {
        const std::string reason = name(static_cast<api::RxDrop>(i));
        EXPECT_EQ(refused(reason).empty(), reason != "branch_gone") << reason;
    }
    EXPECT_EQ(refused("port_error"),
              "packets dropped as 'port_error' can't be shown: the port says how many "
              "packets it refused, not which (these can: " +
                  out + ")");
    EXPECT_NE(refused("branch_gone").find("these can: empty, not_ours, "), std::string::npos);
    EXPECT_NE(refused("rx_fragment").find("is no drop reason"), std::string::npos);
}

TEST_F(ObservationReaderTest, what_it_names_must_exist) {
    EXPECT_EQ(code(R"({"room":"other"})"), ErrorCode::not_found);
    EXPECT_EQ(code(R"({"participant":"p999"})"), ErrorCode::not_found);
    EXPECT_EQ(code(R"({"participant":"alice"})"), ErrorCode::not_found);
    EXPECT_EQ(code(R"({"track":"t999"})"), ErrorCode::not_found);
    EXPECT_EQ(code(R"({"sample":0})"), ErrorCode::invalid_field);
    EXPECT_EQ(code(R"({"snap_bytes":4096})"), ErrorCode::invalid_field);
    EXPECT_EQ(code(R"({"direction":"up"})"), ErrorCode::invalid_field);
    EXPECT_EQ(code(R"({"rooms":"demo"})"), ErrorCode::unknown_field);
}

TEST_F(ObservationReaderTest, a_trace_is_of_what_comes_in) {
    const auto spec = read_trace(R"({"room":"demo","packets":3})", fixture.directory);
    ASSERT_TRUE(spec) << spec.error().detail;
    EXPECT_TRUE(spec->trace && spec->in && !spec->out);
    EXPECT_EQ(spec->packets, 3u);
    EXPECT_EQ(read_trace("{}", fixture.directory)->packets, 10u);
    EXPECT_FALSE(read_trace(R"({"drops":["tx_full"]})", fixture.directory));
    EXPECT_FALSE(read_trace(R"({"direction":"in"})", fixture.directory));
}

}  // namespace
}  // namespace strata::control
