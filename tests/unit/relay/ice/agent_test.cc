#include "relay/ice/agent.h"

#include <gtest/gtest.h>

#include "tests/unit/relay/ice/stun_sample.h"

namespace strata::relay {
namespace {

constexpr std::string_view kPassword = "password-of-22-letters";
constexpr TimeUs kSecond = 1'000'000;

std::vector<IceCredentials> ours() { return {{"ours", kPassword, "theirs"}}; }

// An agent, and its peer.
struct Session {
    explicit Session(const IceLimits& limits = {}) : agent(ours(), limits) {}

    IceAdmission check(CheckFields fields, std::uint8_t tuple = kNoIceTuple, bool tcp = false) {
        if (fields.transaction == 1) fields.transaction = ++transaction;
        const auto packet = make_check(fields);
        StunMessage message;
        EXPECT_TRUE(parse_stun(packet, message));
        return agent.on_request(packet, message, tuple, tcp, now);
    }
    IceVerdict verdict(const CheckFields& fields) { return check(fields).verdict; }

    IceAgent agent;
    TimeUs now = 10 * kSecond;
    std::uint8_t transaction = 1;
};

TEST(IceAgent, OnlyTheRightCheckValidates) {  // C42
    Session s;
    EXPECT_EQ(s.verdict({.integrity = false}), IceVerdict::bad_request);
    EXPECT_EQ(s.verdict({.username = "ours:others"}), IceVerdict::unknown_user);
    EXPECT_EQ(s.verdict({.username = "our:theirs"}), IceVerdict::unknown_user);
    EXPECT_EQ(s.verdict({.username = "ours"}), IceVerdict::unknown_user);
    EXPECT_EQ(s.verdict({.username = "oursx:theirs"}), IceVerdict::unknown_user);
    EXPECT_EQ(s.verdict({.password = "some other password...."}), IceVerdict::bad_integrity);
    EXPECT_EQ(s.verdict({.unknown = 0x7fff}), IceVerdict::unknown_attribute);
    EXPECT_EQ(s.verdict({.controlled = true}), IceVerdict::role_conflict);
    EXPECT_EQ(s.agent.selected(s.now), kNoIceTuple);
    const IceAdmission admission = s.check({});
    EXPECT_EQ(admission.verdict, IceVerdict::valid);
    EXPECT_TRUE(admission.added);
    EXPECT_EQ(s.agent.selected(s.now), admission.tuple);
}

TEST(IceAgent, AnsweredErrorsAreSignedWhenThePeerIsKnown) {
    Session s;
    EXPECT_FALSE(s.check({.password = "some other password...."}).key);
    EXPECT_TRUE(s.check({.controlled = true}).key);
    EXPECT_EQ(error_code_of(IceVerdict::role_conflict), 487);
    EXPECT_EQ(error_code_of(IceVerdict::unknown_attribute), 420);
    EXPECT_EQ(error_code_of(IceVerdict::bad_integrity), 401);
    EXPECT_EQ(error_code_of(IceVerdict::unknown_user), 401);
    EXPECT_EQ(error_code_of(IceVerdict::bad_request), 400);
    EXPECT_EQ(error_code_of(IceVerdict::replayed), 0);
    EXPECT_EQ(error_code_of(IceVerdict::valid), 0);
}

TEST(IceAgent, AnUnknownRemoteFragmentIsNotChecked) {
    IceAgent agent({{"ours", kPassword, ""}}, {});
    const auto packet = make_check({.username = "ours:whoever"});
    StunMessage message;
    ASSERT_TRUE(parse_stun(packet, message));
    EXPECT_EQ(agent.on_request(packet, message, kNoIceTuple, false, 1).verdict, IceVerdict::valid);
}

TEST(IceAgent, BeforeANominationTheLatestValidatedTupleUdpFirst) {  // C43
    Session s;
    const auto first = s.check({}).tuple;
    const auto second = s.check({}).tuple;
    const auto tcp = s.check({}, kNoIceTuple, true).tuple;
    EXPECT_NE(first, second);
    EXPECT_EQ(s.agent.selected(s.now), second);
    s.check({}, first);  // checked again, not validated again
    EXPECT_EQ(s.agent.selected(s.now), second);
    s.agent.forget(second);
    EXPECT_EQ(s.agent.selected(s.now), first);
    s.agent.forget(first);
    EXPECT_EQ(s.agent.selected(s.now), tcp);
}

TEST(IceAgent, TheLatestNominationWins) {  // C43
    Session s;
    const auto first = s.check({.use_candidate = true}).tuple;
    const auto second = s.check({}).tuple;
    EXPECT_EQ(s.agent.selected(s.now), first);
    s.check({.use_candidate = true}, second);
    EXPECT_EQ(s.agent.selected(s.now), second);
    const auto tcp = s.check({.use_candidate = true}, kNoIceTuple, true).tuple;
    EXPECT_EQ(s.agent.selected(s.now), tcp);
    s.check({.use_candidate = true}, first);
    EXPECT_EQ(s.agent.selected(s.now), first);
}

TEST(IceAgent, ConsentRunsOutAndComesBack) {  // C42
    Session s({.consent_timeout_us = 6 * kSecond});
    const auto first = s.check({.use_candidate = true}).tuple;
    const auto second = s.check({}).tuple;
    s.now += 4 * kSecond;
    s.check({}, second);
    s.now += 2 * kSecond - 1;
    EXPECT_EQ(s.agent.selected(s.now), first);
    EXPECT_EQ(s.agent.consent_until(first), s.now + 1);
    s.now += 1;
    EXPECT_EQ(s.agent.selected(s.now), second);  // the one that still consents
    s.now += 4 * kSecond;
    EXPECT_EQ(s.agent.selected(s.now), kNoIceTuple);
    EXPECT_EQ(s.check({}, first).verdict, IceVerdict::valid);
    EXPECT_EQ(s.agent.selected(s.now), first);
}

TEST(IceAgent, ARepeatedRequestIsAnsweredButRenewsNothing) {
    Session s({.consent_timeout_us = 30 * kSecond});
    const auto tuple = s.check({.transaction = 99}).tuple;
    const TimeUs until = s.agent.consent_until(tuple);
    s.now += kSecond;
    const IceAdmission again = s.check({.transaction = 99, .use_candidate = true}, tuple);
    EXPECT_EQ(again.verdict, IceVerdict::valid);
    EXPECT_FALSE(again.added);
    EXPECT_EQ(s.agent.consent_until(tuple), until);
    // From elsewhere it is somebody else's.
    EXPECT_EQ(s.check({.transaction = 99}).verdict, IceVerdict::replayed);
    const auto other = s.check({}).tuple;
    EXPECT_EQ(s.check({.transaction = 99}, other).verdict, IceVerdict::replayed);
    s.agent.forget(tuple);
    EXPECT_EQ(s.check({.transaction = 99}).verdict, IceVerdict::replayed);
}

TEST(IceAgent, TuplesAreFew) {  // C42, C52
    Session s({.tuples = 3});
    const auto first = s.check({.use_candidate = true}).tuple;
    const auto second = s.check({}).tuple;
    const auto third = s.check({}).tuple;
    EXPECT_EQ(s.verdict({}), IceVerdict::too_many_tuples);
    s.now += 3 * kSecond;
    s.check({}, third);
    s.now += 3 * kSecond;
    const IceAdmission fresh = s.check({});  // the quiet one gives way, the nominated one doesn't
    EXPECT_EQ(fresh.tuple, second);
    EXPECT_TRUE(fresh.added);
    EXPECT_EQ(s.agent.selected(s.now), first);
    EXPECT_EQ(s.verdict({}), IceVerdict::too_many_tuples);
}

TEST(IceAgent, ChecksAreBounded) {  // C52
    Session s({.checks_per_s = 5});
    const auto tuple = s.check({}).tuple;
    for (int i = 0; i < 4; ++i)
        EXPECT_EQ(s.verdict({.password = "some other password...."}), IceVerdict::bad_integrity);
    EXPECT_EQ(s.verdict({}), IceVerdict::rate_limited);
    EXPECT_EQ(s.check({}, tuple).verdict, IceVerdict::valid);  // the peer isn't locked out
    s.now += kSecond;
    EXPECT_EQ(s.verdict({}), IceVerdict::valid);
}

TEST(IceAgent, BothCredentialsCountDuringARestart) {  // C44
    Session s;
    const auto before = s.check({.use_candidate = true}).tuple;
    constexpr std::string_view kNewPassword = "new-password-of-22-let";
    std::vector<IceCredentials> both = {{"new", kNewPassword, "fresh"},
                                        {"ours", kPassword, "theirs"}};
    s.agent.exchange_credentials(both);
    EXPECT_EQ(both.size(), 1u);
    EXPECT_EQ(s.agent.selected(s.now), before);  // media goes on
    const CheckFields fresh{.username = "new:fresh", .password = kNewPassword};
    const auto after = s.check(fresh).tuple;
    EXPECT_EQ(s.check({}, before).verdict, IceVerdict::valid);
    EXPECT_EQ(s.agent.selected(s.now), before);
    CheckFields nominating = fresh;
    nominating.use_candidate = true;
    s.check(nominating, after);
    EXPECT_EQ(s.agent.selected(s.now), after);
    s.check({.use_candidate = true}, before);  // too late
    EXPECT_EQ(s.agent.selected(s.now), after);

    std::vector<IceCredentials> alone = {{"new", kNewPassword, "fresh"}};
    s.agent.exchange_credentials(alone);
    EXPECT_EQ(s.check({}, before).verdict, IceVerdict::unknown_user);
    s.check(nominating, before);  // the peer may come back to where it was
    EXPECT_EQ(s.agent.selected(s.now), before);
}

TEST(IceAgent, MediaLeadsWhereOnlyOneNominationComes) {  // C43
    Session s;
    const auto home = s.check({.use_candidate = true}).tuple;
    const auto moved = s.check({}).tuple;
    s.agent.heard(home, s.now);
    EXPECT_FALSE(s.agent.heard_elsewhere(moved, s.now + kSecond));  // it may be late, or a trial
    EXPECT_EQ(s.agent.selected(s.now), home);
    s.now += 2 * kSecond;
    EXPECT_TRUE(s.agent.heard_elsewhere(moved, s.now));
    EXPECT_EQ(s.agent.selected(s.now), moved);
    // What was late doesn't lead back, a nomination does.
    EXPECT_FALSE(s.agent.heard_elsewhere(home, s.now));
    EXPECT_EQ(s.agent.selected(s.now), moved);
    s.check({.use_candidate = true}, home);
    EXPECT_EQ(s.agent.selected(s.now), home);
}

TEST(IceAgent, BeforeANominationMediaLeadsNowhere) {  // C43
    Session s;
    const auto first = s.check({}).tuple;
    const auto second = s.check({}).tuple;
    s.now += 10 * kSecond;
    EXPECT_FALSE(s.agent.heard_elsewhere(first, s.now));
    EXPECT_EQ(s.agent.selected(s.now), second);
}

TEST(IceAgent, ChecksLeadAwayFromATupleThatGetsNone) {  // C43
    Session s;
    const auto home = s.check({.use_candidate = true}).tuple;
    const auto spare = s.check({}).tuple;
    for (int i = 0; i < 4; ++i) {  // both are checked, as browsers do
        s.now += 6 * kSecond;
        s.check({}, spare);
        s.check({}, home);
    }
    EXPECT_EQ(s.agent.selected(s.now), home);
    s.now += 6 * kSecond;
    s.check({}, spare);
    EXPECT_EQ(s.agent.selected(s.now), home);
    s.now += 2 * kSecond;
    s.agent.heard(home, s.now);  // no check, but its media
    s.check({}, spare);
    EXPECT_EQ(s.agent.selected(s.now), home);
    s.now += 7 * kSecond;
    s.check({}, spare);
    EXPECT_EQ(s.agent.selected(s.now), spare);
}

TEST(IceAgent, MediaUnderOldCredentialsDoesNotUndoARestart) {  // C44
    Session s;
    const auto before = s.check({.use_candidate = true}).tuple;
    constexpr std::string_view kNewPassword = "new-password-of-22-let";
    std::vector<IceCredentials> both = {{"new", kNewPassword, "fresh"},
                                        {"ours", kPassword, "theirs"}};
    s.agent.exchange_credentials(both);
    const auto after =
        s.check({.username = "new:fresh", .password = kNewPassword, .use_candidate = true}).tuple;
    EXPECT_FALSE(s.agent.heard_elsewhere(before, s.now + kSecond));
    EXPECT_EQ(s.agent.selected(s.now), after);
}

TEST(IceAgent, ARestoredTupleCountsAsNominatedUntilItsConsentRunsOut) {  // C53
    Session s({.consent_timeout_us = 5 * kSecond});
    const auto restored = s.agent.restore(false, s.now);
    s.check({});
    EXPECT_EQ(s.agent.selected(s.now), restored);
    s.now += 5 * kSecond;
    EXPECT_EQ(s.agent.selected(s.now), kNoIceTuple);
}

}  // namespace
}  // namespace strata::relay
