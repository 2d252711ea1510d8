#include <gtest/gtest.h>

#include <array>
#include <map>

#include "relay/bandwidth/feedback_recorder.h"
#include "relay/rtp/extension_map.h"
#include "relay/rtp/packet.h"
#include "tests/unit/dataplane/worker/rtcp_packets.h"
#include "tests/unit/dataplane/worker/srtp_peer.h"

// What belongs to the hop towards a receiver: transport-wide numbers (C29) and the MID.
namespace strata::dataplane::hop_stamps_test {
namespace {

using api::WorkerCounter;
using relay::ExtensionKind;
using relay::SrtpProfile;

constexpr std::uint32_t kVideo = 7000, kVideoRtx = 7001, kAudio = 7002;
constexpr std::uint8_t kSequenceId = 5, kMidId = 4, kRtxType = 97;
const Endpoint kPublisher = Relay::peer(2), kViewer = Relay::peer(11), kOther = Relay::peer(12);

// A publisher of video and audio, a viewer of both on one transport, who has negotiated both
// extensions, and another who has none.
class HopStamps : public testing::TestWithParam<SrtpProfile> {
  protected:
    void SetUp() override {
        ASSERT_EQ(relay_.transport(1, 2), "");
        ASSERT_EQ(relay_.track(2, 1, "VP8", {1111}, 96), "");
        ASSERT_EQ(relay_.track(3, 1, "opus", {2222}), "");
        ASSERT_EQ(relay_.put(secure() ? secure_transport_object(10, 11, peer_.security)
                                      : transport_object(10, 11)),
                  "");
        ASSERT_EQ(relay_.transport(20, 12), "");
        subscribe(11, 2, kVideo, 96, "v1", kVideoRtx);
        subscribe(12, 3, kAudio, 111, "0", 0);
        ASSERT_EQ(relay_.subscription(21, 2, 20, 9000, 96), "");
    }
    bool secure() const { return GetParam() != SrtpProfile::none; }
    void subscribe(std::uint64_t id, std::uint64_t track, std::uint32_t ssrc, std::uint32_t type,
                   const std::string& mid, std::uint32_t rtx) {
        api::Object object = subscription_object(id, track, 10, ssrc, type);
        api::Subscription& out = *object.mutable_subscription();
        out.set_rtx_ssrc(rtx);
        out.set_rtx_payload_type(rtx != 0 ? kRtxType : 0);
        out.set_mid(mid);
        out.set_extmap_allow_mixed(true);
        for (const auto& [number, kind] : {std::pair{kSequenceId, ExtensionKind::transport_cc},
                                           std::pair{kMidId, ExtensionKind::mid}}) {
            api::Extension& extension = *out.add_extensions();
            extension.set_id(number);
            extension.set_uri(std::string(relay::extension_uri(kind)));
        }
        ASSERT_EQ(relay_.put(object), "");
    }
    void send(int n) {
        for (int i = 0; i < n; ++i, ++sequence_) {
            relay_.receive(kPublisher, rtp({.ssrc = 1111,
                                            .sequence = sequence_,
                                            .timestamp = sequence_ * 1800u,
                                            .payload_type = 96,
                                            .marker = true,
                                            .payload = vp8_payload(i == 0)}));
            relay_.receive(
                kPublisher,
                rtp({.ssrc = 2222, .sequence = sequence_, .timestamp = sequence_ * 960u}));
            relay_.pass(20'000);
        }
    }
    void ask(const std::vector<relay::SequenceNumber>& numbers) {
        report(nack_of(kVideo, numbers));
    }
    void report(const Packet& packet) {
        relay_.receive(kViewer, secure() ? peer_.protect(packet) : packet);
    }
    // One packet as the viewer reads it.
    struct Heard {
        std::uint32_t ssrc = 0;
        std::uint16_t sequence = 0, transport_sequence = 0;
        std::string mid;
        bool padding_only = false;
    };
    std::vector<Heard> heard() {
        relay::ExtensionMap extensions;
        extensions.set(kSequenceId, ExtensionKind::transport_cc);
        extensions.set(kMidId, ExtensionKind::mid);
        std::vector<Heard> all;
        for (const Relay::Sent& one : relay_.media_to(kViewer)) {
            const auto plain = secure() ? peer_.unprotect(one.packet) : std::optional(one.packet);
            if (!plain) {
                ADD_FAILURE() << "unreadable";
                continue;
            }
            relay::PacketInfo info;
            EXPECT_EQ(relay::parse_header(*plain, extensions, info), relay::ParseError::none);
            Heard out{.ssrc = info.ssrc.value, .sequence = info.sequence.value};
            const auto* number = info.find(ExtensionKind::transport_cc);
            const auto* mid = info.find(ExtensionKind::mid);
            if (number == nullptr || mid == nullptr) {
                ADD_FAILURE() << "not stamped";
                continue;
            }
            out.transport_sequence = relay::load_be16(&(*plain)[number->offset]);
            out.mid.assign(plain->begin() + mid->offset, plain->begin() + mid->offset + mid->size);
            out.padding_only = ((*plain)[0] & 0x20) != 0;
            all.push_back(std::move(out));
        }
        return all;
    }

    Relay relay_;
    SrtpPeer peer_{secure() ? GetParam() : SrtpProfile::aead_aes_128_gcm, 20};
    std::uint16_t sequence_ = 100;
};

void expect_contiguous(const auto& heard) {
    for (std::size_t i = 1; i < heard.size(); ++i)
        EXPECT_EQ(heard[i].transport_sequence,
                  static_cast<std::uint16_t>(heard[i - 1].transport_sequence + 1))
            << i;
}

TEST_P(HopStamps, NumbersAreOfTheTransport) {  // C29
    send(40);
    const auto all = heard();
    ASSERT_EQ(all.size(), 80u);
    expect_contiguous(all);
    std::map<std::uint32_t, std::string> mids;
    for (const auto& one : all) EXPECT_EQ(mids.emplace(one.ssrc, one.mid).first->second, one.mid);
    EXPECT_EQ(mids, (std::map<std::uint32_t, std::string>{{kVideo, "v1"}, {kAudio, "0"}}));
    relay_.expect_equations();
}

TEST_P(HopStamps, RetransmissionsAreStampedAnewWithTheirSectionsMid) {  // C26, C29
    send(10);
    relay::SequenceNumber asked;
    for (const auto& one : heard())
        if (one.ssrc == kVideo) asked = {one.sequence};
    relay_.sent.clear();
    ask({asked});
    send(1);
    const auto all = heard();
    ASSERT_EQ(all.size(), 3u);
    EXPECT_EQ(all[0].ssrc, kVideoRtx);
    EXPECT_EQ(all[0].mid, "v1");
    EXPECT_EQ(all[0].transport_sequence, 20) << "behind ten of each";
    expect_contiguous(all);
}

TEST_P(HopStamps, EmptyPacketsAsWell) {  // C17, C29
    send(5);
    ++sequence_;  // one is lost upstream, for good
    send(5);
    relay_.pass(2'000'000);
    const auto all = heard();
    expect_contiguous(all);
    const auto empty = std::ranges::count_if(all, [](const auto& one) { return one.padding_only; });
    EXPECT_EQ(empty, 2) << "the picture's, and the audio packet's";
}

TEST_P(HopStamps, WhoHasNotNegotiatedThemGetsNeither) {  // C37
    send(5);
    const auto plain = relay_.media_to(kOther);
    ASSERT_EQ(plain.size(), 5u);
    for (const Relay::Sent& one : plain) EXPECT_EQ(one.packet[0] & 0x10, 0) << "no extension";
}

TEST_P(HopStamps, FeedbackIsCounted) {
    send(10);
    // What the viewer has received: all but one.
    relay::FeedbackRecorder recorder;
    for (const auto& one : heard())
        if (one.transport_sequence != 7) recorder.on_packet(one.transport_sequence, relay_.now);
    std::array<std::uint8_t, 500> buffer;
    const std::size_t size = recorder.write({.sender = {5}, .media = {kVideo}}, buffer);
    ASSERT_GT(size, 0u);
    report(Packet(buffer.begin(), buffer.begin() + size));
    EXPECT_EQ(relay_[WorkerCounter::transport_feedback_in], 1u);
    EXPECT_EQ(relay_[WorkerCounter::transport_feedback_lost], 1u);
}

// C46: what is stamped counts.
TEST_P(HopStamps, APacketThatTheyMakeTooLargeIsDropped) {
    send(1);
    const std::size_t most = relay_.port.capabilities().max_datagram_bytes;
    // 12 bytes of header, 4 of the block's, 3 and 3 of the elements', 2 of padding, the tag.
    const std::size_t added = secure() ? 12 + 16 : 12;
    for (const std::size_t payload : {most - 12 - added, most - 12 - added + 1}) {
        Packet bytes = vp8_payload(false);
        bytes.resize(payload);
        relay_.receive(kPublisher, rtp({.ssrc = 1111,
                                        .sequence = sequence_,
                                        .timestamp = sequence_ * 1800u,
                                        .payload_type = 96,
                                        .marker = true,
                                        .payload = bytes}));
        ++sequence_;
    }
    EXPECT_EQ(heard().size(), 3u);
    EXPECT_EQ(relay_[api::TxDrop::too_large], 1u);
    relay_.expect_equations();
}

INSTANTIATE_TEST_SUITE_P(Profiles, HopStamps,
                         ::testing::Values(SrtpProfile::none, SrtpProfile::aead_aes_128_gcm));

}  // namespace
}  // namespace strata::dataplane::hop_stamps_test
