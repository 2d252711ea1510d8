#include "control/store/sqlite_store.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <random>

#include "tests/unit/control/scratch_folder.h"

namespace strata::control {
namespace {

// Commits one row after another and reports each on `out` once it is acknowledged; never returns.
[[noreturn]] void write_until_killed(const std::string& path, int out) {
    auto store = SqliteStore::open(path);
    if (!store) _exit(2);
    for (;;) {
        const std::uint64_t n = (*store)->revision() + 1;
        const auto revision = (*store)->commit(
            {.writes = {{"row/" + std::to_string(n), "x"}, {"last", std::to_string(n)}}});
        if (!revision || *revision != n) _exit(3);
        if (write(out, &n, sizeof n) != sizeof n) _exit(4);
    }
}

}  // namespace

TEST(SqliteStore, kill_9_loses_no_acknowledged_row) {
    const ScratchFolder folder;
    const std::string path = folder.file("strata.db");
    std::mt19937 rng(11);
    std::uint64_t acknowledged = 0;
    for (int round = 0; round < 8; ++round) {
        int pipe_ends[2];
        ASSERT_EQ(pipe(pipe_ends), 0);
        const pid_t writer = fork();
        if (writer == 0) write_until_killed(path, pipe_ends[1]);
        close(pipe_ends[1]);
        const auto life_us = static_cast<useconds_t>(60'000 + rng() % 60'000);
        usleep(life_us);
        kill(writer, SIGKILL);
        int status = 0;
        waitpid(writer, &status, 0);
        ASSERT_TRUE(WIFSIGNALED(status)) << WEXITSTATUS(status);
        std::uint64_t n = 0;
        while (read(pipe_ends[0], &n, sizeof n) == sizeof n) acknowledged = n;
        close(pipe_ends[0]);

        const auto store = SqliteStore::open(path);
        ASSERT_TRUE(store) << store.error().detail;
        const std::uint64_t revision = (*store)->revision();
        // One commit may have ended without its acknowledgement having been heard.
        EXPECT_GE(revision, acknowledged);
        EXPECT_LE(revision, acknowledged + 1);
        EXPECT_EQ((*store)->list("row/")->size(), revision);
        if (revision == 0) continue;
        EXPECT_EQ((*(*store)->get("last"))->value, std::to_string(revision));
    }
    EXPECT_GT(acknowledged, 8u);
    RecordProperty("acknowledged_rows", std::to_string(acknowledged));
}

TEST(SqliteStore, is_durable_strict_and_private) {
    const ScratchFolder folder;
    const std::string path = folder.file("strata.db");
    {
        auto store = SqliteStore::open(path);
        ASSERT_TRUE(store) << store.error().detail;
        ASSERT_TRUE((*store)->put("a", "1"));
        // Locked: a second process can't open it beside us.
        EXPECT_EQ(SqliteStore::open(path).error().code, ErrorCode::store_unavailable);
    }
    struct stat file{};
    ASSERT_EQ(stat(path.c_str(), &file), 0);
    EXPECT_EQ(file.st_mode & 0777, 0640u);
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
    // STRICT: text is no revision.
    EXPECT_NE(sqlite3_exec(database, "INSERT INTO objects VALUES('k','v','x')", nullptr, nullptr,
                           nullptr),
              SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, "PRAGMA user_version = 2", nullptr, nullptr, nullptr),
              SQLITE_OK);
    sqlite3_close(database);
    const auto newer = SqliteStore::open(path);
    ASSERT_FALSE(newer);
    EXPECT_NE(newer.error().detail.find("schema version 2"), std::string::npos)
        << newer.error().detail;
}

TEST(SqliteStore, says_what_is_wrong_with_the_file) {
    const ScratchFolder folder;
    const auto missing = SqliteStore::open(folder.file("no/such/folder.db"));
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, ErrorCode::store_unavailable);
    EXPECT_EQ(missing.error().object, folder.file("no/such/folder.db"));
    std::ofstream(folder.file("text")) << std::string(5000, 'x');
    EXPECT_EQ(SqliteStore::open(folder.file("text")).error().code, ErrorCode::store_unavailable);
}

}  // namespace strata::control
