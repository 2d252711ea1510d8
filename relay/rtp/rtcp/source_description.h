#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "relay/rtp/byte_order.h"
#include "relay/rtp/rtcp/compound.h"

namespace strata::relay {

// Item types of SDES, RFC 3550 section 6.5 and RFC 7941 / RFC 8843 / RFC 8852.
constexpr std::uint8_t kSdesCname = 1;
constexpr std::uint8_t kSdesRid = 12;
constexpr std::uint8_t kSdesRepairedRid = 13;
constexpr std::uint8_t kSdesMid = 15;

struct SdesItem {
    Ssrc ssrc;
    std::uint8_t type = 0;
    std::string_view text;  // UTF-8 as received, not checked, 0..255 bytes
};

// Walks the items of an SDES packet, chunk by chunk. Stops at the first malformed one.
class SdesItems {
  public:
    explicit SdesItems(const RtcpPacket& packet);
    // Nullopt at the end; then ok() tells whether all was well.
    std::optional<SdesItem> next();
    bool ok() const { return ok_; }

  private:
    std::span<const std::uint8_t> body_;
    std::size_t at_ = 0;
    std::uint8_t chunks_left_ = 0;
    bool in_chunk_ = false;
    bool ok_ = true;
    Ssrc ssrc_;
};

// BYE, section 6.6.
struct Bye {
    std::span<const std::uint8_t> ssrc_bytes;
    std::string_view reason;  // may be empty
    std::size_t size() const { return ssrc_bytes.size() / 4; }
    Ssrc ssrc(std::size_t i) const { return {load_be32(&ssrc_bytes[i * 4])}; }
};
bool read_bye(const RtcpPacket& packet, Bye& out);

// APP, section 6.7.
struct AppPacket {
    std::uint8_t subtype = 0;
    Ssrc sender;
    std::string_view name;  // 4 bytes
    std::span<const std::uint8_t> data;
};
bool read_app(const RtcpPacket& packet, AppPacket& out);

}  // namespace strata::relay
