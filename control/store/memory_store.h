#pragma once

#include <map>
#include <string>

#include "control/store/store.h"

namespace strata::control {

// A store that forgets: for tests, and it can be told to fail.
class MemoryStore final : public Store {
  public:
    Result<std::optional<StoredEntry>> get(std::string_view key) override;
    Result<std::vector<StoredEntry>> list(std::string_view prefix) override;
    Result<std::uint64_t> commit(const StoreTransaction& transaction) override;
    std::uint64_t revision() const override { return revision_; }

    void fail(bool failing) { failing_ = failing; }

  private:
    std::map<std::string, StoredEntry, std::less<>> entries_;
    std::uint64_t revision_ = 0;
    bool failing_ = false;
};

}  // namespace strata::control
