#include "control/store/store.h"

#include <gtest/gtest.h>

#include "control/store/memory_store.h"
#include "control/store/sqlite_store.h"
#include "tests/unit/control/scratch_folder.h"

namespace strata::control {
namespace {

// What every store promises.
class AnyStore : public testing::TestWithParam<const char*> {
  protected:
    AnyStore() {
        if (GetParam() == std::string("memory"))
            store_ = std::make_unique<MemoryStore>();
        else
            store_ = std::move(*SqliteStore::open(folder_.file("strata.db")));
    }
    ScratchFolder folder_;
    std::unique_ptr<Store> store_;
};

}  // namespace

TEST_P(AnyStore, gives_back_what_was_put) {
    EXPECT_EQ(store_->revision(), 0u);
    EXPECT_EQ(*store_->get("a/1"), std::nullopt);
    EXPECT_EQ(*store_->put("a/1", "one"), 1u);
    EXPECT_EQ(*store_->put("a/1", "uno \xc3\xbc"), 2u);
    EXPECT_EQ(*store_->get("a/1"), (StoredEntry{"a/1", "uno \xc3\xbc", 2}));
}

TEST_P(AnyStore, lists_by_prefix_in_order) {
    ASSERT_TRUE(store_->commit({.writes = {{"b/2", "x"}, {"a/1", "y"}, {"b/1", "z"}, {"b", "w"}}}));
    const auto entries = *store_->list("b/");
    ASSERT_EQ(entries.size(), 2u);
    EXPECT_EQ(entries[0].key, "b/1");
    EXPECT_EQ(entries[1].key, "b/2");
    EXPECT_EQ(store_->list("")->size(), 4u);
    EXPECT_TRUE(store_->list("c/")->empty());
}

TEST_P(AnyStore, a_transaction_is_whole) {
    ASSERT_TRUE(store_->put("a", "1"));
    const StoreTransaction stale{.conditions = {{"a", 7}}, .writes = {{"a", "2"}, {"b", "2"}}};
    EXPECT_EQ(store_->commit(stale).error().code, ErrorCode::already_exists);
    EXPECT_EQ((*store_->get("a"))->value, "1");
    EXPECT_EQ(*store_->get("b"), std::nullopt);
    EXPECT_EQ(store_->revision(), 1u);
    const StoreTransaction right{.conditions = {{"a", 1}, {"b", 0}},
                                 .writes = {{"a", std::nullopt}, {"b", "2"}}};
    EXPECT_EQ(*store_->commit(right), 2u);
    EXPECT_EQ(*store_->get("a"), std::nullopt);
    EXPECT_EQ((*store_->get("b"))->revision, 2u);
}

TEST_P(AnyStore, watchers_hear_of_their_prefix_after_the_commit) {
    std::vector<std::string> heard;
    const auto id = store_->watch("a/", [&](const StoreEvent& event) {
        heard.push_back(std::string(event.key) + "=" + std::string(event.value.value_or("-")) +
                        "@" + std::to_string(event.revision));
        EXPECT_EQ((*store_->get(event.key)).has_value(), event.value.has_value());
    });
    ASSERT_TRUE(store_->commit({.writes = {{"a/1", "x"}, {"b/1", "y"}}}));
    ASSERT_TRUE(store_->commit({.writes = {{"a/1", std::nullopt}}}));
    EXPECT_FALSE(store_->commit({.conditions = {{"a/1", 9}}, .writes = {{"a/1", "z"}}}));
    store_->unwatch(id);
    ASSERT_TRUE(store_->put("a/2", "x"));
    EXPECT_EQ(heard, (std::vector<std::string>{"a/1=x@1", "a/1=-@2"}));
}

INSTANTIATE_TEST_SUITE_P(Stores, AnyStore, testing::Values("memory", "sqlite"));

}  // namespace strata::control
