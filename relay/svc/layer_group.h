#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>

#include "relay/rewrite/dependency_descriptor_rewriter.h"
#include "relay/rewrite/picture_id_map.h"
#include "relay/rewrite/sequence_map.h"
#include "relay/rtp/types.h"
#include "relay/svc/fixed_array.h"
#include "relay/svc/layer_id.h"
#include "relay/svc/receiver_table.h"

namespace strata::relay {

// What becomes of one input number in one group.
struct GroupDecision {
    enum class Action : std::uint8_t { none, forward, close };
    Action action = Action::none;
    bool end_of_picture = false;
    bool has_mask = false;
    DescriptorMask mask;
    std::int64_t number = 0;
    std::int64_t picture_id = -1;
};

// The newest numbers that a group gave out, before receivers' offsets: what their streams go on
// from when they leave its encoding.
struct LastSent {
    RtpTimestamp timestamp;
    TimeUs at = 0;
    std::uint16_t frame_number = 0;
    std::uint16_t picture_id = 0;  // VP9; VP8's stands in LayerGroup::pictures
    std::uint8_t tl0_pic_idx = 0, key_idx = 0;
    std::uint8_t next_template_id = 0;  // behind the structure in force
    bool frame_ended = true;
    // Which of the above it has given out at all.
    bool has_descriptor = false, has_structure = false, has_picture = false;
    bool has_tl0_pic_idx = false, has_key_idx = false;
};

// Receivers that want the same layers of one encoding, and the numbering that they share
// (design.md, layer groups and rewriting).
struct alignas(64) LayerGroup {
    SequenceMap numbers;
    std::int64_t marked_picture = -1;  // its marker went out
    bool mask_due = false;             // C11: full again, which its receivers may not know yet
    LastSent last;
    PictureIdMap pictures;  // VP8 without descriptor
};

// The layer groups of one track: a place for each that has members, and for some that had members
// until recently, so that late packets find their numbering.
class GroupPool {
  public:
    struct alignas(64) Head {
        LayerId layer;
        std::uint32_t members = 0;
        std::uint32_t generation = 0;  // counts the place's uses
        std::uint64_t left_at = 0;     // order in which groups lost their last member
        GroupDecision decision;        // scratch of one packet
    };
    static_assert(sizeof(Head) == 64);

    // `places` must be more than there can be groups with members. Main thread.
    explicit GroupPool(std::size_t places,
                       std::pmr::memory_resource* memory = std::pmr::get_default_resource())
        : heads_(places, memory), bodies_(places, memory) {}

    // The group with members that wants `layer`; kNoGroup: there is none.
    GroupIndex find(LayerId layer) const;
    // The same, or else a place whose numbering begins at `n`.
    GroupIndex obtain(LayerId layer, std::int64_t n);
    void enter(GroupIndex group) {
        ++heads_[group].members;
        ++members_[heads_[group].layer.encoding];
    }
    void leave(GroupIndex group);
    // Of all groups of the encoding.
    std::uint32_t members(std::size_t encoding) const { return members_[encoding]; }

    std::size_t places() const { return heads_.size(); }
    // Places that have been used, to iterate over: they are taken in order.
    std::size_t size() const { return used_; }
    // Calls visit(GroupIndex) for each group of the encoding that has members.
    template <typename Visit>
    [[gnu::always_inline]] void for_each_with_members(std::size_t encoding, Visit visit) const {
        for (std::size_t i = 0; i < used_; ++i)
            if (heads_[i].members != 0 && heads_[i].layer.encoding == encoding)
                visit(static_cast<GroupIndex>(i));
    }
    const Head& head(GroupIndex group) const { return heads_[group]; }
    GroupDecision& decision(std::size_t group) { return heads_[group].decision; }
    const GroupDecision& decision(std::size_t group) const { return heads_[group].decision; }
    LayerGroup& body(GroupIndex group) { return bodies_[group]; }
    const LayerGroup& body(GroupIndex group) const { return bodies_[group]; }
    bool holds(GroupIndex group, std::uint32_t generation) const {
        return group < used_ && heads_[group].generation == generation;
    }
    // Copies all groups to the first places of a pool that isn't smaller.
    void copy_into(GroupPool& larger) const;

  private:
    FixedArray<Head> heads_;
    FixedArray<LayerGroup> bodies_;
    std::array<std::uint32_t, kMaxEncodings> members_{};
    std::uint32_t used_ = 0;
    std::uint64_t leavings_ = 0;
};

}  // namespace strata::relay
