#include "control/store/store.h"

#include <utility>

namespace strata::control {

Result<std::uint64_t> Store::put(std::string key, std::string value) {
    return commit({.conditions = {}, .writes = {{std::move(key), std::move(value)}}});
}

Store::WatchId Store::watch(std::string prefix, Watcher watcher) {
    watches_.push_back({next_watch_, std::move(prefix), std::move(watcher)});
    return next_watch_++;
}

void Store::unwatch(WatchId id) {
    std::erase_if(watches_, [id](const Watch& watch) { return watch.id == id; });
}

void Store::notify(const StoreTransaction& transaction, std::uint64_t revision) const {
    for (const StoreWrite& write : transaction.writes)
        for (const Watch& watch : watches_)
            if (write.key.starts_with(watch.prefix))
                watch.watcher({write.key, write.value, revision});
}

}  // namespace strata::control
