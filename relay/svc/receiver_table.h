#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <span>
#include <vector>

#include "relay/rewrite/header_profile.h"
#include "relay/svc/fixed_array.h"
#include "relay/svc/layer_id.h"
#include "relay/svc/receiver.h"
#include "relay/svc/receiver_slot.h"

namespace strata::relay {

using ProfileIndex = std::uint8_t;  // place among the profiles of a track's receivers
using GroupIndex = std::uint16_t;   // place in the track's pool of layer groups
constexpr GroupIndex kNoGroup = 0xffff;

// Receivers of one (group, profile): slots [begin, begin + count). All that a fan-out needs of
// them besides the slots is in one cache line.
struct alignas(64) Partition {
    GroupIndex group = kNoGroup;
    ProfileIndex profile = 0;
    std::uint32_t begin = 0, count = 0;
    HeaderProfile header;  // the profile
    // To each receiver that has been in it since it began: counted here, once per packet, and taken
    // into account when a receiver comes or goes.
    SentCount sent;
};

// All receivers of a track. Their hot slots are one array, partitioned by (group, profile), so that
// a fan-out walks contiguous memory; what is cold lies elsewhere, by a stable index. Moving a
// receiver costs one slot copy for each partition between the two.
class ReceiverTable {
  public:
    // At most `profiles` different ones at a time. `memory`: of what a fan-out touches. Main
    // thread.
    ReceiverTable(std::size_t capacity, std::size_t profiles,
                  std::pmr::memory_resource* memory = std::pmr::get_default_resource());

    // The place of receivers' profile: the same one's, else one that no receiver has. Nullopt:
    // there is none.
    std::optional<ProfileIndex> take_profile(const HeaderProfile& profile);
    // All of a table that isn't larger.
    void take_profiles(const ReceiverTable& other) {
        std::ranges::copy(other.profiles_, profiles_.begin());
        profile_count_ = other.profile_count_;
    }
    const HeaderProfile& profile(ProfileIndex index) const { return profiles_[index]; }
    // Places that have been used, to iterate over.
    std::size_t profiles() const { return profile_count_; }

    // False: no room, or the handle is taken. The receiver comes to kNoGroup; its `sent` is what it
    // was sent elsewhere, its profile's place was taken.
    bool add(const Receiver& receiver, const ReceiverSlot& slot);
    void remove(ReceiverIndex index);
    void move(ReceiverIndex index, GroupIndex group);

    // Brings near what find() looks at first.
    void prefetch(ReceiverHandle handle) const { __builtin_prefetch(&buckets_[bucket(handle)]); }
    // kNoReceiver: unknown.
    ReceiverIndex find(ReceiverHandle handle) const;
    Receiver& receiver(ReceiverIndex index) { return receivers_[index]; }
    const Receiver& receiver(ReceiverIndex index) const { return receivers_[index]; }
    ReceiverSlot& slot(ReceiverIndex index) { return slots_[receivers_[index].slot]; }
    const ReceiverSlot& slot(ReceiverIndex index) const { return slots_[receivers_[index].slot]; }
    ReceiverIndex at_slot(std::size_t slot) const { return owners_[slot]; }

    // What the receiver was sent, all its partitions together.
    SentCount sent(ReceiverIndex index) const;
    // One packet to one receiver, and one to each of a partition's.
    void count_sent(ReceiverIndex index, const SentCount& packet) {
        receivers_[index].sent.add(packet);
    }
    void count_sent(const Partition& partition, const SentCount& packet) {
        partitions_[static_cast<std::size_t>(&partition - partitions_.data())].sent.add(packet);
    }

    std::span<const Partition> partitions() const { return {partitions_.data(), used_}; }
    std::span<ReceiverSlot> slots(const Partition& partition) {
        return {slots_.data() + partition.begin, partition.count};
    }
    std::span<const ReceiverSlot> slots() const { return {slots_.data(), count_}; }
    std::size_t size() const { return count_; }
    // What stands before is what a fan-out needs of the table.
    const void* cold() const { return &profiles_; }
    std::size_t capacity() const { return slots_.size(); }

  private:
    std::size_t find_partition(GroupIndex group, ProfileIndex profile) const;
    std::size_t obtain_partition(GroupIndex group, ProfileIndex profile);
    void put(std::size_t slot, const ReceiverSlot& value, ReceiverIndex owner);
    std::size_t shift_up(std::size_t from, std::size_t to, std::size_t hole);
    std::size_t shift_down(std::size_t from, std::size_t to, std::size_t hole);
    void drop_if_empty(std::size_t partition);
    std::size_t bucket(ReceiverHandle handle) const;

    FixedArray<Partition> partitions_;  // in slot order, first used_ of them
    FixedArray<ReceiverSlot> slots_;
    std::uint32_t used_ = 0, count_ = 0;
    std::vector<HeaderProfile> profiles_;
    std::size_t profile_count_ = 0;
    std::vector<ReceiverIndex> owners_;  // [slot]
    std::vector<Receiver> receivers_;    // [index]
    std::vector<ReceiverIndex> free_;
    std::vector<ReceiverIndex> buckets_;  // open addressing by handle
};

}  // namespace strata::relay
