#pragma once

#include <cstdint>
#include <span>

#include "relay/rtp/byte_order.h"
#include "relay/rtp/rtcp/compound.h"

namespace strata::relay {

// RTCP XR, RFC 3611: only what serves round-trip times of receivers that send nothing (sections 4.4
// and 4.5); other blocks are skipped.
struct ExtendedReport {
    Ssrc sender;
    bool has_reference_time = false;     // RRTR block
    std::uint64_t ntp = 0;               // of it, 32.32
    std::span<const std::uint8_t> dlrr;  // DLRR sub-blocks, 12 bytes each; the last DLRR block's
    std::uint8_t skipped_blocks = 0;     // of other types; saturates

    std::size_t size() const { return dlrr.size() / 12; }
    Ssrc ssrc(std::size_t i) const { return {load_be32(&dlrr[i * 12])}; }
    // Middle 32 bits of the RRTR's NTP timestamp, and the delay since it in 1/65536 s.
    std::uint32_t last_rr(std::size_t i) const { return load_be32(&dlrr[i * 12 + 4]); }
    std::uint32_t delay_since_last_rr(std::size_t i) const { return load_be32(&dlrr[i * 12 + 8]); }
};

// False: another type, or no SSRC. Blocks are read up to the first that is cut off.
bool read_extended_report(const RtcpPacket& packet, ExtendedReport& out);

}  // namespace strata::relay
