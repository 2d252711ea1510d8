#include "control/store/memory_store.h"

namespace strata::control {
namespace {

std::unexpected<Error> failed() {
    return refuse(ErrorCode::store_unavailable, "memory", "told to fail");
}

}  // namespace

Result<std::optional<StoredEntry>> MemoryStore::get(std::string_view key) {
    if (failing_) return failed();
    const auto it = entries_.find(key);
    if (it == entries_.end()) return std::nullopt;
    return it->second;
}

Result<std::vector<StoredEntry>> MemoryStore::list(std::string_view prefix) {
    if (failing_) return failed();
    std::vector<StoredEntry> entries;
    for (auto it = entries_.lower_bound(prefix);
         it != entries_.end() && it->first.starts_with(prefix); ++it)
        entries.push_back(it->second);
    return entries;
}

Result<std::uint64_t> MemoryStore::commit(const StoreTransaction& transaction) {
    if (failing_) return failed();
    for (const StoreCondition& condition : transaction.conditions) {
        const auto it = entries_.find(condition.key);
        if ((it == entries_.end() ? 0 : it->second.revision) != condition.revision)
            return refuse(ErrorCode::already_exists, "", "somebody else has changed it meanwhile",
                          "read it again");
    }
    ++revision_;
    for (const StoreWrite& write : transaction.writes) {
        if (write.value)
            entries_[write.key] = {write.key, *write.value, revision_};
        else
            entries_.erase(write.key);
    }
    notify(transaction, revision_);
    return revision_;
}

}  // namespace strata::control
