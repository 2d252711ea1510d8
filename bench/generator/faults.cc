#include "bench/generator/faults.h"

namespace strata::gen {
namespace {

constexpr std::array<std::string_view, kFaults> kNames{
    "lost",
    "duplicates",
    "reordered",
    "sequence_jumps",
    "unreadable_packets",
    "unreadable_descriptors",
    "wrong_payload_type",
    "unknown_extensions",
    "unknown_content",
    "damaged_content",
    "started_without_key",
    "missing_markers",
    "extra_markers",
    "timestamps_backward",
    "timestamp_steps",
    "missing_references",
    "picture_id_gaps",
    "tl0_pic_idx_gaps",
    "incomplete_frames",
    "wrong_layer_frames",
    "targets_not_reached",
    "sender_report_errors",
    "silence",
    "latency",
};

}  // namespace

std::string_view fault_name(Fault fault) { return kNames[static_cast<std::size_t>(fault)]; }

Fault fault_of_name(std::string_view name) {
    for (std::size_t i = 0; i < kFaults; ++i)
        if (kNames[i] == name) return static_cast<Fault>(i);
    return Fault::kCount;
}

}  // namespace strata::gen
