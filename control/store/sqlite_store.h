#pragma once

#include <memory>
#include <string>

#include "control/store/store.h"

namespace strata::control {

// The store of a single node: one SQLite file in WAL mode, synchronous=FULL, so that a commit is on
// the disk when it returns. One process at a time: the file is locked while it is open. A commit
// costs one fsync. Main thread only.
class SqliteStore final : public Store {
  public:
    // Version of the tables; a file with a higher one is refused.
    static constexpr int kSchemaVersion = 1;

    // Creates the file (mode 0640 and its folder must exist) where there is none. The error's
    // detail names the file.
    static Result<std::unique_ptr<SqliteStore>> open(const std::string& path);
    ~SqliteStore() override;

    Result<std::optional<StoredEntry>> get(std::string_view key) override;
    Result<std::vector<StoredEntry>> list(std::string_view prefix) override;
    Result<std::uint64_t> commit(const StoreTransaction& transaction) override;
    std::uint64_t revision() const override;

  private:
    struct State;
    explicit SqliteStore(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace strata::control
