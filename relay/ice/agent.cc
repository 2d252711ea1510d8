#include "relay/ice/agent.h"

#include <algorithm>

namespace strata::relay {
namespace {

// A tuple without a check for this long gives its place to a new one when there is none left.
constexpr TimeUs kQuietUs = 5'000'000;
// A peer with media, or with reports about it, sends something every second.
constexpr TimeUs kSilentUs = 1'500'000;
// Who has neither sends checks where it wants its media at most 6 s apart (RFC 7675 section 5.1).
constexpr TimeUs kUncheckedUs = 7'000'000;

}  // namespace

IceCredentials::IceCredentials(std::string_view local_ufrag, std::string_view local_password,
                               std::string_view remote_ufrag)
    : local_ufrag_(local_ufrag), remote_ufrag_(remote_ufrag), key_(bytes_of(local_password)) {}

bool IceCredentials::match(std::string_view username) const {
    if (local_ufrag_of(username) != local_ufrag_) return false;
    return remote_ufrag_.empty() || username.substr(local_ufrag_.size() + 1) == remote_ufrag_;
}

std::string_view local_ufrag_of(std::string_view username) {
    const std::size_t colon = username.find(':');
    return colon == std::string_view::npos ? std::string_view() : username.substr(0, colon);
}

IceAgent::IceAgent(std::vector<IceCredentials> credentials, const IceLimits& limits)
    : limits_(limits),
      credentials_(std::move(credentials)),
      known_rate_(limits.checks_per_s),
      unknown_rate_(limits.checks_per_s) {
    limits_.tuples = std::min<std::uint8_t>(limits_.tuples, kMaxIceTuples);
    number_generations({});
}

void IceAgent::exchange_credentials(std::vector<IceCredentials>& other) {
    std::swap(credentials_, other);
    number_generations(other);
}

// Credentials that were there before keep their generation.
void IceAgent::number_generations(std::span<const IceCredentials> before) {
    for (auto at = credentials_.rbegin(); at != credentials_.rend(); ++at) {
        const auto known =
            std::ranges::find(before, at->local_ufrag_, &IceCredentials::local_ufrag_);
        at->generation_ = known != before.end() ? known->generation_ : ++generation_;
    }
}

const IceCredentials* IceAgent::find(std::string_view username) const {
    const auto at = std::ranges::find_if(
        credentials_, [&](const IceCredentials& c) { return c.match(username); });
    return at != credentials_.end() ? &*at : nullptr;
}

const IceAgent::Seen* IceAgent::find(const StunTransaction& transaction) const {
    const auto at = std::ranges::find_if(
        seen_, [&](const Seen& seen) { return seen.used && seen.transaction == transaction; });
    return at != seen_.end() ? &*at : nullptr;
}

IceAdmission IceAgent::on_request(std::span<const std::uint8_t> packet, const StunMessage& message,
                                  std::uint8_t tuple, bool tcp, TimeUs now) {
    if (!message.username || message.integrity_offset == 0)
        return {.verdict = IceVerdict::bad_request};
    const IceCredentials* credentials = find(*message.username);
    if (!credentials) return {.verdict = IceVerdict::unknown_user};
    // Before the expensive part. Strangers can't use up what the peer's own checks need.
    if (!(tuple != kNoIceTuple ? known_rate_ : unknown_rate_).take(now))
        return {.verdict = IceVerdict::rate_limited};
    if (!has_integrity(packet, message, credentials->key_))
        return {.verdict = IceVerdict::bad_integrity};
    const HmacSha1Key* key = &credentials->key_;
    if (message.unknown_count != 0) return {.verdict = IceVerdict::unknown_attribute, .key = key};
    // RFC 8445 section 7.3.1.1 with the tie-breaker that a lite agent has against a full one: it
    // never becomes controlling, so the peer has to.
    if (message.controlled) return {.verdict = IceVerdict::role_conflict, .key = key};

    if (const Seen* seen = find(message.transaction)) {
        if (tuple == kNoIceTuple || seen->tuple != tuple) return {.verdict = IceVerdict::replayed};
        return {.verdict = IceVerdict::valid, .tuple = tuple, .key = key};
    }
    const bool added = tuple == kNoIceTuple;
    if (added) tuple = add(tcp, now);
    if (tuple == kNoIceTuple) return {.verdict = IceVerdict::too_many_tuples};
    if (message.use_candidate)
        nominate(tuples_[tuple], credentials->generation_);
    else
        follow(tuple, kUncheckedUs, now);
    tuples_[tuple].last_request_us = tuples_[tuple].heard_us = now;
    seen_[next_seen_++ % kSeen] = {message.transaction, tuple, true};
    return {.verdict = IceVerdict::valid, .tuple = tuple, .added = added, .key = key};
}

bool IceAgent::heard_elsewhere(std::uint8_t tuple, TimeUs now) {
    tuples_[tuple].heard_us = now;
    return follow(tuple, kSilentUs, now);
}

// As if it were nominated, when the nominated one that is in use was silent for so long.
bool IceAgent::follow(std::uint8_t tuple, TimeUs silence_us, TimeUs now) {
    const std::uint8_t in_use = selected(now);
    if (in_use == kNoIceTuple || in_use == tuple || tuples_[in_use].nomination == 0) return false;
    if (now - tuples_[in_use].heard_us < silence_us) return false;
    nominate(tuples_[tuple], tuples_[in_use].nominated_generation);
    return true;
}

std::uint8_t IceAgent::restore(bool tcp, TimeUs now) {
    const std::uint8_t tuple = add(tcp, now);
    if (tuple != kNoIceTuple) nominate(tuples_[tuple], 1);
    return tuple;
}

void IceAgent::forget(std::uint8_t tuple) {
    tuples_[tuple] = {};
    for (Seen& seen : seen_)
        if (seen.tuple == tuple) seen.tuple = kNoIceTuple;
}

// C44: a late nomination under the old credentials doesn't undo one under the new ones.
void IceAgent::nominate(Tuple& tuple, std::uint32_t generation) {
    const bool older = std::ranges::any_of(
        tuples_, [&](const Tuple& t) { return t.used && t.nominated_generation > generation; });
    if (older) return;
    tuple.nominated_generation = generation;
    tuple.nomination = ++counter_;
}

std::uint8_t IceAgent::take_place(TimeUs now) const {
    const std::uint8_t in_use = selected(now);
    std::uint8_t quietest = kNoIceTuple;
    for (std::uint8_t i = 0; i < limits_.tuples; ++i) {
        if (!tuples_[i].used) return i;
        if (i == in_use || now - tuples_[i].last_request_us < kQuietUs) continue;
        if (quietest == kNoIceTuple ||
            tuples_[i].last_request_us < tuples_[quietest].last_request_us)
            quietest = i;
    }
    return quietest;
}

std::uint8_t IceAgent::add(bool tcp, TimeUs now) {
    const std::uint8_t place = take_place(now);
    if (place == kNoIceTuple) return place;
    forget(place);
    Tuple& tuple = tuples_[place];
    tuple.used = true;
    tuple.tcp = tcp;
    tuple.last_request_us = tuple.heard_us = now;
    tuple.validation = ++counter_;
    return place;
}

std::uint8_t IceAgent::selected(TimeUs now) const {
    const auto better = [](const Tuple& a, const Tuple& b) {
        if (a.nomination != b.nomination) return a.nomination > b.nomination;
        if (a.tcp != b.tcp) return b.tcp;
        return a.validation > b.validation;
    };
    std::uint8_t best = kNoIceTuple;
    for (std::uint8_t i = 0; i < limits_.tuples; ++i)
        if (consents(tuples_[i], now) && (best == kNoIceTuple || better(tuples_[i], tuples_[best])))
            best = i;
    return best;
}

}  // namespace strata::relay
