#pragma once

#include <cstddef>
#include <cstdint>

namespace strata::relay {

// Decode target indication: what a frame is to one decode target. AV1 RTP payload specification,
// appendix A; the values are those on the wire.
enum class Dti : std::uint8_t { not_present = 0, discardable = 1, switch_point = 2, required = 3 };

constexpr std::size_t kMaxDecodeTargets = 32;  // dt_cnt_minus_one has 5 bits
constexpr std::size_t kMaxChains = 32;         // at most one per decode target
constexpr std::size_t kMaxReferences = 8;      // AV1 and VP9 frames have up to 7 and 3

}  // namespace strata::relay
