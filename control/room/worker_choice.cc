#include "control/room/worker_choice.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <ranges>
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

// Of the workers in `range` that are not `full`, or of all of them where all are.
std::uint32_t quietest_of(std::ranges::iota_view<std::uint32_t, std::uint32_t> range,
                          std::span<const std::size_t> counts, std::span<const double> shares,
                          const std::function<bool(std::uint32_t)>& full) {
    std::vector<std::uint32_t> left;
    std::ranges::copy_if(range, std::back_inserter(left), std::not_fn(full));
    if (left.empty()) left.assign(range.begin(), range.end());
    const auto share_of = [&](std::uint32_t worker) { return shares[worker % shares.size()]; };
    const double least = std::ranges::min(left | std::views::transform(share_of));
    std::erase_if(left, [&](std::uint32_t w) { return share_of(w) > least + kSameShare; });
    return *std::ranges::min_element(left, {}, [&](std::uint32_t w) { return counts[w]; });
}

}  // namespace

std::uint32_t quietest_worker(std::span<const std::size_t> counts,
                              std::span<const MeasuredLoad> measured) {
    return quietest_of({0, static_cast<std::uint32_t>(counts.size())}, counts,
                       expected_shares(counts, measured), [](std::uint32_t) { return false; });
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
    return quietest_of({first, first + rule.cores}, counts, shares, full);
}

}  // namespace strata::control
