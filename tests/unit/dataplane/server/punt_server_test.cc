#include "dataplane/server/punt_server.h"

#include <sys/stat.h>
#include <unistd.h>

#include "dataplane/api/protocol.h"
#include "tests/unit/dataplane/worker/relay_fixture.h"

namespace strata::dataplane {
namespace {

// The data plane's end, and a control process in the same thread.
class PuntServerTest : public testing::Test {
  protected:
    PuntServerTest()
        : path_(testing::TempDir() + "strata-punts-" + std::to_string(::getpid())),
          server_(path_, *relay_.state, {relay_.worker.get()}, *relay_.statistics) {
        EXPECT_TRUE(server_.listen());
        api::Object object;
        object.mutable_transport()->set_id(1);
        object.mutable_transport()->mutable_security();
        object.mutable_transport()->set_remote_address(std::string("\x0a\0\0\2", 4));
        object.mutable_transport()->set_remote_port(5000);
        EXPECT_EQ(relay_.put(object), "");
    }

    void connect() {
        link_ = api::SeqpacketLink::connect(path_).value();
        server_.poll();
    }
    void hello() { relay_.receive(Relay::peer(2), Packet(300, 22)); }
    std::optional<api::Punted> receive() {
        std::vector<char> buffer(api::kMaxMessageBytes);
        const auto size = link_.receive(buffer);
        api::Punted punted;
        if (!size || !punted.ParseFromArray(buffer.data(), static_cast<int>(*size))) return {};
        return punted;
    }
    void send(std::uint64_t transport, const std::string& datagram) {
        api::Punted punted;
        punted.set_transport(transport);
        punted.set_datagram(datagram);
        ASSERT_TRUE(link_.send(punted.SerializeAsString()));
        server_.poll();
        relay_.turn();
    }
    std::uint64_t lost() { return relay_.statistics->header().punts_lost.get(); }

    Relay relay_;
    std::string path_;
    PuntServer server_;
    api::SeqpacketLink link_;
};

TEST_F(PuntServerTest, ForThisUserAlone) {
    struct stat info{};
    ASSERT_EQ(::stat(path_.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u);
    EXPECT_EQ(punt_path("/run/strata/dataplane.sock"), "/run/strata/dataplane.sock.punt");
}

TEST_F(PuntServerTest, UpAndDown) {
    connect();
    hello();
    EXPECT_TRUE(server_.poll());
    const auto punted = receive();
    ASSERT_TRUE(punted);
    EXPECT_EQ(punted->transport(), 1u);
    EXPECT_EQ(punted->datagram(), std::string(300, 22));
    EXPECT_FALSE(server_.poll());
    relay_.sent.clear();
    send(1, "\x16 answer");
    ASSERT_EQ(relay_.sent.size(), 1u);
    EXPECT_EQ(relay_.sent[0].flow.remote_endpoint(), Relay::peer(2));
    EXPECT_EQ(lost(), 0u);
}

TEST_F(PuntServerTest, WithoutControlTheyAreLostAndCounted) {
    hello();
    hello();
    server_.poll();
    EXPECT_EQ(lost(), 2u);
    connect();
    EXPECT_FALSE(receive());
}

TEST_F(PuntServerTest, WhatNobodyCanTakeIsCounted) {
    connect();
    send(77, "\x16");
    send(1, "");
    send(1, std::string(kMaxPuntBytes + 1, '\x16'));
    ASSERT_TRUE(link_.send("\xff\xff\xff garbage"));
    server_.poll();
    EXPECT_EQ(lost(), 4u);
}

TEST_F(PuntServerTest, ControlThatDoesNotReadHoldsNothingUp) {  // C52
    connect();
    for (int i = 0; i < 3'000; ++i) {
        relay_.now += 10'000;
        hello();
        server_.poll();
    }
    EXPECT_TRUE(server_.wants_to_write());
    EXPECT_GT(relay_[api::RxDrop::punt_full], 0u);
    int received = 0;
    for (int i = 0; i < 3'000; ++i, server_.poll())
        while (receive()) ++received;
    EXPECT_EQ(static_cast<std::uint64_t>(received), relay_[api::WorkerCounter::punted]);
    EXPECT_FALSE(server_.wants_to_write());
}

TEST_F(PuntServerTest, ANewControlProcessTakesOver) {
    connect();
    connect();
    hello();
    server_.poll();
    EXPECT_TRUE(receive());
    link_.close();
    server_.poll();
    EXPECT_EQ(server_.link_fd(), -1);
}

}  // namespace
}  // namespace strata::dataplane
