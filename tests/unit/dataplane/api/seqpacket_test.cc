#include "dataplane/api/seqpacket.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "dataplane/api/protocol.h"

namespace strata::api {
namespace {

std::string socket_path(const char* name) {
    return testing::TempDir() + "strata-" + std::to_string(::getpid()) + "-" + name;
}

struct Pair {
    SeqpacketListener listener;
    SeqpacketLink client, server;
};

Pair connected(const char* name) {
    Pair pair;
    pair.listener = SeqpacketListener::listen(socket_path(name)).value();
    pair.client = SeqpacketLink::connect(socket_path(name)).value();
    pair.server = pair.listener.accept().value();
    return pair;
}

TEST(Seqpacket, KeepsMessageBoundaries) {
    Pair pair = connected("boundaries");
    ASSERT_TRUE(pair.client.send("one"));
    ASSERT_TRUE(pair.client.send(std::string(kMaxMessageBytes, 'x')));
    std::vector<char> buffer(kMaxMessageBytes);
    EXPECT_EQ(pair.server.receive(buffer).value(), 3u);
    EXPECT_EQ(pair.server.receive(buffer).value(), kMaxMessageBytes);
    EXPECT_EQ(pair.server.receive(buffer).error(), LinkError::would_block);
}

TEST(Seqpacket, RefusesToSendTooMuchOrNothing) {
    Pair pair = connected("limits");
    EXPECT_EQ(pair.client.send(std::string(kMaxMessageBytes + 1, 'x')).error(),
              LinkError::too_large);
    EXPECT_EQ(pair.client.send("").error(), LinkError::too_large);
}

TEST(Seqpacket, TruncationIsAnError) {
    Pair pair = connected("truncation");
    const std::string huge(kMaxMessageBytes + 100, 'x');
    ASSERT_EQ(::send(pair.client.fd(), huge.data(), huge.size(), 0),
              static_cast<ssize_t>(huge.size()));
    std::vector<char> buffer(kMaxMessageBytes);
    EXPECT_EQ(pair.server.receive(buffer).error(), LinkError::truncated);
}

TEST(Seqpacket, SaysWhenThePeerIsGone) {
    Pair pair = connected("gone");
    pair.client.close();
    std::vector<char> buffer(kMaxMessageBytes);
    EXPECT_EQ(pair.server.receive(buffer).error(), LinkError::closed);
    EXPECT_EQ(pair.server.send("late").error(), LinkError::closed);
}

TEST(Seqpacket, FullSocketIsBackPressure) {
    Pair pair = connected("full");
    int sent = 0;
    while (pair.client.send(std::string(1000, 'x')) && sent < 100'000) ++sent;
    EXPECT_EQ(pair.client.send(std::string(1000, 'x')).error(), LinkError::would_block);
    std::vector<char> buffer(kMaxMessageBytes);
    for (int i = 0; i < sent; ++i) ASSERT_EQ(pair.server.receive(buffer).value(), 1000u);
}

TEST(SeqpacketListener, ReplacesAStaleSocketFileButNotALiveOne) {
    const std::string path = socket_path("stale");
    {
        // What a killed process leaves: the file, without anybody who listens.
        auto dead = SeqpacketListener::listen(path).value();
        const std::string other = path + ".moved";
        ASSERT_EQ(::rename(path.c_str(), other.c_str()), 0);
        dead.close();
        ASSERT_EQ(::rename(other.c_str(), path.c_str()), 0);
    }
    auto live = SeqpacketListener::listen(path);
    ASSERT_TRUE(live) << live.error();
    auto second = SeqpacketListener::listen(path);
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().find("another process"), std::string::npos) << second.error();
}

TEST(SeqpacketListener, NamesABadPath) {
    EXPECT_FALSE(SeqpacketListener::listen(std::string(200, 'p')));
    const auto missing = SeqpacketLink::connect("/nonexistent/strata.sock");
    ASSERT_FALSE(missing);
    EXPECT_NE(missing.error().find("/nonexistent/strata.sock"), std::string::npos);
}

}  // namespace
}  // namespace strata::api
