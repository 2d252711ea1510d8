#include "control/room/worker_choice.h"

#include <algorithm>
#include <vector>

namespace strata::control {
namespace {

// What somebody who has just come costs at least: an Opus track and its receiver, 0.05 % of a core.
constexpr double kLeastShare = 0.0005;
// Shares that differ by less are the same: they are measured over seconds, and rooms are lively.
constexpr double kSameShare = 0.02;

std::vector<double> expected_shares(std::span<const std::size_t> counts,
                                    std::span<const MeasuredLoad> measured) {
    if (measured.empty()) return {0};
    std::vector<double> now(measured.size(), 0);
    for (std::size_t w = 0; w < counts.size(); ++w)
        now[w % now.size()] += static_cast<double>(counts[w]);
    double share = 0, counted = 0;
    for (const MeasuredLoad& load : measured) {
        share += load.busy_share;
        counted += static_cast<double>(load.counted);
    }
    const double each = std::max(kLeastShare, counted == 0 ? 0 : share / counted);
    for (std::size_t i = 0; i < now.size(); ++i) {
        const double more = now[i] - static_cast<double>(measured[i].counted);
        now[i] = std::max(0.0, measured[i].busy_share + more * each);
    }
    return now;
}

// Of workers `first` to `first + count - 1`.
std::uint32_t quietest_of(std::size_t first, std::size_t count, std::span<const std::size_t> counts,
                          std::span<const double> shares) {
    double least = shares[first % shares.size()];
    for (std::size_t w = first; w < first + count; ++w)
        least = std::min(least, shares[w % shares.size()]);
    std::size_t chosen = first + count;
    for (std::size_t w = first; w < first + count; ++w) {
        if (shares[w % shares.size()] > least + kSameShare) continue;
        if (chosen == first + count || counts[w] < counts[chosen]) chosen = w;
    }
    return static_cast<std::uint32_t>(chosen);
}

}  // namespace

std::uint32_t quietest_worker(std::span<const std::size_t> counts,
                              std::span<const MeasuredLoad> measured) {
    return quietest_of(0, counts.size(), counts, expected_shares(counts, measured));
}

std::uint32_t worker_in_room(std::uint32_t home, std::span<const std::size_t> in_room,
                             std::span<const std::size_t> counts,
                             std::span<const MeasuredLoad> measured, const SpreadRule& rule) {
    if (rule.cores < 2) return home;
    const std::uint32_t first = home / rule.cores * rule.cores;
    const std::vector<double> shares = expected_shares(counts, measured);
    const auto busy = [&](std::uint32_t worker) {
        return rule.busy_share < 1 && shares[worker % shares.size()] >= rule.busy_share;
    };
    const auto full = [&](std::uint32_t worker) {
        return rule.participants != 0 && in_room[worker] >= rule.participants;
    };
    if (!full(home) && !busy(home)) return home;
    std::uint32_t chosen = home;
    for (std::uint32_t w = first; w < first + rule.cores; ++w)
        if (w != home && in_room[w] != 0 && !full(w) && !busy(w) &&
            (chosen == home || in_room[w] < in_room[chosen]))
            chosen = w;
    if (chosen != home) return chosen;
    return quietest_of(first, rule.cores, counts, shares);
}

}  // namespace strata::control
