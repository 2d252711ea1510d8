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
            EXPECT_EQ(slot.packets, slot.handle * 3) << "its hot state came along";
        }
    }
    EXPECT_EQ(next, table.size());
}

TEST(ReceiverTable, RandomMovesKeepPartitionsContiguous) {
    ReceiverTable table(40);
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
            slot.packets = handle * 3;
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

}  // namespace
}  // namespace strata::relay
