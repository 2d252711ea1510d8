#include "control/signalling/sdp/slot_offer.h"

#include <gtest/gtest.h>

#include <set>

#include "control/signalling/sdp/writer.h"
#include "tests/unit/control/signalling/sdp/offers.h"

namespace strata::control::sdp {
namespace {

constexpr Capabilities kSending{.retransmission = true};

std::vector<Slot> slots() {
    return {{.mid = "0", .kind = MediaKind::audio, .ssrc = 10},
            {.mid = "1", .kind = MediaKind::video, .ssrc = 11, .rtx_ssrc = 12},
            {.mid = "2", .kind = MediaKind::video, .ssrc = 13, .rtx_ssrc = 14}};
}

struct SlotOfferTest : testing::Test {
    Description made() {
        const LocalTransport local{.ice_ufrag = "abcd",
                                   .ice_pwd = "abcdefghijklmnopqrstuv",
                                   .candidates = {{"1", false, 7, "192.0.2.1", 40000}}};
        return parsed(write(make_slot_offer(offer, kSending, local)));
    }
    // As a browser answers.
    Description answer() {
        Description answer = made();
        for (Media& media : answer.media) {
            media.direction = Direction::recvonly;
            media.transport.setup = Setup::active;
            media.transport.ice_ufrag = "WXYZ";
        }
        return answer;
    }
    std::string refused(const Description& answer) {
        const auto read = read_slot_answer(answer, offer, kSending);
        return read ? "accepted" : std::string(error_code_text(read.error().code));
    }

    std::vector<Slot> all = slots();
    std::vector<std::string> codecs;
    SlotOffer offer{.slots = all, .video_codecs = codecs, .cname = "strata-m4", .session_id = 5};
};

TEST_F(SlotOfferTest, EachSlotIsASectionWithAllThereMayBe) {
    const Description d = made();
    EXPECT_TRUE(d.ice_lite);
    EXPECT_TRUE(d.extmap_allow_mixed);
    EXPECT_EQ(d.bundle, (std::vector<std::string>{"0", "1", "2"}));
    ASSERT_EQ(d.media.size(), 3u);
    for (std::size_t i = 0; i < 3; ++i) {
        const Media& media = d.media[i];
        EXPECT_EQ(media.direction, Direction::sendonly);
        EXPECT_EQ(media.transport.setup, Setup::actpass);
        EXPECT_TRUE(media.rtcp_mux);
        EXPECT_EQ(media.sources[0], (Source{all[i].ssrc, "strata-m4"}));
        std::set<int> payload_types;
        for (const Format& format : media.formats)
            EXPECT_TRUE(payload_types.insert(format.payload_type).second);
    }
    EXPECT_EQ(d.media[1].source_groups, (std::vector<SourceGroup>{{"FID", {11, 12}}}));
    EXPECT_TRUE(d.media[0].source_groups.empty());
    // Lips go with the first pair of a stream; the second picture has none to go with.
    EXPECT_EQ(d.media[0].msid->stream, d.media[1].msid->stream);
    EXPECT_NE(d.media[1].msid->stream, d.media[2].msid->stream);
    const auto described = [&](std::size_t i) {
        return std::ranges::count(d.media[i].extensions, uri::kDependencyDescriptor,
                                  &ExtensionMapping::uri);
    };
    EXPECT_EQ(described(0), 0);
    EXPECT_EQ(described(1), 1);
    std::set<std::string> names;
    for (const Choice& choice : relayed_formats(d.media[1], kSending)) {
        names.insert(choice.codec);
        EXPECT_TRUE(choice.rtx) << choice.codec;
    }
    EXPECT_EQ(names, (std::set<std::string>{"AV1", "H264", "VP8", "VP9"}));
}

TEST_F(SlotOfferTest, OnlyWhatTheClientCanDecodeIsOffered) {
    codecs = {"VP8"};
    offer.video_codecs = codecs;
    const Description d = made();
    ASSERT_EQ(d.media[1].formats.size(), 2u);
    EXPECT_EQ(d.media[1].formats[0].codec, "VP8");
    EXPECT_EQ(d.media[1].formats[1].codec, "rtx");
}

TEST_F(SlotOfferTest, TheAnswerSaysWhatIsUnderstood) {
    const auto read = read_slot_answer(answer(), offer, kSending);
    ASSERT_TRUE(read) << read.error().detail;
    EXPECT_EQ(read->usable, (std::vector<bool>{true, true, true}));
    EXPECT_EQ(read->remote.ice_ufrag, "WXYZ");
    EXPECT_EQ(read->remote.own_setup, Setup::passive);
    EXPECT_TRUE(read->extmap_allow_mixed);
    EXPECT_EQ(read->audio.formats[0].codec, "opus");
    EXPECT_NE(read->audio.formats[0].red_payload_type, 0);
    EXPECT_EQ(read->video.formats[0].codec, "VP9");
    EXPECT_NE(read->video.formats[0].rtx_payload_type, 0);
    EXPECT_EQ(read->video.extensions.size(), 5u);
}

TEST_F(SlotOfferTest, SectionsThatDifferOrAreRejectedStayEmpty) {
    Description d = answer();
    d.media[2].formats.erase(d.media[2].formats.begin(), d.media[2].formats.begin() + 2);
    d.media[0].port = 0;
    const auto read = read_slot_answer(d, offer, kSending);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->usable, (std::vector<bool>{false, true, false}));
    d.media[1].direction = Direction::inactive;
    d.media[2].direction = Direction::inactive;
    EXPECT_EQ(refused(d), "not-acceptable");
}

TEST_F(SlotOfferTest, WhatIsntAnAnswerToIt) {
    Description d = answer();
    d.media.pop_back();
    EXPECT_EQ(refused(d), "invalid-sdp");
    d = answer();
    std::swap(d.media[1].mid, d.media[2].mid);
    EXPECT_EQ(refused(d), "invalid-sdp");
    d = answer();
    std::swap(d.media[0], d.media[1]);
    EXPECT_EQ(refused(d), "invalid-sdp");
    d = answer();
    for (Media& media : d.media) media.transport.setup = Setup::actpass;
    EXPECT_EQ(refused(d), "invalid-sdp");
    d = answer();
    for (Media& media : d.media) media.transport.ice_ufrag.clear();
    EXPECT_EQ(refused(d), "invalid-sdp");
}

// What a hostile answer could put into what is stored and sent down.
TEST_F(SlotOfferTest, NonsenseInAnAnswerIsLeftOut) {
    Description d = answer();
    for (Media& media : d.media) {
        if (media.kind != "video") continue;
        media.formats[0].payload_type = 72;                       // looks like RTCP
        media.formats[2].parameters = std::string(1000, 'x');     // too long to keep
        media.extensions.push_back({9, std::string(uri::kMid)});  // not offered
        media.extensions[0].id = 14;                              // as another number
    }
    const auto read = read_slot_answer(d, offer, kSending);
    ASSERT_TRUE(read);
    for (const SlotFormat& format : read->video.formats) {
        EXPECT_NE(format.payload_type, 72);
        EXPECT_LE(format.parameters.size(), 255u);
    }
    EXPECT_EQ(read->video.extensions.size(), 4u);
}

}  // namespace
}  // namespace strata::control::sdp
