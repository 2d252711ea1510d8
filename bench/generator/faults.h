#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace strata::gen {

// Everything that can be wrong with what one receiver got. The names (fault_name) are those of the
// plan's limits and of the report.
enum class Fault : std::uint8_t {
    lost,                    // sequence numbers that never came
    duplicates,              // packets that came twice
    reordered,               // packets that came after a later one
    sequence_jumps,          // forward by more than 3,000 or backward: RFC 3550 appendix A.1
    unreadable_packets,      // relay's parser refused them
    unreadable_descriptors,  // dependency descriptor without its structure (C9)
    wrong_payload_type,      // not what this leg negotiated
    unknown_extensions,      // header extensions that this leg didn't negotiate (C37)
    unknown_content,         // payload that the publisher didn't send, or damaged
    damaged_content,         // synthetic payload whose check pattern is wrong
    started_without_key,   // the first picture, or the first of another encoding, isn't a key frame
    missing_markers,       // complete pictures without a marker (C5)
    extra_markers,         // a marker before the picture's end, or two (C5)
    timestamps_backward,   // C21
    timestamp_steps,       // off the publisher's clock between two pictures (C21)
    missing_references,    // frames that refer to one that wasn't received (C10)
    picture_id_gaps,       // VP8: C23
    tl0_pic_idx_gaps,      // a base layer picture that is missing, or announced wrongly
    incomplete_frames,     // sent, wanted by the target in force, and not received whole
    wrong_layer_frames,    // received, and not wanted by the target in force
    targets_not_reached,   // a legal switch point passed, and the target's layers didn't come
    sender_report_errors,  // RTP time of a sender report far from the media's (C31)
    silence,               // nothing came at all
    latency,               // p99 above the limit
    kCount
};
constexpr std::size_t kFaults = static_cast<std::size_t>(Fault::kCount);

std::string_view fault_name(Fault fault);
// kCount: there is none of that name.
Fault fault_of_name(std::string_view name);

// Counts, and for each the first occurrence in words.
class FaultLog {
  public:
    // `detail` is called once per kind: words are made for the first occurrence only.
    template <typename Detail>
    void add(Fault fault, Detail detail, std::uint64_t count = 1) {
        const auto i = static_cast<std::size_t>(fault);
        if (counts_[i] == 0 && count > 0) first_[i] = detail();
        counts_[i] += count;
    }
    void set(Fault fault, std::uint64_t count, const std::string& detail) {
        const auto i = static_cast<std::size_t>(fault);
        counts_[i] = count;
        first_[i] = detail;
    }
    std::uint64_t count(Fault fault) const { return counts_[static_cast<std::size_t>(fault)]; }
    const std::string& first(Fault fault) const { return first_[static_cast<std::size_t>(fault)]; }

  private:
    std::array<std::uint64_t, kFaults> counts_{};
    std::array<std::string, kFaults> first_;
};

}  // namespace strata::gen
