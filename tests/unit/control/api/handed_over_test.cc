#include "control/api/handed_over.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstring>
#include <optional>
#include <vector>

#include "dataplane/api/seqpacket.h"
#include "tests/unit/control/scratch_folder.h"

namespace strata::control {
namespace {

struct HandedOverTest : testing::Test {
    HandedOverTest() { listen(); }
    ~HandedOverTest() override {
        for (const int fd : received) close(fd);
    }
    void listen() {
        auto made = api::SeqpacketListener::listen(path);
        ASSERT_TRUE(made) << made.error();
        listener = std::move(*made);
    }
    void run(auto ready) {
        bool done = false;
        for (int i = 0; i < 5000 && !(done = ready()); ++i)
            loop.run_for(std::chrono::milliseconds(1));
        EXPECT_TRUE(done);
    }
    void accept() {
        run([&] {
            auto link = listener.accept();
            if (link) dataplane = std::move(*link);
            return link.has_value();
        });
    }
    // One message with these descriptors.
    void send(std::string_view bytes, const std::vector<int>& descriptors) {
        alignas(cmsghdr) char control[CMSG_SPACE(4 * sizeof(int))] = {};
        iovec part{const_cast<char*>(bytes.data()), bytes.size()};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        if (!descriptors.empty()) {
            message.msg_control = control;
            message.msg_controllen = CMSG_SPACE(descriptors.size() * sizeof(int));
            cmsghdr* c = CMSG_FIRSTHDR(&message);
            c->cmsg_level = SOL_SOCKET;
            c->cmsg_type = SCM_RIGHTS;
            c->cmsg_len = CMSG_LEN(descriptors.size() * sizeof(int));
            std::memcpy(CMSG_DATA(c), descriptors.data(), descriptors.size() * sizeof(int));
        }
        ASSERT_EQ(sendmsg(dataplane.fd(), &message, 0), static_cast<ssize_t>(bytes.size()));
    }

    ScratchFolder folder;
    std::string path = folder.file("dp.sock.accept");
    boost::asio::io_context loop;
    api::SeqpacketListener listener;
    api::SeqpacketLink dataplane;
    std::vector<int> received;
    HandedOver handed_over{loop, path, 10, [this](int fd) { received.push_back(fd); }};
};

TEST_F(HandedOverTest, DescriptorsComeOver) {
    handed_over.start();
    accept();
    int pair[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    send("T", {pair[0]});
    run([&] { return received.size() == 1; });
    close(pair[0]);
    ASSERT_EQ(write(received[0], "x", 1), 1);
    char byte = 0;
    EXPECT_EQ(read(pair[1], &byte, 1), 1);
    EXPECT_EQ(byte, 'x');
    close(pair[1]);
}

TEST_F(HandedOverTest, OtherMessagesAreRefusedAndLeakNothing) {
    handed_over.start();
    accept();
    int pair[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    send("T", {});
    send("X", {pair[0]});
    send("TT", {pair[0]});
    send("T", {pair[0], pair[0]});  // the second one is closed
    run([&] { return handed_over.refused() == 3 && received.size() == 1; });
    close(pair[0]);
    close(received[0]);
    received.clear();
    char byte = 0;
    EXPECT_EQ(read(pair[1], &byte, 1), 0);  // nobody holds the other end
    close(pair[1]);
}

TEST_F(HandedOverTest, ComesBackAfterARestart) {
    listener.close();
    handed_over.start();
    loop.run_for(std::chrono::milliseconds(30));
    listen();
    accept();
    dataplane.close();
    listener.close();
    loop.run_for(std::chrono::milliseconds(30));
    listen();
    accept();
    int pair[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    send("T", {pair[0]});
    run([&] { return received.size() == 1; });
    close(pair[0]);
    close(pair[1]);
}

}  // namespace
}  // namespace strata::control
