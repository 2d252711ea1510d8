#include "bench/generator/throughput/hostile.h"

#include <algorithm>

#include "bench/generator/rtcp.h"
#include "relay/rtp/byte_order.h"
#include "relay/rtp/types.h"

namespace strata::gen {
namespace {

constexpr std::size_t kLongest = 1'200;
constexpr int kMostAtOnce = 64;

enum class Kind : std::uint32_t { noise, unknown_stream, lying_header, cut, rtcp_storm, kCount };

}  // namespace

Hostile::Hostile(PacketIo& io, std::vector<int> endpoints, const Address& remote,
                 double packets_per_s, std::uint32_t seed)
    : io_(io),
      endpoints_(std::move(endpoints)),
      remote_(remote),
      packets_per_s_(packets_per_s),
      random_(seed),
      next_us_(monotonic_us()) {}

void Hostile::send_due(std::int64_t now_us) {
    const auto spacing_us =
        std::max<std::int64_t>(static_cast<std::int64_t>(1e6 / (packets_per_s_ * rate_)), 1);
    next_us_ = std::max(next_us_, now_us - relay::kUsPerSecond);
    for (int i = 0; i < kMostAtOnce && next_us_ <= now_us; ++i, next_us_ += spacing_us) {
        make();
        io_.send(endpoints_[sent_++ % endpoints_.size()], remote_, packet_);
    }
}

void Hostile::make() {
    packet_.resize(12 + random_() % (kLongest - 12));
    for (std::uint8_t& byte : packet_) byte = static_cast<std::uint8_t>(random_());
    const auto ssrc = static_cast<std::uint32_t>(random_() | 1);
    switch (static_cast<Kind>(random_() % static_cast<std::uint32_t>(Kind::kCount))) {
        case Kind::unknown_stream:
            packet_[0] = 0x80;
            packet_[1] = 98;
            relay::store_be32(&packet_[8], ssrc);
            break;
        case Kind::lying_header:  // more CSRCs, extensions and padding than there are bytes
            packet_[0] = 0xbf;
            packet_[1] = 98;
            break;
        case Kind::cut:
            packet_.resize(1 + random_() % 11);
            packet_[0] = 0x80;
            break;
        case Kind::rtcp_storm:
            packet_.clear();
            append_receiver_report(ssrc, {}, packet_);
            for (int i = 0; i < 20; ++i)
                append_pli(ssrc, static_cast<std::uint32_t>(random_()), packet_);
            break;
        default: break;
    }
}

}  // namespace strata::gen
