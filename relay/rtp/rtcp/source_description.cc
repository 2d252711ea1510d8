#include "relay/rtp/rtcp/source_description.h"

#include <algorithm>

namespace strata::relay {
namespace {

std::string_view as_text(std::span<const std::uint8_t> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

SdesItems::SdesItems(const RtcpPacket& packet) {
    ok_ = packet.type == RtcpType::source_description;
    if (!ok_) return;
    body_ = packet.body;
    chunks_left_ = packet.count;
}

//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |                          SSRC/CSRC                            |   chunk: items up to a zero
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+   byte, then zeros up to the
//  |      type     |     length    | text …                            next word
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
std::optional<SdesItem> SdesItems::next() {
    while (in_chunk_ || chunks_left_ > 0) {
        if (!in_chunk_) {
            if (body_.size() - at_ < 4) break;
            ssrc_ = {load_be32(&body_[at_])};
            at_ += 4;
            --chunks_left_;
            in_chunk_ = true;
        }
        if (at_ == body_.size()) break;
        const std::uint8_t type = body_[at_++];
        if (type == 0) {
            at_ = std::min((at_ + 3) / 4 * 4, body_.size());
            in_chunk_ = false;
            continue;
        }
        if (at_ == body_.size() || body_[at_] > body_.size() - at_ - 1) break;
        const std::size_t size = body_[at_++];
        const SdesItem item{ssrc_, type, as_text(body_.subspan(at_, size))};
        at_ += size;
        return item;
    }
    ok_ = ok_ && !in_chunk_ && chunks_left_ == 0;
    in_chunk_ = false;
    chunks_left_ = 0;
    return std::nullopt;
}

bool read_bye(const RtcpPacket& packet, Bye& out) {
    const std::size_t ssrcs = std::size_t{packet.count} * 4;
    if (packet.type != RtcpType::bye || packet.body.size() < ssrcs) return false;
    out.ssrc_bytes = packet.body.first(ssrcs);
    out.reason = {};
    const std::span<const std::uint8_t> rest = packet.body.subspan(ssrcs);
    // A damaged reason doesn't make its sources any less gone.
    if (!rest.empty() && rest[0] < rest.size()) out.reason = as_text(rest.subspan(1, rest[0]));
    return true;
}

bool read_app(const RtcpPacket& packet, AppPacket& out) {
    if (packet.type != RtcpType::app || packet.body.size() < 8) return false;
    out.subtype = packet.count;
    out.sender = {load_be32(packet.body.data())};
    out.name = as_text(packet.body.subspan(4, 4));
    out.data = packet.body.subspan(8);
    return true;
}

}  // namespace strata::relay
