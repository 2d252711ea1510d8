#include "dataplane/server/checkpoint_store.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <set>

namespace strata::dataplane {
namespace {

constexpr relay::TimeUs kNow = 9'000'000'000;

// A name in /dev/shm that is gone with the test.
class CheckpointStoreTest : public testing::Test {
  protected:
    ~CheckpointStoreTest() override { ::shm_unlink(name_.c_str()); }

    CheckpointStore open(relay::TimeUs now = kNow) {
        auto store = CheckpointStore::open(name_, layout_, now);
        EXPECT_TRUE(store) << store.error();
        return std::move(*store);
    }
    static CheckpointKey key(std::uint64_t id) {
        return {.kind = CheckpointKind::outgoing, .id = id};
    }
    static void write(CheckpointRecord& record, std::uint64_t sequence, relay::TimeUs at = kNow) {
        CheckpointNumbers numbers;
        numbers.extended_sequence = sequence;
        numbers.written_us = numbers.sent_us = at;
        write_checkpoint(record, numbers);
    }
    // A store with streams 1..n, left behind as by a crash.
    void leave(std::uint64_t n) {
        CheckpointStore store = open();
        for (std::uint64_t id = 1; id <= n; ++id) write(*store.claim(key(id)).record, 100 + id);
    }
    void damage(std::size_t at, std::uint8_t with) {
        const int fd = ::shm_open(name_.c_str(), O_RDWR, 0);
        EXPECT_EQ(::pwrite(fd, &with, 1, static_cast<off_t>(at)), 1);
        ::close(fd);
    }

    std::string name_ = "/strata-checkpoint-test-" + std::to_string(::getpid());
    CheckpointLayout layout_{.node = "n1", .boot_id = "b1", .capacity = 8};
};

TEST_F(CheckpointStoreTest, WhatOneProcessWroteTheNextOneFinds) {  // C53
    leave(3);
    CheckpointStore store = open();
    EXPECT_EQ(store.left(), 3u);
    const auto claim = store.claim(key(2));
    ASSERT_TRUE(claim.stored);
    EXPECT_EQ(claim.stored->extended_sequence, 102u);
    EXPECT_EQ(store.left(), 2u);
    EXPECT_FALSE(store.claim(key(7)).stored) << "an unknown stream begins anew";
    EXPECT_FALSE(store.claim({.kind = CheckpointKind::inbound, .id = 1}).stored);
}

TEST_F(CheckpointStoreTest, OneWriterAtATime) {
    CheckpointStore first = open();
    const auto second = CheckpointStore::open(name_, layout_, kNow);
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().find("another process"), std::string::npos) << second.error();
}

TEST_F(CheckpointStoreTest, AnotherBootNodeOrAgeIsNoRecord) {
    leave(3);
    EXPECT_EQ(open(kNow + layout_.max_age_us + 1).left(), 0u);
    leave(3);
    EXPECT_EQ(open(kNow - 1).left(), 0u) << "written in the future";
    leave(3);
    layout_.boot_id = "b2";
    EXPECT_EQ(open().left(), 0u);
    leave(3);
    layout_.node = "n2";
    EXPECT_EQ(open().left(), 0u);
    leave(3);
    layout_.capacity = 2;
    EXPECT_EQ(open().left(), 0u) << "more than there shall be";
    layout_.boot_id.clear();
    leave(1);
    EXPECT_EQ(open().left(), 0u) << "a machine that doesn't tell its boot";
}

TEST_F(CheckpointStoreTest, DamagedBytesCostTheirRecordOnly) {
    for (std::size_t at = 0; at < 4'096 + 4 * 256; at += 4) {
        ::shm_unlink(name_.c_str());
        leave(4);
        damage(at, 0xa5);
        CheckpointStore store = open();
        EXPECT_LE(store.left(), 4u);
        EXPECT_GE(store.left(), at >= 4'096 ? 3u : 0u) << at;
        for (std::uint64_t id = 1; id <= 4; ++id) {
            const auto claim = store.claim(key(id));
            EXPECT_EQ(claim.stored ? claim.stored->extended_sequence : 100 + id, 100 + id) << at;
        }
    }
}

TEST_F(CheckpointStoreTest, AShorterFileIsBegunAnew) {
    leave(4);
    const int fd = ::shm_open(name_.c_str(), O_RDWR, 0);
    for (const off_t size : {4'096 + 256, 4'095, 1, 0}) {
        ASSERT_EQ(::ftruncate(fd, size), 0);
        CheckpointStore store = open();
        EXPECT_EQ(store.left(), 0u);
        EXPECT_NE(store.claim(key(1)).record, nullptr);
    }
    ::close(fd);
}

TEST_F(CheckpointStoreTest, RoomIsBoundedAndLeftRecordsGiveWay) {
    leave(8);
    CheckpointStore store = open();
    std::set<CheckpointRecord*> places;
    for (std::uint64_t id = 11; id <= 18; ++id) places.insert(store.claim(key(id)).record);
    EXPECT_EQ(places.size(), 8u);
    EXPECT_FALSE(places.contains(nullptr));
    EXPECT_EQ(store.left(), 0u);
    EXPECT_EQ(store.claim(key(19)).record, nullptr);
    EXPECT_EQ(store.refused(), 1u);
    store.give_back(*places.begin());
    EXPECT_NE(store.claim(key(19)).record, nullptr);
    store.give_back(nullptr);
}

TEST_F(CheckpointStoreTest, AStreamThatIsRebuiltGoesOnInAnotherRecord) {
    CheckpointStore store = open();
    CheckpointRecord* before = store.claim(key(1)).record;
    write(*before, 500);
    const auto again = store.claim(key(1));
    ASSERT_TRUE(again.stored);
    EXPECT_EQ(again.stored->extended_sequence, 500u);
    EXPECT_NE(again.record, before);
    write(*before, 501);  // its worker hasn't heard yet
    write(*again.record, 900);
    store.give_back(before);
    EXPECT_EQ(store.left(), 0u);
    store.give_back(again.record);
    EXPECT_EQ(store.left(), 1u);
    EXPECT_EQ(store.claim(key(1)).stored->extended_sequence, 900u);
}

TEST_F(CheckpointStoreTest, TheFileGrowsWithItsStreams) {
    layout_.capacity = 1'000;
    const auto size = [this] {
        const int fd = ::shm_open(name_.c_str(), O_RDONLY, 0);
        struct stat file{};
        ::fstat(fd, &file);
        ::close(fd);
        return file.st_size;
    };
    leave(3);
    const off_t small = size();
    leave(900);
    EXPECT_LT(small, 100'000);
    EXPECT_GT(size(), 200'000);
    EXPECT_EQ(open().left(), 900u);
}

TEST_F(CheckpointStoreTest, StreamsThatComeAndGoDontMakeItGrow) {
    layout_.capacity = 100'000;
    CheckpointStore store = open();
    for (std::uint64_t id = 1; id <= 20'000; ++id) {
        CheckpointRecord* record = store.claim(key(id)).record;
        write(*record, id);
        store.give_back(record);
    }
    EXPECT_LT(store.left(), 1'100u);
    EXPECT_EQ(store.claim(key(19'999)).stored->extended_sequence, 19'999u);
    EXPECT_FALSE(store.claim(key(1)).stored);
}

TEST(CheckpointStore, WorksInMemoryOfItsOwn) {
    auto store = CheckpointStore::open("", {.capacity = 2}, kNow);
    ASSERT_TRUE(store);
    EXPECT_NE(store->claim({.kind = CheckpointKind::outgoing, .id = 1}).record, nullptr);
    EXPECT_FALSE(read_boot_id().empty());
}

}  // namespace
}  // namespace strata::dataplane
