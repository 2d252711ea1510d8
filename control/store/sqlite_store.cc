#include "control/store/sqlite_store.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sys/stat.h>

#include <exception>

namespace strata::control {
namespace {

constexpr int kBusyTimeoutMs = 2000;  // a predecessor that is just ending keeps the lock that long

constexpr const char* kSchema =
    "CREATE TABLE objects ("
    "  key TEXT NOT NULL PRIMARY KEY,"
    "  value TEXT NOT NULL,"
    "  revision INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE meta ("
    "  name TEXT NOT NULL PRIMARY KEY,"
    "  number INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;"
    "INSERT INTO meta VALUES ('revision', 0);"
    "PRAGMA user_version = 1;";

std::unexpected<Error> unavailable(const std::string& path, std::string_view what) {
    return refuse(ErrorCode::store_unavailable, path, std::string(what),
                  "check the file's folder, rights and free space");
}

StoredEntry entry_of(const SQLite::Statement& row) {
    return {row.getColumn(0).getString(), row.getColumn(1).getString(),
            static_cast<std::uint64_t>(row.getColumn(2).getInt64())};
}

// The first key after all that begin with `prefix`; nothing that is stored has a byte 0xff.
std::string end_of(std::string_view prefix) { return std::string(prefix) + '\xff'; }

// Brings the tables to kSchemaVersion; an empty text, or why that can't be.
std::string prepare(SQLite::Database& database) {
    database.exec("PRAGMA locking_mode = EXCLUSIVE");
    database.exec("PRAGMA journal_mode = WAL");
    database.exec("PRAGMA synchronous = FULL");
    SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
    const int version = database.execAndGet("PRAGMA user_version").getInt();
    if (version > SqliteStore::kSchemaVersion)
        return "the file has schema version " + std::to_string(version) +
               ", this program knows up to " + std::to_string(SqliteStore::kSchemaVersion);
    if (version == 0) database.exec(kSchema);
    transaction.commit();
    return {};
}

}  // namespace

struct SqliteStore::State {
    explicit State(const std::string& file)
        : path(file),
          database(file, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, kBusyTimeoutMs) {}

    void prepare_statements() {
        get.emplace(database, "SELECT key, value, revision FROM objects WHERE key = ?");
        list.emplace(database,
                     "SELECT key, value, revision FROM objects WHERE key >= ? AND key < ? "
                     "ORDER BY key");
        put.emplace(database, "INSERT OR REPLACE INTO objects VALUES (?, ?, ?)");
        remove.emplace(database, "DELETE FROM objects WHERE key = ?");
        set_revision.emplace(database, "UPDATE meta SET number = ? WHERE name = 'revision'");
        revision = static_cast<std::uint64_t>(
            database.execAndGet("SELECT number FROM meta WHERE name = 'revision'").getInt64());
    }

    std::optional<StoredEntry> find(std::string_view key) {
        get->reset();
        get->bind(1, std::string(key));
        std::optional<StoredEntry> entry;
        if (get->executeStep()) entry = entry_of(*get);
        get->reset();
        return entry;
    }

    // False: a condition doesn't hold, nothing was changed.
    bool write(const StoreTransaction& wanted) {
        SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
        for (const StoreCondition& condition : wanted.conditions) {
            const auto entry = find(condition.key);
            if ((entry ? entry->revision : 0) != condition.revision) return false;
        }
        const auto next = static_cast<std::int64_t>(revision + 1);
        for (const StoreWrite& w : wanted.writes) {
            SQLite::Statement& statement = w.value ? *put : *remove;
            statement.reset();
            statement.bind(1, w.key);
            if (w.value) {
                statement.bind(2, *w.value);
                statement.bind(3, next);
            }
            statement.exec();
        }
        set_revision->reset();
        set_revision->bind(1, next);
        set_revision->exec();
        transaction.commit();
        ++revision;
        return true;
    }

    std::string path;
    SQLite::Database database;
    std::optional<SQLite::Statement> get, list, put, remove, set_revision;
    std::uint64_t revision = 0;
};

SqliteStore::SqliteStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
SqliteStore::~SqliteStore() = default;

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(const std::string& path) {
    try {
        const mode_t mask = umask(0027);
        std::unique_ptr<State> state;
        try {
            state = std::make_unique<State>(path);
            umask(mask);
        } catch (...) {
            umask(mask);
            throw;
        }
        if (const std::string why = prepare(state->database); !why.empty())
            return unavailable(path, why);
        state->prepare_statements();
        return std::unique_ptr<SqliteStore>(new SqliteStore(std::move(state)));
    } catch (const std::exception& e) {
        return unavailable(path, e.what());
    }
}

Result<std::optional<StoredEntry>> SqliteStore::get(std::string_view key) {
    try {
        return state_->find(key);
    } catch (const std::exception& e) {
        return unavailable(state_->path, e.what());
    }
}

Result<std::vector<StoredEntry>> SqliteStore::list(std::string_view prefix) {
    try {
        std::vector<StoredEntry> entries;
        SQLite::Statement& rows = *state_->list;
        rows.reset();
        rows.bind(1, std::string(prefix));
        rows.bind(2, end_of(prefix));
        while (rows.executeStep()) entries.push_back(entry_of(rows));
        rows.reset();
        return entries;
    } catch (const std::exception& e) {
        return unavailable(state_->path, e.what());
    }
}

Result<std::uint64_t> SqliteStore::commit(const StoreTransaction& transaction) {
    try {
        if (!state_->write(transaction))
            return refuse(ErrorCode::already_exists, "", "somebody else has changed it meanwhile",
                          "read it again");
    } catch (const std::exception& e) {
        return unavailable(state_->path, e.what());
    }
    notify(transaction, state_->revision);
    return state_->revision;
}

std::uint64_t SqliteStore::revision() const { return state_->revision; }

}  // namespace strata::control
