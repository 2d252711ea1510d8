#include "dataplane/tcp/socket_options.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "tests/unit/dataplane/tcp/stream_peer.h"

namespace strata::dataplane {
namespace {

// A descriptor that is closed again.
class Owned {
  public:
    explicit Owned(int fd) : fd_(fd) {}
    ~Owned() { ::close(fd_); }
    operator int() const { return fd_; }

  private:
    int fd_;
};

int option(int fd, int level, int name) {
    int value = -1;
    socklen_t size = sizeof value;
    EXPECT_EQ(::getsockopt(fd, level, name, &value, &size), 0);
    return value;
}

TEST(SocketOptions, BothFamiliesListenAtOnePort) {
    const auto v4 = listen_tcp({IpAddress::v4({0, 0, 0, 0}), 0});
    ASSERT_TRUE(v4);
    const Owned first(*v4);
    const std::uint16_t port = local_endpoint(first).port;
    EXPECT_NE(port, 0);
    const auto v6 = listen_tcp({*IpAddress::parse("::"), port});
    ASSERT_TRUE(v6) << v6.error();
    const Owned second(*v6);
    EXPECT_EQ(local_endpoint(second), (Endpoint{*IpAddress::parse("::"), port}));
    EXPECT_EQ(listen_tcp({IpAddress::v4({0, 0, 0, 0}), port}).error(), EADDRINUSE);
    EXPECT_EQ(listen_tcp({IpAddress::v4({192, 0, 2, 77}), 0}).error(), EADDRNOTAVAIL);
}

TEST(SocketOptions, BothEndsOfAConnectionHaveTheirAddress) {
    const Owned listener(listen_tcp({IpAddress::v4({127, 0, 0, 1}), 0}).value());
    StreamPeer peer(local_endpoint(listener).port);
    const Owned accepted(::accept(listener, nullptr, nullptr));
    EXPECT_EQ(remote_endpoint(accepted), peer.local());
    EXPECT_EQ(local_endpoint(accepted), local_endpoint(listener));
    set_for_media(accepted, 12'345);
    EXPECT_EQ(option(accepted, IPPROTO_TCP, TCP_NODELAY), 1);
    EXPECT_EQ(option(accepted, IPPROTO_TCP, TCP_NOTSENT_LOWAT), 12'345);
}

TEST(SocketOptions, PollingWaitsForAsManyBytesAsAreNeeded) {
    const Owned listener(listen_tcp({IpAddress::v4({127, 0, 0, 1}), 0}).value());
    StreamPeer peer(local_endpoint(listener).port);
    const Owned accepted(::accept(listener, nullptr, nullptr));
    set_readable_at(accepted, 10);
    const auto readable = [&](int wait_ms) {
        pollfd one{accepted, POLLIN, 0};
        return ::poll(&one, 1, wait_ms) == 1;
    };
    peer.send(Bytes(9, 1));
    EXPECT_FALSE(readable(50));
    peer.send(Bytes(1, 1));
    EXPECT_TRUE(readable(20'000));
    set_readable_at(accepted, 1'000);
    EXPECT_FALSE(readable(0));
    peer.end();
    EXPECT_TRUE(readable(20'000)) << "no more will come";
}

TEST(SocketOptions, TheDescriptorLimitIsRaisedOnlyWhereItMayBe) {
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    EXPECT_TRUE(raise_descriptor_limit(1));
    rlimit after{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &after), 0);
    EXPECT_EQ(after.rlim_cur, before.rlim_cur) << "never lowered";
    EXPECT_FALSE(raise_descriptor_limit(std::uint64_t{1} << 40));  // beyond fs.nr_open
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &after), 0);
    EXPECT_EQ(after.rlim_cur, before.rlim_cur);
}

}  // namespace
}  // namespace strata::dataplane
