#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace strata::dataplane {

// Which worker the session with a local user fragment lives on: known before the worker itself has
// it. For threads that aren't workers: the main thread writes, the one that accepts connections
// reads, once per connection.
class SessionDirectory {
  public:
    void put(const std::string& local_ufrag, std::uint16_t worker) {
        const std::lock_guard lock(mutex_);
        workers_[local_ufrag] = worker;
    }
    void remove(const std::string& local_ufrag) {
        const std::lock_guard lock(mutex_);
        workers_.erase(local_ufrag);
    }
    // Nullopt: nobody has it.
    std::optional<std::uint16_t> find(std::string_view local_ufrag) const {
        const std::lock_guard lock(mutex_);
        const auto at = workers_.find(std::string(local_ufrag));
        if (at == workers_.end()) return std::nullopt;
        return at->second;
    }

  private:
    mutable std::mutex mutex_;
    std::unordered_map<std::string, std::uint16_t> workers_;
};

}  // namespace strata::dataplane
