#include "relay/svc/receiver_table.h"

#include <algorithm>
#include <bit>

namespace strata::relay {

ReceiverTable::ReceiverTable(std::size_t capacity, std::size_t profiles,
                             std::pmr::memory_resource* memory)
    : partitions_(capacity + 2, memory),
      slots_(capacity, memory),
      profiles_(profiles),
      owners_(capacity, kNoReceiver),
      receivers_(capacity),
      buckets_(std::bit_ceil(2 * capacity + 1), kNoReceiver) {
    free_.reserve(capacity);
    for (std::size_t i = capacity; i-- > 0;) free_.push_back(static_cast<ReceiverIndex>(i));
}

std::optional<ProfileIndex> ReceiverTable::take_profile(const HeaderProfile& profile) {
    for (std::size_t i = 0; i < profile_count_; ++i)
        if (profiles_[i] == profile) return static_cast<ProfileIndex>(i);
    for (std::size_t i = 0; i < profiles_.size(); ++i) {
        const auto has = [i](const Partition& partition) { return partition.profile == i; };
        if (std::ranges::any_of(partitions(), has)) continue;
        profiles_[i] = profile;
        profile_count_ = std::max(profile_count_, i + 1);
        return static_cast<ProfileIndex>(i);
    }
    return std::nullopt;
}

std::size_t ReceiverTable::bucket(ReceiverHandle handle) const {
    constexpr std::uint64_t kSpread = 0x9e3779b97f4a7c15;  // 2^64 divided by the golden ratio
    return static_cast<std::size_t>((handle * kSpread) >> 32) & (buckets_.size() - 1);
}

ReceiverIndex ReceiverTable::find(ReceiverHandle handle) const {
    for (std::size_t b = bucket(handle);; b = (b + 1) & (buckets_.size() - 1)) {
        const ReceiverIndex index = buckets_[b];
        if (index == kNoReceiver || receivers_[index].handle == handle) return index;
    }
}

std::size_t ReceiverTable::find_partition(GroupIndex group, ProfileIndex profile) const {
    std::size_t i = 0;
    while (i < used_ && (partitions_[i].group != group || partitions_[i].profile != profile)) ++i;
    return i;
}

std::size_t ReceiverTable::obtain_partition(GroupIndex group, ProfileIndex profile) {
    const std::size_t i = find_partition(group, profile);
    if (i == used_)
        partitions_[used_++] = {
            .group = group, .profile = profile, .begin = count_, .header = profiles_[profile]};
    return i;
}

SentCount ReceiverTable::sent(ReceiverIndex index) const {
    const Receiver& receiver = receivers_[index];
    SentCount sent = receiver.sent;
    sent.add(partitions_[find_partition(receiver.group, receiver.profile)].sent);
    return sent;
}

void ReceiverTable::put(std::size_t slot, const ReceiverSlot& value, ReceiverIndex owner) {
    slots_[slot] = value;
    owners_[slot] = owner;
    receivers_[owner].slot = static_cast<std::uint32_t>(slot);
}

// The free slot just before partition `from` moves up, to just before partition `to`.
std::size_t ReceiverTable::shift_up(std::size_t from, std::size_t to, std::size_t hole) {
    for (std::size_t k = from; k < to; ++k) {
        Partition& p = partitions_[k];
        const std::size_t last = p.begin + p.count - 1;
        if (p.count != 0) put(hole, slots_[last], owners_[last]);
        --p.begin;
        if (p.count != 0) hole = last;
    }
    return hole;
}

// The free slot just behind partition `from` moves down, to just behind partition `to`.
std::size_t ReceiverTable::shift_down(std::size_t from, std::size_t to, std::size_t hole) {
    for (std::size_t k = from; k > to; --k) {
        Partition& p = partitions_[k];
        const std::size_t first = p.begin;
        if (p.count != 0) put(hole, slots_[first], owners_[first]);
        ++p.begin;
        if (p.count != 0) hole = first;
    }
    return hole;
}

void ReceiverTable::drop_if_empty(std::size_t partition) {
    if (partitions_[partition].count != 0) return;
    for (std::size_t k = partition; k + 1 < used_; ++k) partitions_[k] = partitions_[k + 1];
    --used_;
}

bool ReceiverTable::add(const Receiver& receiver, const ReceiverSlot& slot) {
    if (free_.empty() || find(receiver.handle) != kNoReceiver) return false;
    const ReceiverIndex index = free_.back();
    free_.pop_back();
    receivers_[index] = receiver;
    receivers_[index].group = kNoGroup;
    std::size_t b = bucket(receiver.handle);
    while (buckets_[b] != kNoReceiver) b = (b + 1) & (buckets_.size() - 1);
    buckets_[b] = index;

    const std::size_t to = obtain_partition(kNoGroup, receiver.profile);
    receivers_[index].sent.subtract(partitions_[to].sent);
    const std::size_t hole = shift_down(used_ - 1, to, count_);
    ++count_;
    ++partitions_[to].count;
    put(hole, slot, index);
    return true;
}

void ReceiverTable::remove(ReceiverIndex index) {
    const Receiver& receiver = receivers_[index];
    const std::size_t mask = buckets_.size() - 1;
    std::size_t hole = bucket(receiver.handle);
    while (buckets_[hole] != index) hole = (hole + 1) & mask;
    // Whoever stands behind and would be looked for at or before the hole closes up.
    for (std::size_t b = (hole + 1) & mask; buckets_[b] != kNoReceiver; b = (b + 1) & mask) {
        const std::size_t home = bucket(receivers_[buckets_[b]].handle);
        if (((b - home) & mask) < ((b - hole) & mask)) continue;
        buckets_[hole] = buckets_[b];
        hole = b;
    }
    buckets_[hole] = kNoReceiver;

    const std::size_t from = find_partition(receiver.group, receiver.profile);
    Partition& p = partitions_[from];
    const std::size_t last = p.begin + p.count - 1;
    put(receiver.slot, slots_[last], owners_[last]);
    --p.count;
    shift_up(from + 1, used_, last);
    --count_;
    drop_if_empty(from);
    free_.push_back(index);
}

void ReceiverTable::move(ReceiverIndex index, GroupIndex group) {
    Receiver& receiver = receivers_[index];
    if (receiver.group == group) return;
    const std::size_t from = find_partition(receiver.group, receiver.profile);
    const std::size_t to = obtain_partition(group, receiver.profile);
    receiver.sent.add(partitions_[from].sent);
    receiver.sent.subtract(partitions_[to].sent);
    const ReceiverSlot value = slots_[receiver.slot];
    Partition& p = partitions_[from];
    std::size_t hole = 0;
    if (to > from) {
        const std::size_t last = p.begin + p.count - 1;
        if (receiver.slot != last) put(receiver.slot, slots_[last], owners_[last]);
        --p.count;
        hole = shift_up(from + 1, to, last);
        --partitions_[to].begin;
    } else {
        const std::size_t first = p.begin;
        if (receiver.slot != first) put(receiver.slot, slots_[first], owners_[first]);
        ++p.begin;
        --p.count;
        hole = shift_down(from - 1, to, first);
    }
    ++partitions_[to].count;
    put(hole, value, index);
    receiver.group = group;
    drop_if_empty(from);
}

}  // namespace strata::relay
