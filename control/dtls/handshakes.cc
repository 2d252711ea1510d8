#include "control/dtls/handshakes.h"

#include <algorithm>
#include <string>

namespace strata::control {

struct Handshakes::Peer {
    ParticipantId id;
    DtlsRole role = DtlsRole::server;
    Fingerprint fingerprint{};
    std::shared_ptr<const DtlsContext> context;
    std::unique_ptr<Handshake> handshake;  // null: no hello yet
    std::uint64_t datagrams = 0;
    std::uint64_t timer = 0;  // of several, the newest counts
    bool counted_running = false;
    bool installed = false;
    bool gone = false;
};

std::string_view dtls_counter_name(DtlsCounter counter) {
    static constexpr std::array<std::string_view, static_cast<std::size_t>(DtlsCounter::kCount)>
        kNames = {"dtls_started",   "dtls_completed",  "dtls_failed",
                  "dtls_timed_out", "dtls_wrong_peer", "dtls_unexpected",
                  "dtls_over_rate", "dtls_over_count", "dtls_over_datagrams"};
    return kNames.at(static_cast<std::size_t>(counter));
}

Handshakes::Handshakes(Limits& limits, Environment environment)
    : limits_(limits),
      environment_(std::move(environment)),
      tokens_(static_cast<double>(limits.value(Limit::dtls_handshakes_per_s))),
      tokens_at_(environment_.now()) {}

Handshakes::~Handshakes() {
    for (const auto& [id, peer] : peers_) peer->gone = true;
}

void Handshakes::expect(ParticipantId id, DtlsRole role, const Fingerprint& fingerprint,
                        const std::optional<Fingerprint>& own) {
    forget(id);
    auto peer = std::make_shared<Peer>();
    peer->id = id;
    peer->role = role;
    peer->fingerprint = fingerprint;
    peer->context = former_ && own == former_->fingerprint() ? former_ : context_;
    peers_.emplace(id, std::move(peer));
}

void Handshakes::forget(ParticipantId id) {
    const auto it = peers_.find(id);
    if (it == peers_.end()) return;
    settle(*it->second);
    it->second->gone = true;
    peers_.erase(it);
}

void Handshakes::reachable(ParticipantId id) {
    const auto it = peers_.find(id);
    if (it == peers_.end()) return;
    const PeerPtr peer = it->second;
    if (peer->role != DtlsRole::client || peer->handshake || !admit(*peer)) return;
    begin(peer);
    peer->handshake->start();
    advance(peer);
}

void Handshakes::receive(ParticipantId id, std::span<const std::uint8_t> datagram) {
    const auto it = peers_.find(id);
    if (it == peers_.end()) return count(DtlsCounter::unexpected);
    const PeerPtr peer = it->second;
    if (!peer->handshake) {
        if (peer->role == DtlsRole::client || !is_client_hello(datagram))
            return count(DtlsCounter::unexpected);
        if (!admit(*peer)) return;
        begin(peer);
    }
    if (++peer->datagrams > limits_.value(Limit::dtls_datagrams)) {
        if (peer->datagrams == limits_.value(Limit::dtls_datagrams) + 1)
            limits_.count_hit(Limit::dtls_datagrams);
        return count(DtlsCounter::over_datagrams);
    }
    peer->handshake->receive(datagram);
    advance(peer);
}

bool Handshakes::take_token() {
    const auto rate = static_cast<double>(limits_.value(Limit::dtls_handshakes_per_s));
    const auto now = environment_.now();
    tokens_ += rate * std::chrono::duration<double>(now - tokens_at_).count();
    tokens_ = std::min(tokens_, std::max(rate, 1.0));
    tokens_at_ = now;
    if (tokens_ < 1.0) return false;
    tokens_ -= 1.0;
    return true;
}

// A peer that is turned away repeats its hello within a second.
bool Handshakes::admit(Peer&) {
    if (running_ >= limits_.value(Limit::dtls_handshakes)) {
        limits_.count_hit(Limit::dtls_handshakes);
        count(DtlsCounter::over_count);
        return false;
    }
    if (take_token()) return true;
    limits_.count_hit(Limit::dtls_handshakes_per_s);
    count(DtlsCounter::over_rate);
    return false;
}

void Handshakes::begin(const PeerPtr& peer) {
    peer->handshake = std::make_unique<Handshake>(peer->context, peer->role, peer->fingerprint);
    peer->counted_running = true;
    ++running_;
    count(DtlsCounter::started);
    environment_.after(std::chrono::seconds(limits_.value(Limit::dtls_handshake_s)),
                       [this, weak = std::weak_ptr(peer)] {
                           if (const PeerPtr strong = weak.lock(); strong && !strong->gone)
                               expire(strong);
                       });
}

void Handshakes::expire(const PeerPtr& peer) {
    if (!peer->counted_running) return;
    limits_.count_hit(Limit::dtls_handshake_s);
    count(DtlsCounter::timed_out);
    end(*peer, End::failed, "the DTLS handshake took too long");
}

void Handshakes::advance(const PeerPtr& peer) {
    flush(*peer);
    switch (peer->handshake->state()) {
        case Handshake::State::running: return arm(peer);
        case Handshake::State::done:
            if (!peer->installed) install(peer);
            return;
        case Handshake::State::closed: return end(*peer, End::closed, "closed by the peer");
        case Handshake::State::failed:
            count(DtlsCounter::failed);
            if (peer->handshake->wrong_certificate()) count(DtlsCounter::wrong_peer);
            return end(*peer, End::failed, std::string(peer->handshake->failure()));
    }
}

void Handshakes::install(const PeerPtr& peer) {
    peer->installed = true;
    settle(*peer);
    count(DtlsCounter::completed);
    environment_.install(peer->id, *peer->handshake->keys(), [this, weak = std::weak_ptr(peer)] {
        const PeerPtr strong = weak.lock();
        if (!strong || strong->gone || !strong->handshake) return;
        strong->handshake->release();
        flush(*strong);
    });
}

void Handshakes::flush(Peer& peer) {
    while (const auto datagram = peer.handshake->next_output())
        environment_.send(peer.id, *datagram);
}

void Handshakes::arm(const PeerPtr& peer) {
    const auto timeout = peer->handshake->timeout();
    if (!timeout) return;
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(*timeout);
    environment_.after(wait, [this, weak = std::weak_ptr(peer), timer = ++peer->timer] {
        const PeerPtr strong = weak.lock();
        if (!strong || strong->gone || strong->timer != timer || !strong->handshake) return;
        strong->handshake->on_timer();
        advance(strong);
    });
}

// It no longer counts as running.
void Handshakes::settle(Peer& peer) {
    if (!std::exchange(peer.counted_running, false)) return;
    --running_;
}

void Handshakes::end(Peer& peer, End how, std::string_view why) {
    const ParticipantId id = peer.id;
    const std::string reason(why);
    forget(id);
    environment_.ended(id, how, reason);
}

}  // namespace strata::control
