#include "control/link/session.h"

#include <gtest/gtest.h>

#include <chrono>

#include "tests/unit/control/link/fake_dataplane.h"
#include "tests/unit/control/room/fixture.h"

namespace strata::control {
namespace {

using Kind = ObjectKey::Kind;

class LinkSessionTest : public testing::Test {
  protected:
    LinkSessionTest()
        : session_(f_.directory, 99,
                   {.workers = [this](const auto& workers) { workers_ = workers; },
                    .latched =
                        [this](ParticipantId id, const auto& remote) {
                            f_.directory.apply(f_.directory.plan_latched(id, remote));
                        },
                    .ssrc_learned = [](auto...) {},
                    .progress = [] {}}) {}

    // Everything both sides have to say to each other.
    void talk(FakeDataplane& dataplane) {
        while (const auto message = session_.next_message())
            for (const std::string& answer : dataplane.receive(*message))
                ASSERT_TRUE(session_.receive(answer)) << session_.last_error();
    }
    void connect(FakeDataplane& dataplane) {
        session_.connect();
        talk(dataplane);
        ASSERT_EQ(session_.link_state(), LinkState::synchronised);
    }
    void expect_equal(const FakeDataplane& dataplane, std::uint64_t epoch) {
        const auto keys = all_objects(f_.directory);
        EXPECT_EQ(dataplane.objects.size(), keys.size());
        for (const ObjectKey key : keys)
            EXPECT_EQ(dataplane.objects.at(key),
                      desired_object(f_.directory, key, epoch)->SerializeAsString());
    }
    // Applies a change and marks what it touches, as the node does.
    void change(const Result<Change>& change) {
        ASSERT_TRUE(change) << change.error().detail;
        f_.directory.apply(*change);
        ++revision_;
        for (const RecordKey& key : change->removes)
            if (const auto object = object_key(key)) session_.mark(*object, revision_);
        for (const Record& record : change->puts)
            if (const auto object = object_key(key_of(record))) session_.mark(*object, revision_);
    }
    // A room with one publisher and `receivers` legs.
    void fill(std::size_t receivers) {
        f_.room("demo");
        const Participant publisher = f_.participant("demo");
        const TrackId track = f_.track(publisher.id, 7)->id;
        for (std::size_t i = 0; i < receivers; ++i) {
            // As plan_participant does it, without its search for the name.
            Participant p{.id = {f_.directory.next_id()}, .room = "demo", .name = "x"};
            f_.directory.apply({.puts = {p}, .next_id = p.id.value + 1});
            Subscription s{.id = {p.id.value + 1}, .participant = p.id, .track = track};
            s.ssrc = static_cast<std::uint32_t>(i + 100);
            f_.directory.apply({.puts = {s}, .next_id = s.id.value + 1});
        }
    }

    DirectoryFixture f_{api::LimitsConfig{}, 1};
    std::vector<WorkerAddress> workers_;
    LinkSession session_;
    std::uint64_t revision_ = 0;
};

}  // namespace

TEST_F(LinkSessionTest, hello_resync_differences) {
    fill(3);
    FakeDataplane dataplane(1);
    const ObjectKey first{Kind::transport, 1};
    EXPECT_EQ(session_.state(first), ObjectState::pending);
    connect(dataplane);
    ASSERT_EQ(workers_.size(), 1u);
    EXPECT_EQ(workers_[0].udp_port, 40000);
    expect_equal(dataplane, 1);
    EXPECT_EQ(session_.state(first), ObjectState::applied);
    EXPECT_EQ(session_.resyncs(), 1u);

    change(f_.directory.plan_participant("demo", {}));
    EXPECT_EQ(session_.pending_count(), 1u);
    talk(dataplane);
    expect_equal(dataplane, 1);
    EXPECT_EQ(session_.pending_count(), 0u);
    change(f_.directory.plan_remove_room("demo"));
    talk(dataplane);
    EXPECT_TRUE(dataplane.objects.empty());
}

// Control restarts: the same state is named again, no object is touched.
TEST_F(LinkSessionTest, a_second_resync_disturbs_nothing) {
    fill(50);
    FakeDataplane dataplane(1);
    connect(dataplane);
    dataplane.changes.clear();
    ASSERT_TRUE(session_.receive(dataplane.latched(1, std::string("\x7f\0\0\1", 4), 5000)));
    session_.disconnect("test");
    EXPECT_EQ(session_.state({Kind::transport, 1}), ObjectState::pending);
    connect(dataplane);
    EXPECT_TRUE(dataplane.changes.empty());
    LinkSession restarted(
        f_.directory, 100,
        {.workers = [](const auto&) {}, .latched = {}, .ssrc_learned = {}, .progress = [] {}});
    restarted.connect();
    while (const auto message = restarted.next_message())
        for (const std::string& answer : dataplane.receive(*message))
            ASSERT_TRUE(restarted.receive(answer));
    EXPECT_EQ(restarted.link_state(), LinkState::synchronised);
    EXPECT_TRUE(dataplane.changes.empty());
}

// The data plane restarts empty: it gets everything, the address it had latched included (C53).
TEST_F(LinkSessionTest, a_new_data_plane_gets_everything_back) {
    fill(5);
    FakeDataplane first(1), second(2);
    connect(first);
    ASSERT_TRUE(session_.receive(first.latched(1, std::string("\x7f\0\0\1", 4), 5000)));
    session_.disconnect("gone");
    connect(second);
    expect_equal(second, 2);
    api::Object object;
    ASSERT_TRUE(object.ParseFromString(second.objects.at({Kind::transport, 1})));
    EXPECT_EQ(object.transport().remote_port(), 5000u);
}

TEST_F(LinkSessionTest, changes_during_a_resync_follow_it) {
    fill(2000);
    FakeDataplane dataplane(1);
    session_.connect();
    int sent = 0;
    while (const auto message = session_.next_message()) {
        if (++sent == 4) {  // hello, begin, a batch, and in the middle of the next ones:
            change(f_.directory.plan_participant("demo", {.name = "late"}));
            change(f_.directory.plan_remove(ParticipantId{3}));
            change(f_.directory.plan_layers(SubscriptionId{6}, "S0T0"));
        }
        for (const std::string& answer : dataplane.receive(*message))
            ASSERT_TRUE(session_.receive(answer)) << session_.last_error();
    }
    EXPECT_GT(sent, 6);
    expect_equal(dataplane, 1);
    EXPECT_EQ(session_.pending_count(), 0u);
}

// A data plane that doesn't answer: however often an object changes it is said once.
TEST_F(LinkSessionTest, back_pressure_is_a_set_of_objects) {
    fill(4);
    FakeDataplane dataplane(1);
    connect(dataplane);
    int unanswered = 0;
    std::vector<std::string> sent;
    for (int i = 0; i < 1000; ++i) {
        change(f_.directory.plan_layers(SubscriptionId{4}, i % 2 ? "S0T0" : "S1T1"));
        while (auto message = session_.next_message()) {
            sent.push_back(std::move(*message));
            ++unanswered;
        }
    }
    EXPECT_LE(unanswered, 8);
    EXPECT_EQ(session_.pending_count(), 1u);
    for (const std::string& message : sent)
        for (const std::string& answer : dataplane.receive(message))
            ASSERT_TRUE(session_.receive(answer));
    EXPECT_EQ(session_.state({Kind::subscription, 4}), ObjectState::pending);
    talk(dataplane);
    EXPECT_EQ(session_.state({Kind::subscription, 4}), ObjectState::applied);
    expect_equal(dataplane, 1);
}

TEST_F(LinkSessionTest, refused_objects_say_why_until_they_change) {
    fill(2);
    const ObjectKey key{Kind::subscription, 4};
    FakeDataplane dataplane(1);
    dataplane.refuse[key] = "capacity";
    connect(dataplane);
    EXPECT_EQ(session_.state(key), ObjectState::refused);
    EXPECT_EQ(session_.refusal(key)->code, "capacity");
    EXPECT_EQ(session_.refused_count(), 1u);
    dataplane.refuse.clear();
    change(f_.directory.plan_layers({4}, "T1"));
    EXPECT_EQ(session_.state(key), ObjectState::pending);
    talk(dataplane);
    EXPECT_EQ(session_.state(key), ObjectState::applied);
    EXPECT_EQ(session_.refused_count(), 0u);
}

TEST_F(LinkSessionTest, removes_go_before_puts) {
    fill(1);
    FakeDataplane dataplane(1);
    connect(dataplane);
    change(f_.directory.plan_remove(TrackId{2}));
    TrackSpec spec{.codec = "VP9", .payload_type = 98};
    spec.encodings = {Encoding{.ssrc = 7}};  // the SSRC that has just become free
    change(f_.directory.plan_track({1}, spec));
    api::ToDataplane first, second;
    const auto one = session_.next_message(), two = session_.next_message();
    ASSERT_TRUE(one && two && first.ParseFromString(*one) && second.ParseFromString(*two));
    EXPECT_EQ(first.batch().remove_size(), 2);
    EXPECT_EQ(first.batch().remove(0).kind(), api::SUBSCRIPTION);
    EXPECT_EQ(first.batch().put_size(), 0);
    EXPECT_EQ(second.batch().put_size(), 1);
    EXPECT_LT(first.batch().generation(), second.batch().generation());
}

TEST_F(LinkSessionTest, another_protocol_version_is_refused) {
    FakeDataplane dataplane(1);
    dataplane.version = api::kProtocolVersion + 1;
    session_.connect();
    const auto hello = session_.next_message();
    ASSERT_TRUE(hello);
    EXPECT_TRUE(session_.answer_due());
    EXPECT_FALSE(session_.receive(dataplane.receive(*hello)[0]));
    EXPECT_NE(session_.last_error().find("version"), std::string::npos);
}

TEST_F(LinkSessionTest, hostile_answers_change_nothing) {
    fill(2);
    FakeDataplane dataplane(1);
    connect(dataplane);
    EXPECT_FALSE(session_.receive("\xff\xff\xff"));
    EXPECT_TRUE(session_.receive(""));  // no body: of a newer data plane
    EXPECT_TRUE(session_.receive(dataplane.latched(1, "abc", 5)));
    EXPECT_TRUE(session_.receive(dataplane.latched(1, "abcd", 0)));
    EXPECT_TRUE(session_.receive(dataplane.latched(1, "abcd", 70000)));
    EXPECT_TRUE(session_.receive(dataplane.latched(12345, "abcd", 5)));
    EXPECT_FALSE(f_.directory.participants().at({1}).latched);
    EXPECT_TRUE(session_.receive(FakeDataplane::applied(1'000'000)));
    EXPECT_EQ(session_.pending_count(), 0u);
    EXPECT_FALSE(session_.receive(dataplane.refused("digest")));
    EXPECT_EQ(session_.link_state(), LinkState::synchronised);
}

// 10,000 receivers: design.md gives a resync less than a second.
TEST_F(LinkSessionTest, ten_thousand_receivers) {
    fill(10'000);
    FakeDataplane dataplane(1);
    const auto start = std::chrono::steady_clock::now();
    connect(dataplane);
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                        std::chrono::steady_clock::now() - start)
                        .count();
    RecordProperty("resync_ms", std::to_string(ms));
    EXPECT_EQ(dataplane.objects.size(), 20'002u);
    const int before = dataplane.messages;
    change(f_.directory.plan_layers(SubscriptionId{4}, "T1"));
    talk(dataplane);
    EXPECT_EQ(dataplane.messages, before + 1);
    EXPECT_EQ(dataplane.changes[(ObjectKey{Kind::subscription, 4})], 2);
}

}  // namespace strata::control
