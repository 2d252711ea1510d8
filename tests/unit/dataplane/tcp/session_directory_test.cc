#include "dataplane/tcp/session_directory.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace strata::dataplane {
namespace {

TEST(SessionDirectory, KnowsWhereASessionLives) {
    SessionDirectory sessions;
    EXPECT_FALSE(sessions.find("a"));
    sessions.put("a", 3);
    EXPECT_EQ(sessions.find("a"), 3);
    sessions.put("a", 1);  // it was re-homed
    EXPECT_EQ(sessions.find("a"), 1);
    EXPECT_FALSE(sessions.find("A"));
    EXPECT_FALSE(sessions.find(""));
    EXPECT_FALSE(sessions.find(std::string_view("a\0", 2)));
    sessions.remove("b");
    sessions.remove("a");
    EXPECT_FALSE(sessions.find("a"));
}

// Names come from strangers: the one that accepts reads while the main thread writes.
TEST(SessionDirectory, IsReadWhileItChanges) {
    SessionDirectory sessions;
    std::atomic<bool> stop{false};
    std::thread reader([&] {
        while (!stop) {
            const auto found = sessions.find("x");
            EXPECT_TRUE(!found || *found == 2);
        }
    });
    for (int i = 0; i < 20'000; ++i) {
        sessions.put("x", 2);
        sessions.put("other" + std::to_string(i % 100), 1);
        sessions.remove("x");
    }
    stop = true;
    reader.join();
}

}  // namespace
}  // namespace strata::dataplane
