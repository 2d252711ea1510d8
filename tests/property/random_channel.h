#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace strata::relay {

class Random {
  public:
    explicit Random(std::uint64_t seed) : engine_(seed) {}

    // Uniform over low..high, both included.
    std::int64_t between(std::int64_t low, std::int64_t high) {
        const auto span = static_cast<std::uint64_t>(high - low) + 1;
        return low + static_cast<std::int64_t>(span == 0 ? engine_() : engine_() % span);
    }
    bool chance(int percent) { return between(1, 100) <= percent; }
    template <typename T>
    T any() {
        return static_cast<T>(engine_());
    }

  private:
    std::mt19937_64 engine_;
};

// What a network does to a stream of packets.
struct ChannelProfile {
    int loss_percent = 0;
    int recovered_percent = 0;  // of the lost: come late, as retransmissions do
    int duplicate_percent = 0;
    int reorder_percent = 0;
    std::int64_t reorder_by = 4;
    std::int64_t recover_after = 40;
};

inline ChannelProfile random_channel(Random& random) {
    ChannelProfile profile;
    if (random.chance(80)) profile.loss_percent = static_cast<int>(random.between(0, 20));
    profile.recovered_percent = static_cast<int>(random.between(0, 100));
    if (random.chance(50)) profile.duplicate_percent = static_cast<int>(random.between(0, 10));
    if (random.chance(70)) profile.reorder_percent = static_cast<int>(random.between(0, 30));
    profile.reorder_by = random.between(1, 30);
    profile.recover_after = random.between(1, 200);
    return profile;
}

// Indexes 0..count-1 in order of arrival: some missing, late or doubled. Index 0 comes first.
inline std::vector<std::size_t> arrivals(std::size_t count, const ChannelProfile& profile,
                                         Random& random) {
    struct Coming {
        std::int64_t at;
        std::size_t index;
    };
    std::vector<Coming> list;
    for (std::size_t i = 0; i < count; ++i) {
        auto at = static_cast<std::int64_t>(i) * 2;
        if (i > 0 && random.chance(profile.loss_percent)) {
            if (!random.chance(profile.recovered_percent)) continue;
            at += 2 * random.between(1, profile.recover_after) + 1;
        } else if (i > 0 && random.chance(profile.reorder_percent)) {
            at += 2 * random.between(1, profile.reorder_by) + 1;
        }
        list.push_back({at, i});
        if (random.chance(profile.duplicate_percent))
            list.push_back({at + 2 * random.between(0, profile.recover_after) + 1, i});
    }
    std::stable_sort(list.begin(), list.end(),
                     [](const Coming& a, const Coming& b) { return a.at < b.at; });
    std::vector<std::size_t> order;
    for (const Coming& arrival : list) order.push_back(arrival.index);
    return order;
}

}  // namespace strata::relay
