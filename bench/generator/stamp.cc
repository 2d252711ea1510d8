#include "bench/generator/stamp.h"

#include "relay/rtp/byte_order.h"

namespace strata::gen {
namespace {

constexpr std::uint32_t kMagic = 0x5354'5247;  // "STRG"

std::uint32_t next_random(std::uint32_t& state) {  // xorshift, Marsaglia 2003
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

std::uint32_t fill_seed(const Stamp& stamp) {
    const std::uint32_t seed = stamp.stream ^ stamp.frame * 2654435761u ^ stamp.packet << 7;
    return seed == 0 ? 1 : seed;
}

// FNV-1a, 32 bits, a word at a time: as good as needed against damage, and quick.
std::uint32_t checksum(std::span<const std::uint8_t> bytes) {
    std::uint32_t sum = 2166136261u;
    std::size_t at = 0;
    for (; at + 4 <= bytes.size(); at += 4) sum = (sum ^ relay::load_be32(&bytes[at])) * 16777619u;
    for (; at < bytes.size(); ++at) sum = (sum ^ bytes[at]) * 16777619u;
    return sum;
}

// Bytes between the payload's head and the stamp whose value follows from the stamp. Never 0 or 1:
// no H.264 start code can appear.
void fill(std::span<std::uint8_t> bytes, const Stamp& stamp) {
    std::uint32_t state = fill_seed(stamp);
    for (std::uint8_t& byte : bytes)
        byte = static_cast<std::uint8_t>(next_random(state) >> 24 | 0x80);
}

// What the stamp at `p` says of the body in front of it; more than there can be when it is damaged.
std::size_t body_size(const std::uint8_t* p) {
    return relay::load_be32(p + 24) ^ checksum({p, 24});
}

}  // namespace

void write_stamp(const Stamp& stamp, std::span<std::uint8_t> payload, std::size_t from) {
    const auto body = payload.subspan(from, payload.size() - from - kStampSize);
    fill(body, stamp);
    std::uint8_t* p = payload.data() + payload.size() - kStampSize;
    relay::store_be32(p, kMagic);
    relay::store_be32(p + 4, stamp.stream);
    relay::store_be32(p + 8, stamp.frame);
    p[12] = stamp.encoding;
    p[13] = static_cast<std::uint8_t>(stamp.spatial_id << 4 | stamp.temporal_id);
    relay::store_be16(p + 14, stamp.packet);
    relay::store_be64(p + 16, static_cast<std::uint64_t>(stamp.sent_us));
    // The body follows from stream, frame and packet; it is summed up only as far as it goes.
    relay::store_be32(p + 24, checksum({p, 24}) ^ static_cast<std::uint32_t>(body.size()));
    relay::store_be32(p + 28, ~kMagic);
}

StampError peek_stamp(std::span<const std::uint8_t> content, Stamp& stamp) {
    if (content.size() < kStampSize) return StampError::absent;
    const std::uint8_t* p = content.data() + content.size() - kStampSize;
    if (relay::load_be32(p) != kMagic || relay::load_be32(p + 28) != ~kMagic)
        return StampError::absent;
    stamp.stream = relay::load_be32(p + 4);
    stamp.frame = relay::load_be32(p + 8);
    stamp.encoding = p[12];
    stamp.spatial_id = p[13] >> 4;
    stamp.temporal_id = p[13] & 15;
    stamp.packet = relay::load_be16(p + 14);
    stamp.sent_us = static_cast<std::int64_t>(relay::load_be64(p + 16));
    return body_size(p) + kStampSize > content.size() ? StampError::damaged : StampError::none;
}

StampError read_stamp(std::span<const std::uint8_t> content, Stamp& stamp) {
    if (const StampError error = peek_stamp(content, stamp); error != StampError::none)
        return error;
    const std::size_t end = content.size() - kStampSize;
    std::uint32_t state = fill_seed(stamp);
    for (std::size_t i = end - body_size(&content[end]); i < end; ++i)
        if (content[i] != static_cast<std::uint8_t>(next_random(state) >> 24 | 0x80))
            return StampError::damaged;
    return StampError::none;
}

}  // namespace strata::gen
