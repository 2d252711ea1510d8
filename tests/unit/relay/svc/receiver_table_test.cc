#include "relay/svc/receiver_table.h"

#include <gtest/gtest.h>

#include <map>

namespace strata::relay {
namespace {

// Partitions cover the slots without gaps, and every receiver stands in its own.
void expect_consistent(ReceiverTable& table, const std::map<ReceiverHandle, GroupIndex>& model) {
    ASSERT_EQ(table.size(), model.size());
    std::size_t next = 0;
    for (const Partition& partition : table.partitions()) {
        EXPECT_EQ(partition.begin, next);
        EXPECT_GT(partition.count, 0u);
        next += partition.count;
        for (const ReceiverSlot& slot : table.slots(partition)) {
            const ReceiverIndex index = table.find(slot.handle);
            ASSERT_NE(index, kNoReceiver);
            EXPECT_EQ(&table.slot(index), &slot);
            EXPECT_EQ(table.receiver(index).group, partition.group);
            EXPECT_EQ(table.receiver(index).profile, partition.profile);
            EXPECT_EQ(model.at(slot.handle), partition.group);
            EXPECT_EQ(slot.offsets.ssrc, slot.handle * 3) << "its hot state came along";
        }
    }
    EXPECT_EQ(next, table.size());
}

TEST(ReceiverTable, RandomMovesKeepPartitionsContiguous) {
    ReceiverTable table(40, 3);
    std::map<ReceiverHandle, GroupIndex> model;
    std::uint32_t random = 99;
    const auto draw = [&random](std::uint32_t below) {
        random = random * 1'664'525 + 1'013'904'223;
        return (random >> 16) % below;
    };
    for (int step = 0; step < 4000; ++step) {
        const ReceiverHandle handle = draw(60) * 65'536;
        if (const ReceiverIndex index = table.find(handle); index == kNoReceiver) {
            Receiver receiver;
            receiver.handle = handle;
            receiver.profile = static_cast<std::uint8_t>(draw(3));
            ReceiverSlot slot;
            slot.handle = handle;
            slot.offsets.ssrc = handle * 3;
            const bool room = model.size() < 40;
            EXPECT_EQ(table.add(receiver, slot), room);
            EXPECT_FALSE(room && table.add(receiver, slot)) << "the handle is taken";
            if (room) model[handle] = kNoGroup;
        } else if (draw(4) == 0) {
            table.remove(index);
            model.erase(handle);
        } else {
            const auto group = static_cast<GroupIndex>(draw(5));
            table.move(index, group);
            model[handle] = group;
        }
        if (step % 7 == 0) expect_consistent(table, model);
    }
}

HeaderProfile of_leg(std::uint8_t leg) {
    HeaderProfile profile;
    profile.leg = leg;
    return profile;
}

TEST(ReceiverTable, ProfilesHavePlacesForAsLongAsReceiversHaveThem) {
    ReceiverTable table(4, 2);
    const auto add = [&table](ReceiverHandle handle, std::uint8_t leg) {
        const auto place = table.take_profile(of_leg(leg));
        if (!place) return false;
        Receiver receiver;
        receiver.handle = handle;
        receiver.profile = *place;
        ReceiverSlot slot;
        slot.handle = handle;
        return table.add(receiver, slot);
    };
    EXPECT_TRUE(add(1, 10));
    EXPECT_TRUE(add(2, 11));
    EXPECT_FALSE(add(3, 12)) << "no place";
    EXPECT_TRUE(add(3, 11)) << "the same one's";
    table.move(table.find(3), 1);
    for (const Partition& partition : table.partitions())
        EXPECT_EQ(partition.header, table.profile(partition.profile));
    table.remove(table.find(1));
    EXPECT_TRUE(add(4, 12)) << "nobody has leg 10 any more";
    for (const Partition& partition : table.partitions())
        for (const ReceiverSlot& slot : table.slots(partition))
            EXPECT_EQ(partition.header.leg, slot.handle == 4 ? 12 : 11);
}

// Counted per partition, told per receiver.
TEST(ReceiverTable, WhatReceiversWereSentFollowsThemThroughRandomMoves) {
    constexpr std::uint32_t kReceivers = 12;
    ReceiverTable table(kReceivers, 2);
    std::map<ReceiverHandle, SentCount> model;
    std::uint32_t random = 7;
    const auto draw = [&random](std::uint32_t below) {
        random = random * 1'664'525 + 1'013'904'223;
        return (random >> 16) % below;
    };
    for (int step = 0; step < 5'000; ++step) {
        const ReceiverHandle handle = draw(kReceivers);
        const ReceiverIndex index = table.find(handle);
        const SentCount packet{draw(1'500), draw(1'400), 1};
        if (index == kNoReceiver) {
            Receiver receiver;
            receiver.handle = handle;
            receiver.profile = static_cast<std::uint8_t>(draw(2));
            receiver.sent = {draw(100), ~0u, ~0u};
            ReceiverSlot slot;
            slot.handle = handle;
            ASSERT_TRUE(table.add(receiver, slot));
            model[handle] = receiver.sent;
        } else if (const std::uint32_t action = draw(8); action == 0) {
            table.remove(index);
            model.erase(handle);
        } else if (action < 3) {
            table.move(index, static_cast<GroupIndex>(draw(3)));
        } else if (action == 3) {
            table.count_sent(index, packet);
            model[handle].add(packet);
        } else {
            const auto partitions = table.partitions();
            const Partition& partition =
                partitions[draw(static_cast<std::uint32_t>(partitions.size()))];
            table.count_sent(partition, packet);
            for (const ReceiverSlot& slot : table.slots(partition)) model[slot.handle].add(packet);
        }
        for (const auto& [known, sent] : model) {
            const SentCount told = table.sent(table.find(known));
            ASSERT_EQ(told.bytes, sent.bytes);
            ASSERT_EQ(told.octets_low, sent.octets_low);
            ASSERT_EQ(told.packets, sent.packets);
        }
    }
}

}  // namespace
}  // namespace strata::relay
