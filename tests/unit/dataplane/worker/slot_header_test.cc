#include "dataplane/worker/slot_header.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <vector>

namespace strata::dataplane {
namespace {

using relay::HeaderTemplate;

constexpr std::uint16_t kSize = 48, kMidAt = 20, kNumberAt = 24;

HeaderTemplate numbered() {
    HeaderTemplate t;
    t.size = kSize;
    for (std::size_t i = 0; i < t.size; ++i) t.bytes[i] = static_cast<std::uint8_t>(i);
    t.picture_id_bits = 15;
    return t;
}

std::vector<std::uint8_t> written(HeaderTemplate t, const relay::ReceiverSlot& slot) {
    const std::uint8_t bits = t.picture_id_at != 0 ? t.picture_id_bits : std::uint8_t{0};
    t.patch = relay::patch_of(t, relay::picture_patch(bits, t.tl0_pic_idx_at != 0));
    std::vector<std::uint8_t> out(HeaderTemplate::kMaxSize);
    with_slot_header(t, [&](const auto& header) { header.write(slot, out.data()); });
    out.resize(t.size);
    return out;
}

TEST(SlotHeader, StampsWhateverElseIsPatchedAndNothingElse) {  // C29, C37
    for (int fields = 0; fields < 16; ++fields) {
        HeaderTemplate t = numbered();
        if ((fields & 1) != 0) t.picture_id_at = 40;
        if ((fields & 2) != 0) t.tl0_pic_idx_at = 42;
        if ((fields & 4) != 0) t.descriptor_at = 28;
        t.has_structure = (fields & 8) != 0;
        std::uint16_t next = 0xffff;
        relay::ReceiverSlot slot;
        slot.offsets = {.ssrc = 7, .sequence = 9, .frame_number = 10, .picture_id = 11};
        slot.stamp = {.mid = {'v', '1'}, .transport_sequence = &next};
        std::vector<std::uint8_t> expected = written(t, slot);
        EXPECT_EQ(next, 0xffff) << "spent without a place for it";

        t.stamped = true;
        t.mid_at = kMidAt;
        t.mid_size = 2;
        t.transport_sequence_at = kNumberAt;
        expected[kMidAt] = 'v';
        expected[kMidAt + 1] = '1';
        expected[kNumberAt] = expected[kNumberAt + 1] = 0xff;
        EXPECT_EQ(written(t, slot), expected) << fields;
        expected[kNumberAt] = expected[kNumberAt + 1] = 0;
        EXPECT_EQ(written(t, slot), expected) << fields;
        EXPECT_EQ(next, 1);
    }
}

TEST(SlotHeader, EitherStampMayBeMissing) {
    HeaderTemplate t = numbered();
    t.stamped = true;
    t.mid_at = kMidAt;
    t.mid_size = 1;
    relay::ReceiverSlot slot;
    slot.stamp.mid = {'0'};
    EXPECT_EQ(written(t, slot)[kMidAt], '0');

    std::uint16_t next = 0x0102;
    slot.stamp.transport_sequence = &next;
    t.mid_at = 0;
    t.transport_sequence_at = kNumberAt;
    const auto out = written(t, slot);
    EXPECT_EQ(out[kMidAt], kMidAt);
    EXPECT_EQ(out[kNumberAt], 1);
    EXPECT_EQ(out[kNumberAt + 1], 2);
}

}  // namespace
}  // namespace strata::dataplane
