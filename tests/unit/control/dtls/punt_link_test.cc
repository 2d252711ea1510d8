#include "control/dtls/punt_link.h"

#include <gtest/gtest.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <vector>

#include "dataplane/api/protocol.h"
#include "dataplane/api/seqpacket.h"
#include "dataplane/api/strata.pb.h"
#include "tests/unit/control/scratch_folder.h"

namespace strata::control {
namespace {

using namespace std::chrono_literals;

TEST(PuntLink, CarriesDatagramsBothWaysAndReconnects) {
    const ScratchFolder folder;
    const std::string path = folder.file("dataplane.sock.punt");
    boost::asio::io_context loop;
    std::vector<std::pair<std::uint64_t, std::string>> received;
    PuntLink link(loop, path, 10, [&](ParticipantId id, std::span<const std::uint8_t> bytes) {
        received.emplace_back(id.value, std::string(bytes.begin(), bytes.end()));
    });
    link.start();
    const std::array<std::uint8_t, 3> answer{22, 1, 2};
    link.send({5}, answer);  // nobody is there
    EXPECT_EQ(link.counters().dropped, 1u);
    for (int round = 0; round < 2; ++round) {
        auto listener = *api::SeqpacketListener::listen(path);
        loop.run_for(60ms);
        auto peer = listener.accept();
        ASSERT_TRUE(peer);
        ASSERT_TRUE(peer->send("\xff\xff not a message"));
        api::Punted message;
        message.set_transport(5);
        message.set_datagram("hello");
        ASSERT_TRUE(peer->send(message.SerializeAsString()));
        loop.run_for(30ms);
        link.send({5}, answer);
        std::vector<char> buffer(api::kMaxMessageBytes);
        const auto size = peer->receive(buffer);
        ASSERT_TRUE(size);
        ASSERT_TRUE(message.ParseFromArray(buffer.data(), static_cast<int>(*size)));
        EXPECT_EQ(message.transport(), 5u);
        EXPECT_EQ(message.datagram(), "\x16\x01\x02");
        peer->close();
        listener.close();
        loop.run_for(30ms);
    }
    ASSERT_EQ(received.size(), 2u);
    EXPECT_EQ(received[1], (std::pair<std::uint64_t, std::string>(5, "hello")));
    EXPECT_EQ(link.counters().refused, 2u);
    link.stop();
}

}  // namespace
}  // namespace strata::control
