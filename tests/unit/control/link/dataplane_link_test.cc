#include "control/link/dataplane_link.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <vector>

#include "dataplane/api/seqpacket.h"
#include "tests/unit/control/link/fake_dataplane.h"
#include "tests/unit/control/room/fixture.h"
#include "tests/unit/control/scratch_folder.h"

namespace strata::control {
namespace {

// The fake data plane behind a real socket.
class Server {
  public:
    Server(const std::string& path, std::uint64_t epoch) : dataplane(epoch) {
        auto listening = api::SeqpacketListener::listen(path);
        EXPECT_TRUE(listening) << listening.error();
        listener_ = std::move(*listening);
    }
    void poll() {
        while (auto accepted = listener_.accept()) link_ = std::move(*accepted);
        std::vector<char> buffer(api::kMaxMessageBytes);
        while (link_.connected() && !mute) {
            const auto size = link_.receive(buffer);
            if (!size) {
                if (size.error() != api::LinkError::would_block) link_.close();
                return;
            }
            for (const std::string& answer : dataplane.receive({buffer.data(), *size}))
                EXPECT_TRUE(link_.send(answer));
        }
    }
    void hang_up() { link_.close(); }

    FakeDataplane dataplane;
    bool mute = false;

  private:
    api::SeqpacketListener listener_;
    api::SeqpacketLink link_;
};

class DataplaneLinkTest : public testing::Test {
  protected:
    DataplaneLinkTest() {
        f_.room("demo");
        f_.participant("demo");
        link_.start();
    }
    // Runs both ends until `ready`, at most 5 s.
    template <typename Ready>
    bool run_until(Server* server, Ready ready) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
        while (!ready() && std::chrono::steady_clock::now() < end) {
            if (server != nullptr) server->poll();
            loop_.run_for(std::chrono::milliseconds(2));
        }
        return ready();
    }
    bool synchronised() const { return session_.link_state() == LinkState::synchronised; }

    ScratchFolder folder_;
    std::string path_ = folder_.file("dataplane.sock");
    DirectoryFixture f_;
    boost::asio::io_context loop_;
    LinkSession session_{f_.directory,
                         1,
                         {.workers = [](const auto&) {},
                          .latched = [](auto...) {},
                          .ssrc_learned = [](auto...) {},
                          .progress = [] {}}};
    DataplaneLink link_{
        loop_, session_, {.socket = path_, .reconnect_ms = 5, .resync_timeout_ms = 60}};
};

}  // namespace

TEST_F(DataplaneLinkTest, finds_the_data_plane_whenever_it_comes) {
    EXPECT_EQ(session_.link_state(), LinkState::absent);
    {
        Server server(path_, 1);
        ASSERT_TRUE(run_until(&server, [&] { return synchronised(); }));
        EXPECT_EQ(server.dataplane.objects.size(), 1u);
        EXPECT_GT(link_.last_resync_us(), 0u);
        // A difference goes out on wake, not on a timer.
        const auto change = f_.directory.plan_participant("demo", {});
        f_.directory.apply(*change);
        session_.mark({ObjectKey::Kind::transport, 2}, 7);
        link_.wake();
        ASSERT_TRUE(run_until(&server, [&] { return session_.pending_count() == 0; }));
        EXPECT_EQ(server.dataplane.objects.size(), 2u);
    }
    ASSERT_TRUE(run_until(nullptr, [&] { return session_.link_state() == LinkState::absent; }));
    Server next(path_, 2);
    ASSERT_TRUE(run_until(&next, [&] { return synchronised(); }));
    EXPECT_EQ(next.dataplane.objects.size(), 2u);
    EXPECT_EQ(session_.dataplane_epoch(), 2u);
    EXPECT_GE(link_.connects(), 2u);
}

TEST_F(DataplaneLinkTest, a_hang_up_is_followed_by_a_resync) {
    Server server(path_, 1);
    ASSERT_TRUE(run_until(&server, [&] { return synchronised(); }));
    server.hang_up();
    ASSERT_TRUE(run_until(&server, [&] { return session_.resyncs() == 2; }));
    EXPECT_EQ(server.dataplane.changes.at({ObjectKey::Kind::transport, 1}), 1);
}

TEST_F(DataplaneLinkTest, silence_is_given_up_on) {
    Server server(path_, 1);
    server.mute = true;
    ASSERT_TRUE(run_until(&server, [&] { return link_.connects() >= 2; }));
    EXPECT_NE(session_.last_error().find("no answer"), std::string::npos) << session_.last_error();
    server.mute = false;
    ASSERT_TRUE(run_until(&server, [&] { return synchronised(); }));
}

TEST_F(DataplaneLinkTest, stopping_ends_the_loop) {
    Server server(path_, 1);
    ASSERT_TRUE(run_until(&server, [&] { return synchronised(); }));
    link_.stop();
    loop_.restart();
    EXPECT_TRUE(loop_.run_for(std::chrono::seconds(2)) < 100);
    EXPECT_TRUE(loop_.stopped());
}

}  // namespace strata::control
