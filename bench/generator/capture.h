#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/generator/track_description.h"

namespace strata::gen {

// One media packet of a capture, as captured.
struct CapturedPacket {
    std::int64_t at_us = 0;  // from the track's first packet
    std::uint8_t encoding = 0;
    std::vector<std::uint8_t> bytes;
};

// A publisher's own mapping of RTP timestamps to its wall clock, from its sender reports.
struct ClockMapping {
    bool known = false;
    std::uint64_t ntp = 0;  // 32.32
    std::uint32_t rtp_timestamp = 0;
};

// One track of a capture, cut to whole pictures: from each encoding's first key frame to its last
// marker. RTX, RTCP and everything else is left out.
struct Capture {
    std::string path;
    TrackDescription track;               // SSRCs are those of the capture
    std::vector<ClockMapping> clocks;     // per encoding
    std::vector<CapturedPacket> packets;  // in the order they were captured
    std::int64_t duration_us = 0;         // to the last packet's time
    std::uint32_t left_out = 0;           // RTX and cut packets
};

enum class TrackKind : std::uint8_t { any, video, audio };

// Reads a capture and its sidecar `<path without .pcap>.json` (payloadTypes, headerExtensions,
// ssrcs, and streams where there is one). `any` is video where there is video. Throws FileError.
Capture load_capture(const std::string& path, TrackKind kind);

// A capture that has no sidecar: the track's payload types and extensions are given.
Capture load_capture(const std::string& path, const TrackDescription& track);

}  // namespace strata::gen
