#include "dataplane/server/control_server.h"

#include <unistd.h>

#include "tests/unit/dataplane/worker/relay_fixture.h"

namespace strata::dataplane {
namespace {

// A data plane's control server, and a control process in the same thread.
class ControlServerTest : public testing::Test {
  protected:
    ControlServerTest()
        : path_(testing::TempDir() + "strata-server-" + std::to_string(::getpid())),
          server_({.path = path_,
                   .epoch = 77,
                   .statistics_segment = "/segment",
                   .max_staged_objects = 100},
                  *relay_.state, *relay_.statistics) {
        EXPECT_TRUE(server_.listen());
        connect();
    }

    void connect() {
        link_ = api::SeqpacketLink::connect(path_).value();
        server_.poll();
    }

    void send(const api::ToDataplane& message) {
        ASSERT_TRUE(link_.send(message.SerializeAsString()));
        server_.poll();
        relay_.turn();
        server_.poll();
    }

    // The next message, empty when there is none.
    api::ToControl receive() {
        api::ToControl message;
        std::vector<char> buffer(api::kMaxMessageBytes);
        const auto size = link_.receive(buffer);
        const int bytes = size ? static_cast<int>(*size) : 0;
        EXPECT_TRUE(message.ParseFromArray(buffer.data(), bytes));
        return message;
    }

    api::HelloReply hello(std::uint32_t version = api::kProtocolVersion) {
        api::ToDataplane message;
        message.mutable_hello()->set_version(version);
        send(message);
        return receive().hello();
    }

    static api::Object transport(std::uint64_t id) {
        api::Object object;
        object.mutable_transport()->set_id(id);
        const char address[] = {10, 0, 0, static_cast<char>(id)};
        object.mutable_transport()->set_remote_address(address, 4);
        object.mutable_transport()->set_remote_port(5000);
        return object;
    }

    void resync_begin(std::uint64_t generation) {
        api::ToDataplane message;
        message.mutable_resync_begin()->set_generation(generation);
        send(message);
    }

    void batch(const std::vector<api::Object>& objects, std::uint64_t generation = 0) {
        api::ToDataplane message;
        message.mutable_batch()->set_generation(generation);
        for (const api::Object& object : objects) {
            *message.mutable_batch()->add_put() = object;
            digest_.add(object.SerializeAsString());
            ++count_;
        }
        send(message);
    }

    void commit(std::uint64_t generation) {
        api::ToDataplane message;
        message.mutable_resync_commit()->set_generation(generation);
        message.mutable_resync_commit()->set_object_count(count_);
        message.mutable_resync_commit()->set_digest(digest_.value());
        digest_ = {};
        count_ = 0;
        send(message);
    }

    Relay relay_;
    std::string path_;
    ControlServer server_;
    api::SeqpacketLink link_;
    api::Digest digest_;
    std::uint32_t count_ = 0;
};

TEST_F(ControlServerTest, GreetsAndRefusesOtherVersions) {
    api::ToDataplane early;
    early.mutable_status_request();
    send(early);
    EXPECT_EQ(receive().refused().code(), "hello-first");
    const api::HelloReply reply = hello();
    EXPECT_EQ(reply.dataplane_epoch(), 77u);
    EXPECT_EQ(reply.generation(), 0u);
    EXPECT_EQ(reply.statistics_segment(), "/segment");
    api::ToDataplane message;
    message.mutable_hello()->set_version(9);
    send(message);
    EXPECT_EQ(receive().refused().code(), "version");
}

TEST_F(ControlServerTest, NothingChangesBeforeTheCommit) {
    hello();
    resync_begin(5);
    batch({transport(2), transport(3)});
    EXPECT_EQ(relay_.state->transports(), 0u);
    EXPECT_EQ(receive().body_case(), api::ToControl::BODY_NOT_SET);
    commit(5);
    EXPECT_EQ(receive().applied().generation(), 5u);
    EXPECT_EQ(relay_.state->transports(), 2u);

    resync_begin(6);  // what isn't named goes
    batch({transport(3), transport(4)});
    commit(6);
    EXPECT_EQ(receive().applied().generation(), 6u);
    EXPECT_TRUE(relay_.state->has_transport(3));
    EXPECT_FALSE(relay_.state->has_transport(2));
}

TEST_F(ControlServerTest, AnInterruptedResyncChangesNothing) {
    hello();
    batch({transport(2)}, 1);
    EXPECT_EQ(receive().applied().generation(), 1u);
    resync_begin(5);
    batch({transport(3)});
    link_.close();
    server_.poll();
    connect();
    EXPECT_EQ(hello().generation(), 1u);
    EXPECT_TRUE(relay_.state->has_transport(2));
    EXPECT_FALSE(relay_.state->has_transport(3));
    commit(5);
    EXPECT_EQ(receive().refused().code(), "no-resync");
    EXPECT_TRUE(relay_.state->has_transport(2));
}

TEST_F(ControlServerTest, AWrongDigestOrCountIsRefused) {
    hello();
    batch({transport(2)}, 1);
    receive();
    resync_begin(5);
    digest_ = {};
    count_ = 0;
    batch({transport(3)});
    digest_.add("x");
    commit(5);
    EXPECT_EQ(receive().refused().code(), "digest");
    resync_begin(6);
    batch({transport(3)});
    ++count_;
    commit(6);
    EXPECT_EQ(receive().refused().code(), "digest");
    EXPECT_TRUE(relay_.state->has_transport(2));
    EXPECT_EQ(server_.generation(), 1u);
}

TEST_F(ControlServerTest, TooManyObjectsAreRefused) {  // C52
    hello();
    resync_begin(5);
    std::vector<api::Object> objects;
    for (std::uint64_t id = 1; id <= 101; ++id) objects.push_back(transport(id));
    batch(objects);
    commit(5);
    EXPECT_EQ(receive().refused().code(), "too-many-objects");
    EXPECT_EQ(relay_.state->transports(), 0u);
}

TEST_F(ControlServerTest, RefusedObjectsAreNamedAndTheOthersHold) {
    hello();
    api::Object orphan;
    orphan.mutable_track()->set_id(9);
    orphan.mutable_track()->set_transport(42);
    batch({orphan, transport(2)}, 3);
    const api::ToControl reply = receive();
    ASSERT_EQ(reply.applied().errors_size(), 1);
    EXPECT_EQ(reply.applied().errors(0).object().kind(), api::TRACK);
    EXPECT_EQ(reply.applied().errors(0).object().id(), 9u);
    EXPECT_EQ(reply.applied().errors(0).code(), "unknown-transport");
    EXPECT_TRUE(relay_.state->has_transport(2));

    api::ToDataplane message;
    message.mutable_status_request();
    send(message);
    const api::ToControl status = receive();
    EXPECT_EQ(status.status().transports(), 1u);
    EXPECT_EQ(status.status().generation(), 3u);
}

TEST_F(ControlServerTest, WhatWasLearnedIsToldToEveryControlProcess) {
    hello();
    batch({transport(2)}, 1);
    receive();
    server_.on_notice({.kind = Notice::Kind::transport_latched,
                       .id = 2,
                       .endpoint = {IpAddress::v4({10, 0, 0, 2}), 5001}});
    EXPECT_EQ(receive().event().latched().port(), 5001u);
    connect();  // the newest control process takes over
    hello();
    const api::ToControl again = receive();
    EXPECT_EQ(again.event().latched().transport(), 2u);
    EXPECT_EQ(again.event().latched().address(), std::string("\x0a\0\0\2", 4));

    api::ToDataplane message;
    message.mutable_batch()->set_generation(2);
    api::ObjectRef& gone = *message.mutable_batch()->add_remove();
    gone.set_kind(api::TRANSPORT);
    gone.set_id(2);
    send(message);
    receive();
    connect();
    hello();
    EXPECT_EQ(receive().body_case(), api::ToControl::BODY_NOT_SET);
}

TEST_F(ControlServerTest, WhereWebRtcPeersAreIsToldToo) {
    hello();
    batch({transport(2)}, 1);
    receive();
    Notice notice{.kind = Notice::Kind::transport_nominated, .id = 2};
    notice.endpoint = {IpAddress::v4({10, 0, 0, 9}), 40'000};
    server_.on_notice(notice);
    const api::ToControl nominated = receive();
    EXPECT_EQ(nominated.event().nominated().transport(), 2u);
    EXPECT_EQ(nominated.event().nominated().port(), 40'000u);
    EXPECT_EQ(nominated.event().nominated().address(), std::string("\x0a\0\0\x09", 4));
    server_.on_notice({.kind = Notice::Kind::consent_lost, .id = 2});
    EXPECT_EQ(receive().event().consent_lost().transport(), 2u);
    connect();  // only the latest is repeated
    hello();
    EXPECT_EQ(receive().event().consent_lost().transport(), 2u);
    EXPECT_EQ(receive().body_case(), api::ToControl::BODY_NOT_SET);
}

TEST_F(ControlServerTest, AppliedMeansThatWorkersWorkByIt) {  // C45
    hello();
    api::ToDataplane message;
    message.mutable_batch()->set_generation(8);
    *message.mutable_batch()->add_put() = transport(2);
    ASSERT_TRUE(link_.send(message.SerializeAsString()));
    for (int i = 0; i < 3; ++i) server_.poll();
    EXPECT_EQ(receive().body_case(), api::ToControl::BODY_NOT_SET);
    relay_.worker->turn(relay_.now, 32);
    // What comes later doesn't hold the answer up.
    message.mutable_batch()->set_generation(9);
    *message.mutable_batch()->mutable_put(0) = transport(3);
    ASSERT_TRUE(link_.send(message.SerializeAsString()));
    server_.poll();
    EXPECT_EQ(receive().applied().generation(), 8u);
    EXPECT_EQ(receive().body_case(), api::ToControl::BODY_NOT_SET);
    relay_.turn();
    server_.poll();
    EXPECT_EQ(receive().applied().generation(), 9u);
}

TEST_F(ControlServerTest, LookingWhetherSomebodyListensCutsNobodyOff) {
    hello();
    {
        const auto probe = api::SeqpacketLink::connect(path_);
        ASSERT_TRUE(probe);
        server_.poll();
    }
    server_.poll();
    batch({transport(2)}, 1);
    EXPECT_EQ(receive().applied().generation(), 1u);
}

TEST_F(ControlServerTest, GarbageIsRefused) {
    ASSERT_TRUE(link_.send(std::string(50, '\xff')));
    server_.poll();
    EXPECT_EQ(receive().refused().code(), "malformed");
}

}  // namespace
}  // namespace strata::dataplane
