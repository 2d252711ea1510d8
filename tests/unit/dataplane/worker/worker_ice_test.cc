#include "relay/rtp/byte_order.h"
#include "tests/unit/dataplane/worker/relay_fixture.h"
#include "tests/unit/dataplane/worker/srtp_peer.h"
#include "tests/unit/relay/ice/stun_sample.h"

namespace strata::dataplane::worker_ice_test {
namespace {

using api::RxDrop;
using api::WorkerCounter;
using relay::CheckFields;
using relay::StunClass;
using relay::StunMessage;

constexpr relay::TimeUs kSecond = 1'000'000;
constexpr std::uint32_t kMedia = 0x1111, kOut = 7000;

// A publisher on transport 1 and a viewer on transport 3, both WebRTC peers, one audio track.
class WorkerIce : public testing::Test {
  protected:
    WorkerIce() : relay_(WorkerConfig{.stun_errors_per_s = 5}) {
        EXPECT_EQ(put(1, "pub"), "");
        EXPECT_EQ(relay_.track(2, 1, "opus", {kMedia}), "");
        EXPECT_EQ(put(3, "view"), "");
        EXPECT_EQ(relay_.subscription(4, 2, 3, kOut), "");
    }
    ~WorkerIce() override { relay_.expect_equations(); }

    static api::Object object(std::uint64_t id, const std::string& ufrag) {
        api::Object object;
        api::Transport& out = *object.mutable_transport();
        out.set_id(id);
        add_credentials(out, ufrag);
        return object;
    }
    static void add_credentials(api::Transport& to, const std::string& ufrag) {
        api::IceCredentials& one = *to.mutable_ice()->add_credentials();
        one.set_local_ufrag(ufrag + "fragment");
        one.set_local_password("password-of-" + ufrag + "-letters++");
        std::ranges::replace(*one.mutable_local_password(), '-', '/');
        one.set_remote_ufrag("peer");
    }
    std::string put(std::uint64_t id, const std::string& ufrag) {
        return relay_.put(object(id, ufrag));
    }

    // A check of the peer that knows `ufrag`'s credentials, from `from`. Returns what was answered.
    StunMessage check(const std::string& ufrag, const Endpoint& from, CheckFields fields = {}) {
        const std::string username = ufrag + "fragment:peer";
        std::string password = "password-of-" + ufrag + "-letters++";
        std::ranges::replace(password, '-', '/');
        fields.username = username;
        if (fields.password == CheckFields{}.password) fields.password = password;
        if (fields.transaction == 1) fields.transaction = ++transaction_;
        const std::size_t before = relay_.sent.size();
        relay_.receive(from, relay::make_check(fields));
        for (std::size_t i = before; i < relay_.sent.size(); ++i) {
            StunMessage answer;
            if (!relay::parse_stun(relay_.sent[i].packet, answer)) continue;
            EXPECT_EQ(relay_.sent[i].flow.remote_endpoint(), from);
            EXPECT_EQ(answer.transaction[0], fields.transaction);
            EXPECT_TRUE(answer.has_fingerprint);
            return answer;
        }
        return {.kind = StunClass::indication};  // nothing
    }
    bool valid(const std::string& ufrag, const Endpoint& from, CheckFields fields = {}) {
        return check(ufrag, from, fields).is(StunClass::success);
    }
    bool nominate(const std::string& ufrag, const Endpoint& from) {
        return valid(ufrag, from, {.use_candidate = true});
    }
    void publish(const Endpoint& from) {
        relay_.receive(
            from, rtp({.ssrc = kMedia, .sequence = ++sequence_, .timestamp = sequence_ * 960u}));
    }
    std::size_t media(const Endpoint& to) { return relay_.media_to(to).size(); }

    Relay relay_;
    std::uint8_t transaction_ = 1;
    std::uint16_t sequence_ = 100;
    const Endpoint pub_ = Relay::peer(2), view_ = Relay::peer(3), view2_ = Relay::peer(3, 6000);
};

TEST_F(WorkerIce, NothingPassesBeforeACheck) {  // C42
    publish(pub_);
    EXPECT_EQ(relay_[RxDrop::unvalidated], 1u);
    EXPECT_EQ(relay_[WorkerCounter::transports_latched], 0u);
    ASSERT_TRUE(valid("pub", pub_));
    publish(pub_);
    EXPECT_EQ(relay_[RxDrop::no_receiver], 1u);  // the viewer isn't there yet
    ASSERT_TRUE(valid("view", view_));
    publish(pub_);
    EXPECT_EQ(media(view_), 1u);
    publish(Relay::peer(2, 5001));
    EXPECT_EQ(relay_[RxDrop::unvalidated], 2u);
    EXPECT_EQ(relay_[WorkerCounter::ice_tuples], 2u);
    EXPECT_EQ(relay_[WorkerCounter::stun_answered], 2u);
}

TEST_F(WorkerIce, TheAnswerNamesWhereTheCheckCameFrom) {
    const std::string username = "pubfragment:peer";
    ASSERT_TRUE(valid("pub", Relay::peer(77, 40'000)));
    const Packet& answer = relay_.sent.back().packet;
    EXPECT_EQ(relay::load_be16(&answer[20]), 0x0020);  // XOR-MAPPED-ADDRESS
    EXPECT_EQ(relay::load_be16(&answer[26]), 40'000 ^ 0x2112);
    EXPECT_EQ(relay::load_be32(&answer[28]), 0x0a00004du ^ 0x2112a442u);
}

// Whoever forges senders of checks makes no links to them.
TEST_F(WorkerIce, ErrorsAreSentOnlyWhereTheWayIsKnown) {
    relay_.port.set_strangers_known(false);
    const std::int64_t made = relay_.port.links_made();
    for (std::uint8_t i = 100; i < 103; ++i) EXPECT_FALSE(check("nobody", Relay::peer(i)).error);
    EXPECT_EQ(relay_[RxDrop::stun_unknown_user], 3u);
    EXPECT_EQ(relay_[WorkerCounter::stun_errors_unsent], 3u);
    EXPECT_EQ(relay_[WorkerCounter::stun_errors_sent], 0u);
    EXPECT_EQ(relay_.port.links_made(), made);
    EXPECT_TRUE(valid("pub", pub_)) << "a peer is one, known or not";
}

TEST_F(WorkerIce, EveryWrongCheckHasItsCounter) {
    relay_.receive(pub_, Packet(20, 0));
    EXPECT_EQ(relay_[RxDrop::stun_malformed], 1u);
    EXPECT_EQ(check("nobody", pub_).error, 401);
    EXPECT_EQ(relay_[RxDrop::stun_unknown_user], 1u);
    EXPECT_EQ(check("pub", pub_, {.password = "wrong"}).error, 401);
    EXPECT_EQ(relay_[RxDrop::stun_bad_integrity], 1u);
    EXPECT_EQ(check("pub", pub_, {.integrity = false}).error, 400);
    EXPECT_EQ(relay_[RxDrop::stun_unexpected], 1u);
    EXPECT_EQ(check("pub", pub_, {.controlled = true}).error, 487);
    EXPECT_EQ(relay_[RxDrop::stun_role_conflict], 1u);
    EXPECT_EQ(check("pub", pub_, {.unknown = 0x7abc}).error, 420);
    EXPECT_EQ(relay_[RxDrop::stun_unknown_attribute], 1u);
    EXPECT_EQ(relay_[WorkerCounter::stun_errors_sent], 5u);
    EXPECT_FALSE(check("pub", pub_, {.password = "wrong"}).error);  // no more in this second
    EXPECT_EQ(relay_[WorkerCounter::stun_errors_sent], 5u);
    EXPECT_EQ(relay_[WorkerCounter::ice_tuples], 0u);

    std::vector<std::uint8_t> buffer(20);
    relay::StunWriter answer(buffer, StunClass::success, {});
    relay_.receive(pub_, buffer);
    EXPECT_EQ(relay_[RxDrop::stun_unexpected], 2u);
}

TEST_F(WorkerIce, IndicationsOfKnownTuplesAreConsumed) {
    std::vector<std::uint8_t> buffer(20);
    relay::StunWriter indication(buffer, StunClass::indication, {});
    relay_.receive(pub_, buffer);
    EXPECT_EQ(relay_[RxDrop::stun_unexpected], 1u);
    ASSERT_TRUE(valid("pub", pub_));
    const std::uint64_t before = relay_[WorkerCounter::consumed];
    relay_.receive(pub_, buffer);
    EXPECT_EQ(relay_[WorkerCounter::consumed], before + 1);
}

TEST_F(WorkerIce, MediaMovesWithTheNomination) {  // C43
    ASSERT_TRUE(valid("pub", pub_));
    ASSERT_TRUE(nominate("view", view_));
    publish(pub_);
    ASSERT_TRUE(valid("view", view2_));  // checked, not nominated
    publish(pub_);
    EXPECT_EQ(media(view_), 2u);
    ASSERT_TRUE(nominate("view", view2_));
    publish(pub_);
    EXPECT_EQ(media(view_), 2u);
    ASSERT_EQ(media(view2_), 1u);
    const Notice& last = relay_.notices.back();
    EXPECT_EQ(last.kind, Notice::Kind::transport_nominated);
    EXPECT_EQ(last.id, 3u);
    EXPECT_EQ(last.endpoint, view2_);
    // The numbers go on.
    const auto sequence = [](const Relay::Sent& s) { return relay::load_be16(&s.packet[2]); };
    EXPECT_EQ(sequence(relay_.media_to(view2_)[0]), sequence(relay_.media_to(view_)[1]) + 1);
}

TEST_F(WorkerIce, APeerBehindANewNatMappingIsFollowed) {
    ASSERT_TRUE(nominate("view", view_));
    ASSERT_TRUE(nominate("pub", pub_));
    const Endpoint rebound = Relay::peer(2, 61'000);
    publish(rebound);
    EXPECT_EQ(relay_[RxDrop::unvalidated], 1u);
    ASSERT_TRUE(nominate("pub", rebound));
    publish(rebound);
    EXPECT_EQ(media(view_), 1u);
    publish(pub_);  // what was under way still counts
    EXPECT_EQ(media(view_), 2u);
}

TEST_F(WorkerIce, WithoutConsentNothingIsSentUntilTheNextCheck) {  // C42, C49
    ASSERT_TRUE(nominate("pub", pub_));
    ASSERT_TRUE(nominate("view", view_));
    publish(pub_);
    ASSERT_EQ(media(view_), 1u);
    for (int i = 0; i < 4; ++i) {
        relay_.pass(10 * kSecond);
        ASSERT_TRUE(nominate("pub", pub_));
    }
    EXPECT_EQ(relay_[WorkerCounter::ice_consent_lost], 1u);
    EXPECT_EQ(relay_.notices.back().kind, Notice::Kind::consent_lost);
    EXPECT_EQ(relay_.notices.back().id, 3u);
    const std::size_t all = relay_.sent.size();
    publish(pub_);
    relay_.pass(2 * kSecond);
    for (std::size_t i = all; i < relay_.sent.size(); ++i)
        EXPECT_NE(relay_.sent[i].flow.remote_endpoint(), view_);  // no reports either
    EXPECT_EQ(media(view_), 1u);

    ASSERT_TRUE(valid("view", view_));
    publish(pub_);
    ASSERT_EQ(media(view_), 2u);
    const auto sent = relay_.media_to(view_);
    EXPECT_EQ(relay::load_be16(&sent[1].packet[2]), relay::load_be16(&sent[0].packet[2]) + 1);
    relay_.expect_equations();
}

TEST_F(WorkerIce, ATargetSetWhileNobodyConsentsHoldsAfterwards) {
    ASSERT_TRUE(nominate("pub", pub_));
    ASSERT_TRUE(nominate("view", view_));
    publish(pub_);
    for (int i = 0; i < 4; ++i) {
        relay_.pass(10 * kSecond);
        ASSERT_TRUE(nominate("pub", pub_));
    }
    EXPECT_EQ(relay_.subscription(4, 2, 3, kOut), "");
    publish(pub_);
    EXPECT_EQ(media(view_), 1u);
    relay_.remove(api::SUBSCRIPTION, 4);
    EXPECT_EQ(relay_.subscription(5, 2, 3, kOut), "");
    publish(pub_);
    EXPECT_EQ(media(view_), 1u);
    ASSERT_TRUE(valid("view", view_));
    publish(pub_);
    EXPECT_EQ(media(view_), 2u);
}

TEST_F(WorkerIce, ReplaysAndTooManyTuplesAreRefused) {
    ASSERT_TRUE(valid("pub", pub_, {.transaction = 200}));
    EXPECT_FALSE(valid("pub", Relay::peer(66), {.transaction = 200}));
    EXPECT_EQ(relay_[RxDrop::stun_replayed], 1u);
    for (std::uint16_t i = 0; i < 7; ++i)
        ASSERT_TRUE(valid("pub", Relay::peer(2, static_cast<std::uint16_t>(6000 + i))));
    EXPECT_FALSE(valid("pub", Relay::peer(2, 7000)));
    EXPECT_EQ(relay_[RxDrop::stun_too_many_tuples], 1u);
    relay_.pass(6 * kSecond);
    ASSERT_TRUE(valid("pub", Relay::peer(2, 7000)));  // in the place of a quiet one
    publish(pub_);
    EXPECT_EQ(relay_[RxDrop::unvalidated], 1u);
}

TEST_F(WorkerIce, AFloodOfChecksIsBounded) {
    ASSERT_TRUE(valid("pub", pub_));
    for (int i = 0; i < 300; ++i) check("pub", Relay::peer(99), {.password = "wrong"});
    EXPECT_EQ(relay_[RxDrop::stun_bad_integrity], 99u);  // one was the publisher's own
    EXPECT_EQ(relay_[RxDrop::stun_rate_limited], 201u);
    EXPECT_LE(relay_[WorkerCounter::stun_errors_sent], 5u);
    ASSERT_TRUE(valid("pub", pub_));
}

TEST_F(WorkerIce, ARestartKeepsMediaFlowing) {  // C44
    ASSERT_TRUE(nominate("pub", pub_));
    ASSERT_TRUE(nominate("view", view_));
    publish(pub_);
    api::Object both = object(3, "again");
    add_credentials(*both.mutable_transport(), "view");
    const std::size_t notices = relay_.notices.size();
    ASSERT_EQ(relay_.put(both), "");
    publish(pub_);
    ASSERT_TRUE(valid("view", view_));
    ASSERT_TRUE(nominate("again", view2_));
    publish(pub_);
    ASSERT_TRUE(nominate("view", view_));  // old credentials, too late
    publish(pub_);
    EXPECT_EQ(media(view_), 2u);
    EXPECT_EQ(media(view2_), 2u);
    EXPECT_EQ(relay_.notices.size(), notices + 1);
    ASSERT_EQ(put(3, "again"), "");
    EXPECT_EQ(check("view", view_).error, 401);
    publish(pub_);
    EXPECT_EQ(media(view2_), 3u);
}

TEST_F(WorkerIce, ATupleGoesToWhoeverProvedItLast) {
    ASSERT_TRUE(nominate("view", view_));
    ASSERT_TRUE(nominate("pub", view_));  // the same address and port, another session
    EXPECT_EQ(relay_[WorkerCounter::ice_consent_lost], 1u);
    publish(view_);
    EXPECT_EQ(relay_[WorkerCounter::fanned_out], 0u);
    ASSERT_TRUE(nominate("view", view2_));
    publish(view_);
    EXPECT_EQ(media(view2_), 1u);
}

TEST_F(WorkerIce, UserFragmentsAreUnique) {
    EXPECT_EQ(put(9, "pub"), "ufrag-in-use");
    relay_.remove(api::TRANSPORT, 1);
    EXPECT_EQ(put(9, "pub"), "");
    ASSERT_TRUE(valid("pub", pub_));
    api::Object wrong = object(10, "x");
    wrong.mutable_transport()->mutable_ice()->mutable_credentials(0)->set_local_password("short");
    EXPECT_EQ(relay_.put(wrong), "invalid");
    wrong.mutable_transport()->mutable_ice()->clear_credentials();
    EXPECT_EQ(relay_.put(wrong), "invalid");
    EXPECT_EQ(put(9, "other"), "");
    EXPECT_EQ(put(10, "pub"), "");
}

TEST_F(WorkerIce, AfterARestartTheNominatedTupleIsUsedWhileConsentLasts) {  // C53
    api::Object restored = object(3, "view");
    relay_.remove(api::TRANSPORT, 3);
    restored.mutable_transport()->set_remote_address(std::string("\x0a\0\0\3", 4));
    restored.mutable_transport()->set_remote_port(5000);
    ASSERT_EQ(relay_.put(restored), "");
    EXPECT_EQ(relay_.subscription(4, 2, 3, kOut), "");
    ASSERT_TRUE(nominate("pub", pub_));
    publish(pub_);
    EXPECT_EQ(media(view_), 1u);
    for (int i = 0; i < 4; ++i) {
        relay_.pass(10 * kSecond);
        ASSERT_TRUE(nominate("pub", pub_));
    }
    publish(pub_);
    EXPECT_EQ(media(view_), 1u);
}

TEST_F(WorkerIce, APeerMayMoveToAnotherPort) {  // C43, C25
    ASSERT_TRUE(nominate("pub", pub_));
    ASSERT_TRUE(nominate("view", view_));
    publish(pub_);
    ASSERT_EQ(media(view_), 1u);
    // The same peer over IPv6, which is the worker's other port.
    const FlowKey flow{*IpAddress::parse("fd00::3"), *IpAddress::parse("fd00::1"), 5000, 4000};
    const auto check = relay::make_check({.username = "viewfragment:peer",
                                          .password = "password/of/view/letters++",
                                          .transaction = 250,
                                          .use_candidate = true});
    ASSERT_TRUE(relay_.other.push(flow, check));
    relay_.turn();
    EXPECT_EQ(relay_.sent.back().flow, flow);
    EXPECT_EQ(relay_.sent.back().packet[0], 1);  // success
    publish(pub_);
    const auto moved = relay_.media_to(flow.remote_endpoint());
    ASSERT_EQ(moved.size(), 1u);
    EXPECT_EQ(relay::load_be16(&moved[0].packet[2]),
              relay::load_be16(&relay_.media_to(view_)[0].packet[2]) + 1);
    relay_.other.set_sink(nullptr);
    publish(pub_);
    EXPECT_EQ(relay_.media_to(flow.remote_endpoint()).size(), 1u);  // it was that port that sent
    ASSERT_TRUE(nominate("view", view_));
    publish(pub_);
    EXPECT_EQ(media(view_), 2u);
}

// C43: Firefox nominates once. Its reports lead the way when a translator moves it.
TEST_F(WorkerIce, ASecureViewerIsFollowedByItsReports) {
    SrtpPeer viewer(relay::SrtpProfile::aead_aes_128_gcm, 20);
    api::Object secure = object(3, "view");
    *secure.mutable_transport()->mutable_security() = viewer.security;
    ASSERT_EQ(relay_.put(secure), "");
    const Packet report{0x80, 201, 0, 1, 0, 0, 0, 9};
    ASSERT_TRUE(nominate("pub", pub_));
    ASSERT_TRUE(nominate("view", view_));
    relay_.receive(view_, viewer.protect(report));
    relay_.receive(view2_, viewer.protect(report));
    EXPECT_EQ(relay_[RxDrop::unvalidated], 1u);
    relay_.pass(3 * kSecond);
    ASSERT_TRUE(valid("view", view2_));  // a check for consent, without a nomination
    publish(pub_);
    EXPECT_EQ(media(view_), 1u);
    Packet forged = viewer.protect(report);
    forged.back() ^= 1;
    relay_.receive(view2_, forged);
    publish(pub_);
    EXPECT_EQ(media(view_), 2u);
    relay_.receive(view2_, viewer.protect(report));
    publish(pub_);
    EXPECT_EQ(media(view_), 2u);
    EXPECT_EQ(media(view2_), 1u);
    relay_.receive(view_, viewer.protect(report));  // late
    publish(pub_);
    EXPECT_EQ(media(view2_), 2u);
}

TEST_F(WorkerIce, AShorterConsentTimeoutIsTakenOver) {
    api::Object hasty = object(3, "view");
    hasty.mutable_transport()->mutable_ice()->set_consent_timeout_ms(2000);
    ASSERT_EQ(relay_.put(hasty), "");
    ASSERT_TRUE(nominate("view", view_));
    relay_.pass(2 * kSecond);
    EXPECT_EQ(relay_[WorkerCounter::ice_consent_lost], 1u);
}

}  // namespace
}  // namespace strata::dataplane::worker_ice_test
