#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "control/room/error.h"

namespace strata::control {

struct StoredEntry {
    std::string key;  // "tracks/17"
    std::string value;
    std::uint64_t revision = 0;  // of the transaction that wrote it
    friend bool operator==(const StoredEntry&, const StoredEntry&) = default;
};

// One write of a transaction; without a value the key is removed.
struct StoreWrite {
    std::string key;
    std::optional<std::string> value;
};

// Refuses the transaction unless `key` was written last by `revision`; 0: unless it doesn't exist.
struct StoreCondition {
    std::string key;
    std::uint64_t revision = 0;
};

struct StoreTransaction {
    std::vector<StoreCondition> conditions;
    std::vector<StoreWrite> writes;
};

// What a watcher is told, after the commit, in order. Without a value the key was removed.
struct StoreEvent {
    std::string_view key;
    std::optional<std::string_view> value;
    std::uint64_t revision = 0;
};

// Durable keys and values with one sequence of revisions: SQLite on a single node, a cluster's
// store later. All failures are store_unavailable, except already_exists for a condition that
// doesn't hold.
class Store {
  public:
    using Watcher = std::function<void(const StoreEvent&)>;
    using WatchId = std::uint64_t;

    virtual ~Store() = default;

    virtual Result<std::optional<StoredEntry>> get(std::string_view key) = 0;
    // All keys that begin with `prefix`, in the order of the keys.
    virtual Result<std::vector<StoredEntry>> list(std::string_view prefix) = 0;
    // All or nothing. Once it returns a revision, the writes survive a power failure.
    virtual Result<std::uint64_t> commit(const StoreTransaction& transaction) = 0;
    // Of the last transaction, 0: none yet.
    virtual std::uint64_t revision() const = 0;

    Result<std::uint64_t> put(std::string key, std::string value);

    // Watchers may not write from within the call.
    WatchId watch(std::string prefix, Watcher watcher);
    void unwatch(WatchId id);

  protected:
    void notify(const StoreTransaction& transaction, std::uint64_t revision) const;

  private:
    struct Watch {
        WatchId id;
        std::string prefix;
        Watcher watcher;
    };
    std::vector<Watch> watches_;
    WatchId next_watch_ = 1;
};

}  // namespace strata::control
