#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "control/dtls/handshake.h"
#include "control/room/limits.h"
#include "control/room/records.h"

namespace strata::control {

enum class DtlsCounter : std::uint8_t {
    started,
    completed,
    failed,
    timed_out,       // not complete within limits.dtls_handshake_s
    wrong_peer,      // failed by the certificate
    unexpected,      // datagrams of peers that nothing is expected from, or not a ClientHello
    over_rate,       // ClientHellos beyond limits.dtls_handshakes_per_s
    over_count,      // … beyond limits.dtls_handshakes at once
    over_datagrams,  // datagrams beyond limits.dtls_datagrams of one handshake
    kCount
};
std::string_view dtls_counter_name(DtlsCounter counter);

// The DTLS associations of all peers. A peer costs a few words until its ClientHello comes; how
// many handshakes begin in a second, run at once, take how long and how many datagrams is bounded,
// so that a flood of them can't take more of the thread than it is given. A handshake is some 0.5
// ms of the loop's time (docs/decisions/0011). Main thread.
class Handshakes {
  public:
    using Datagram = DatagramBio::Datagram;
    enum class End : std::uint8_t { failed, closed };
    struct Environment {
        std::function<void(ParticipantId, const Datagram&)> send;
        // Puts the keys in force and calls back once they are; the callback may be dropped where
        // the peer goes away before.
        std::function<void(ParticipantId, const SrtpKeys&, std::function<void()> in_force)> install;
        // The association is of no more use: `why` is for people.
        std::function<void(ParticipantId, End, std::string_view why)> ended;
        std::function<std::chrono::steady_clock::time_point()> now;
        // Runs a function once, later, on the same thread.
        std::function<void(std::chrono::milliseconds, std::function<void()>)> after;
    };

    // `limits` outlives it.
    Handshakes(Limits& limits, Environment environment);
    ~Handshakes();

    // New certificates are for peers that are told of them from now on.
    void use(std::shared_ptr<const DtlsContext> context) {
        former_ = std::exchange(context_, std::move(context));
    }
    const Fingerprint& fingerprint() const { return context_->fingerprint(); }

    // Signalling has told `peer` our fingerprint, `own`, and learned its. Where `own` isn't given,
    // or neither the newest nor the one before, it is the newest. Anything before is forgotten.
    void expect(ParticipantId peer, DtlsRole role, const Fingerprint& fingerprint,
                const std::optional<Fingerprint>& own = std::nullopt);
    void forget(ParticipantId peer);
    // The peer has a path: a client says hello.
    void reachable(ParticipantId peer);
    void receive(ParticipantId peer, std::span<const std::uint8_t> datagram);

    std::uint64_t counter(DtlsCounter counter) const {
        return counters_[static_cast<std::size_t>(counter)];
    }
    bool expects(ParticipantId peer) const { return peers_.contains(peer); }
    std::size_t expected() const { return peers_.size(); }
    std::size_t running() const { return running_; }

  private:
    struct Peer;
    using PeerPtr = std::shared_ptr<Peer>;

    void count(DtlsCounter counter) { ++counters_[static_cast<std::size_t>(counter)]; }
    bool admit(Peer& peer);
    bool take_token();
    void begin(const PeerPtr& peer);
    void advance(const PeerPtr& peer);
    void install(const PeerPtr& peer);
    void flush(Peer& peer);
    void arm(const PeerPtr& peer);
    void expire(const PeerPtr& peer);
    void settle(Peer& peer);
    void end(Peer& peer, End end, std::string_view why);

    Limits& limits_;
    Environment environment_;
    std::shared_ptr<const DtlsContext> context_, former_;  // former_: null at first
    std::map<ParticipantId, PeerPtr> peers_;
    std::size_t running_ = 0;
    std::array<std::uint64_t, static_cast<std::size_t>(DtlsCounter::kCount)> counters_{};
    // Handshakes that may begin now: a bucket that fills at limits.dtls_handshakes_per_s and holds
    // one second's worth.
    double tokens_;
    std::chrono::steady_clock::time_point tokens_at_;
};

}  // namespace strata::control
