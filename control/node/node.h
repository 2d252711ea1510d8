#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "control/link/session.h"
#include "control/observe/observations.h"
#include "control/room/directory.h"
#include "control/room/limits.h"
#include "control/store/store.h"
#include "dataplane/api/config/config.h"

namespace strata::control {

// One node's truth: what exists, made durable first, applied second, told to the data plane third.
// Main thread only.
class Node {
  public:
    struct Environment {
        std::function<std::uint32_t()> random;
        std::function<std::int64_t()> unix_ms;
        std::uint64_t control_epoch = 0;
        // Runs a function once, later, on the same thread.
        std::function<void(std::chrono::milliseconds, std::function<void()>)> after;
        // The link session has something to say.
        std::function<void()> wake_link;
    };

    // Reads everything that is stored. `config` and `store` outlive the node.
    static Result<std::unique_ptr<Node>> load(const api::Config& config, Store& store,
                                              Environment environment);

    // Commits a planned change, applies it and tells the data plane; returns it as it was applied.
    // On an error nothing has changed.
    Result<Change> carry_out(Result<Change> planned);

    // Calls `done` once the data plane has answered for all that `change` touches, soon where it
    // can't (no data plane, or it takes longer than kSettleTime).
    void when_settled(const Change& change, std::function<void()> done);
    static constexpr std::chrono::milliseconds kSettleTime{250};

    // Calls `done` once the data plane works with what was last said about `participant`, however
    // long that takes; never where it refuses it or the participant goes away before.
    void when_applied(ParticipantId participant, std::function<void()> done);

    ObjectState state(const RecordKey& key) const;
    const Refusal* refusal(const RecordKey& key) const;

    const api::Config& config() const { return config_; }
    Directory& directory() { return directory_; }
    const Directory& directory() const { return directory_; }
    LinkSession& session() { return session_; }
    const LinkSession& session() const { return session_; }
    Observations& observations() { return observations_; }
    Limits& limits() { return limits_; }
    const Limits& limits() const { return limits_; }
    bool store_failing() const { return store_failing_; }
    std::int64_t started_at_ms() const { return started_at_ms_; }

    // Who wants to know what becomes of participants: signalling and meetings. Set before the loop
    // runs.
    struct Watcher {
        std::function<void(ParticipantId)> nominated = [](ParticipantId) {};
        std::function<void(ParticipantId)> consent_lost = [](ParticipantId) {};
        std::function<void(ParticipantId)> removed = [](ParticipantId) {};
        // Participants, tracks or members of these rooms have changed, or they themselves.
        std::function<void(const std::set<std::string>&)> rooms = [](const auto&) {};
        // A data plane has introduced itself; not called again for the same one.
        std::function<void(std::uint64_t epoch)> dataplane = [](std::uint64_t) {};
    };
    Watcher watcher;

    // Counters of the socket below the session, for /v1/node; filled by whoever owns it.
    struct LinkCounters {
        std::uint64_t connects = 0;
        std::uint64_t last_resync_us = 0;
    };
    std::function<LinkCounters()> link_counters = [] { return LinkCounters{}; };

    // Counters of signalling by their names, for /v1/node.
    using NamedCounters = std::vector<std::pair<std::string_view, std::uint64_t>>;
    std::function<NamedCounters()> signalling_counters = [] { return NamedCounters{}; };
    // The same of what listens.
    std::function<NamedCounters()> front_counters = [] { return NamedCounters{}; };

  private:
    struct Waiter {
        std::uint64_t id;
        std::vector<ObjectKey> keys;
        std::function<void()> done;
        bool strict = false;  // waits for `applied`, without a limit
    };

    Node(const api::Config& config, Store& store, Environment environment);
    LinkSession::Hooks hooks();
    Result<void> rehome();
    void learn(const Change& change);
    bool settled(const std::vector<ObjectKey>& keys) const;
    void release_settled();
    void release(std::uint64_t waiter);

    const api::Config& config_;
    Store& store_;
    Environment environment_;
    Limits limits_;
    Directory directory_;
    LinkSession session_;
    Observations observations_;
    std::list<Waiter> waiters_;
    std::uint64_t next_waiter_ = 1;
    bool store_failing_ = false;
    std::uint64_t seen_epoch_ = 0;  // of the data plane that the watcher was told of
    std::int64_t started_at_ms_;
};

}  // namespace strata::control
