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

}  // namespace

std::uint32_t quietest_worker(std::span<const std::size_t> counts,
                              std::span<const MeasuredLoad> measured) {
    std::vector<double> shares = {0};
    if (!measured.empty()) shares = expected_shares(counts, measured);
    const double least = *std::ranges::min_element(shares);
    std::size_t chosen = counts.size();
    for (std::size_t w = 0; w < counts.size(); ++w) {
        if (shares[w % shares.size()] > least + kSameShare) continue;
        if (chosen == counts.size() || counts[w] < counts[chosen]) chosen = w;
    }
    return static_cast<std::uint32_t>(chosen);
}

}  // namespace strata::control
