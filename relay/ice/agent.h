#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "relay/ice/hmac_sha1.h"
#include "relay/ice/rate_limit.h"
#include "relay/ice/stun_message.h"
#include "relay/rtp/types.h"

namespace strata::relay {

// What one ICE generation of a session is known by (RFC 8445 section 5.3). Made on the main thread.
class IceCredentials {
  public:
    // An empty `remote_ufrag` isn't checked: the peer's may not be known yet.
    IceCredentials(std::string_view local_ufrag, std::string_view local_password,
                   std::string_view remote_ufrag);

    // `username` of a check that the peer sends: local ufrag, colon, remote ufrag.
    bool match(std::string_view username) const;
    const std::string& local_ufrag() const { return local_ufrag_; }
    const HmacSha1Key& key() const { return key_; }

  private:
    friend class IceAgent;
    std::string local_ufrag_, remote_ufrag_;
    HmacSha1Key key_;
    std::uint32_t generation_ = 0;  // later ones are larger
};

// Up to the colon of a check's USERNAME; empty: there is none.
std::string_view local_ufrag_of(std::string_view username);

constexpr std::size_t kMaxIceTuples = 16;
constexpr std::uint8_t kNoIceTuple = 0xff;

struct IceLimits {
    std::uint8_t tuples = 8;                 // at most kMaxIceTuples
    TimeUs consent_timeout_us = 30'000'000;  // C42
    std::uint32_t checks_per_s = 100;        // from known tuples, and as many from others
};

// What becomes of a check. Each but the first is a reason to count.
enum class IceVerdict : std::uint8_t {
    valid,
    bad_request,        // no USERNAME or MESSAGE-INTEGRITY: 400
    unknown_user,       // not the username of this session: 401
    bad_integrity,      // 401
    unknown_attribute,  // 420
    role_conflict,      // the peer thinks that it is controlled: 487
    replayed,           // this request came from another tuple before: no answer
    rate_limited,       // no answer
    too_many_tuples,    // no answer
};

// RFC 8489 section 14.8: what it is answered with; 0: with nothing, or with success.
constexpr std::uint16_t error_code_of(IceVerdict verdict) {
    switch (verdict) {
        case IceVerdict::bad_request: return 400;
        case IceVerdict::unknown_user:
        case IceVerdict::bad_integrity: return 401;
        case IceVerdict::unknown_attribute: return 420;
        case IceVerdict::role_conflict: return 487;
        default: return 0;
    }
}

struct IceAdmission {
    IceVerdict verdict = IceVerdict::bad_request;
    std::uint8_t tuple = kNoIceTuple;  // valid: where the request came from
    bool added = false;  // valid: that tuple is a new one, in what was an unused place
                         // or that of a quiet tuple
    // The key that the answer is signed with; null: it isn't signed.
    const HmacSha1Key* key = nullptr;
};

// One session's ICE-lite agent (RFC 8445 section 2.5): it answers checks and sends none, and is
// always controlled. It keeps which tuples the peer has proved to own, which of them was nominated
// (C43) and how fresh the peer's consent is (C42). Tuples are numbers that the caller gives meaning
// to. Built on the main thread; doesn't allocate afterwards. Thread: its worker.
class IceAgent {
  public:
    // One or two credentials, the newest first (C44).
    IceAgent(std::vector<IceCredentials> credentials, const IceLimits& limits);

    std::span<const IceCredentials> credentials() const { return credentials_; }
    // From now on these count; `other` has the former ones afterwards. Validated tuples stay:
    // without checks under the new credentials their consent runs out.
    void exchange_credentials(std::vector<IceCredentials>& other);
    void set_consent_timeout(TimeUs timeout_us) { limits_.consent_timeout_us = timeout_us; }

    // A binding request from `tuple` (kNoIceTuple: one that isn't known), reached over TCP or UDP.
    IceAdmission on_request(std::span<const std::uint8_t> packet, const StunMessage& message,
                            std::uint8_t tuple, bool tcp, TimeUs now);

    // A packet under the session's keys came from `tuple`, which is in use.
    void heard(std::uint8_t tuple, TimeUs now) { tuples_[tuple].heard_us = now; }
    // One came from another tuple. A peer sends where it wants to receive, so once the tuple in use
    // has fallen silent media follows without a nomination: who nominates only once (Firefox)
    // doesn't do it again when a translator gives it another address. True: selected() is this one
    // now.
    bool heard_elsewhere(std::uint8_t tuple, TimeUs now);
    // A tuple that was nominated before a restart of this program: consent counts from now (C53).
    std::uint8_t restore(bool tcp, TimeUs now);
    // It is no longer the peer's.
    void forget(std::uint8_t tuple);

    // Where to send: the latest nominated tuple, else the one validated last, UDP before TCP (C43);
    // kNoIceTuple while nobody consents.
    std::uint8_t selected(TimeUs now) const;
    // When the consent of `tuple` runs out unless it is renewed.
    TimeUs consent_until(std::uint8_t tuple) const {
        return tuples_[tuple].last_request_us + limits_.consent_timeout_us;
    }
    bool valid(std::uint8_t tuple) const { return tuples_[tuple].used; }

  private:
    struct Tuple {
        bool used = false;
        bool tcp = false;
        std::uint32_t nominated_generation = 0;  // 0: never
        std::uint64_t nomination = 0;            // the highest number is the latest
        std::uint64_t validation = 0;
        TimeUs last_request_us = 0;  // authenticated
        TimeUs heard_us = 0;         // that, or a packet that heard() was told of
    };
    struct Seen {
        StunTransaction transaction{};
        std::uint8_t tuple = kNoIceTuple;
        bool used = false;
    };
    // Requests remembered: at two tuples and a check every 2.5 s each, more than a minute's.
    static constexpr std::size_t kSeen = 64;

    const IceCredentials* find(std::string_view username) const;
    const Seen* find(const StunTransaction& transaction) const;
    std::uint8_t take_place(TimeUs now) const;
    std::uint8_t add(bool tcp, TimeUs now);
    void nominate(Tuple& tuple, std::uint32_t generation);
    bool follow(std::uint8_t tuple, TimeUs silence_us, TimeUs now);
    void number_generations(std::span<const IceCredentials> before);
    bool consents(const Tuple& tuple, TimeUs now) const {
        return tuple.used && now - tuple.last_request_us < limits_.consent_timeout_us;
    }

    IceLimits limits_;
    std::vector<IceCredentials> credentials_;
    std::array<Tuple, kMaxIceTuples> tuples_{};
    std::array<Seen, kSeen> seen_{};
    std::size_t next_seen_ = 0;
    std::uint64_t counter_ = 0;  // of validations and nominations
    std::uint32_t generation_ = 0;
    RateLimit known_rate_, unknown_rate_;
};

}  // namespace strata::relay
