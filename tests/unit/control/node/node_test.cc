#include "control/node/node.h"

#include <gtest/gtest.h>

#include "control/store/record_codec.h"
#include "tests/unit/control/node/fixture.h"

namespace strata::control {

TEST(Node, commits_before_it_applies) {
    NodeFixture f;
    Directory& directory = f.node->directory();
    f.store.fail(true);
    EXPECT_EQ(f.node->carry_out(directory.plan_room({.name = "demo"})).error().code,
              ErrorCode::store_unavailable);
    EXPECT_TRUE(directory.rooms().empty());
    EXPECT_TRUE(f.node->store_failing());
    f.store.fail(false);
    ASSERT_TRUE(f.node->carry_out(directory.plan_room({.name = "demo"})));
    EXPECT_FALSE(f.node->store_failing());
    EXPECT_TRUE((*f.store.get("rooms/demo")).has_value());
}

TEST(Node, a_restart_forgets_nothing) {
    NodeFixture f;
    f.connect();
    ASSERT_TRUE(f.node->carry_out(f.node->directory().plan_room({.name = "demo"})));
    ASSERT_TRUE(f.node->carry_out(f.node->directory().plan_participant("demo", {})));
    f.node->session().receive(f.dataplane.latched(1, std::string("\x7f\0\0\1", 4), 5000));
    EXPECT_EQ(f.dataplane.objects.size(), 1u);
    f.dataplane.changes.clear();
    f.restart();
    ASSERT_EQ(f.node->directory().participants().size(), 1u);
    EXPECT_EQ(f.node->directory().participants().at({1}).latched->value.port, 5000);
    EXPECT_EQ(f.node->directory().next_id(), 2u);
    f.connect();
    EXPECT_TRUE(f.dataplane.changes.empty());  // nothing was disturbed
    f.dataplane = FakeDataplane(78);
    f.node->session().disconnect("gone");
    f.connect();
    api::Object object;
    ASSERT_TRUE(object.ParseFromString(f.dataplane.objects.begin()->second));
    EXPECT_EQ(object.transport().remote_port(), 5000u);
}

TEST(Node, what_a_peer_was_reached_by_is_known) {
    NodeFixture f;
    f.connect();
    ASSERT_TRUE(f.node->carry_out(f.node->directory().plan_room({.name = "demo"})));
    ASSERT_TRUE(f.node->carry_out(f.node->directory().plan_participant("demo", {})));
    const std::string there("\x7f\0\0\1", 4);
    f.node->session().receive(f.dataplane.nominated(1, there, 5001, true));
    EXPECT_TRUE(f.node->directory().participants().at({1}).latched_by_tcp);
    f.node->session().receive(f.dataplane.nominated(1, there, 5001, false));
    EXPECT_FALSE(f.node->directory().participants().at({1}).latched_by_tcp);
    EXPECT_EQ(f.node->directory().participants().at({1}).latched->value.port, 5001);
}

TEST(Node, answers_wait_for_the_data_plane_but_not_for_long) {
    NodeFixture f;
    auto change = f.node->carry_out(f.node->directory().plan_room({.name = "demo"}));
    int done = 0;
    f.node->when_settled(*change, [&] { ++done; });
    EXPECT_EQ(done, 1);  // no data plane: at once
    f.connect();
    f.talking = false;  // it doesn't answer any more
    change = f.node->carry_out(f.node->directory().plan_participant("demo", {}));
    f.node->when_settled(*change, [&] { ++done; });
    EXPECT_EQ(done, 1);
    f.talk();
    EXPECT_EQ(done, 2);
    change = f.node->carry_out(f.node->directory().plan_remove(ParticipantId{1}));
    f.node->when_settled(*change, [&] { ++done; });
    EXPECT_EQ(done, 2);
    f.run_timers();
    EXPECT_EQ(done, 3);
    f.talk();
    EXPECT_EQ(done, 3);
    EXPECT_TRUE(f.dataplane.objects.empty());
}

TEST(Node, rooms_of_workers_that_are_gone_move) {
    api::Config config;
    config.dataplane.workers = 4;
    NodeFixture f(config);
    ASSERT_TRUE(f.node->carry_out(f.node->directory().plan_room({.name = "demo", .worker = 3})));
    ASSERT_TRUE(f.node->carry_out(f.node->directory().plan_participant("demo", {.worker = 2})));
    const ParticipantId id = *f.node->directory().participants_in("demo").begin();
    EXPECT_EQ(f.node->directory().worker_of(id), 2u);
    f.config.dataplane.workers = 2;
    f.restart();
    EXPECT_EQ(f.node->directory().worker_of(id), 1u);
    EXPECT_EQ(f.node->directory().rooms().at("demo").worker, 1u);
    const auto stored = load_all(f.store);
    EXPECT_EQ(std::get<Room>(stored->puts[0]).worker, 1u);
}

TEST(Node, damaged_store_is_refused) {
    NodeFixture f;
    ASSERT_TRUE(f.store.put("rooms/x", "{"));
    EXPECT_FALSE(Node::load(f.config, f.store, {.unix_ms = [] { return std::int64_t{0}; }}));
}

}  // namespace strata::control
