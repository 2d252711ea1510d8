#include "bench/generator/content_key.h"

#include <algorithm>
#include <cstring>

namespace strata::gen {
namespace {

constexpr std::uint64_t kMultiplier = 0x9E3779B97F4A7C15;  // 2^64 / golden ratio

std::uint64_t mix(std::uint64_t hash, std::uint64_t word) {
    hash = (hash ^ word) * kMultiplier;
    return hash ^ (hash >> 29);
}

}  // namespace

std::span<const std::uint8_t> content_bytes(std::span<const std::uint8_t> packet,
                                            const relay::PacketInfo& info) {
    const std::size_t descriptor = std::min<std::size_t>(info.descriptor_size, info.payload_size);
    return packet.subspan(info.payload_offset + descriptor, info.payload_size - descriptor);
}

std::uint64_t content_key(std::span<const std::uint8_t> packet, const relay::PacketInfo& info) {
    const auto bytes = content_bytes(packet, info);
    std::uint64_t hash = mix(kMultiplier, bytes.size());
    std::size_t at = 0;
    for (; at + 8 <= bytes.size(); at += 8) {
        std::uint64_t word;
        std::memcpy(&word, &bytes[at], 8);
        hash = mix(hash, word);
    }
    std::uint64_t rest = 0;
    if (at < bytes.size()) std::memcpy(&rest, &bytes[at], bytes.size() - at);
    return mix(hash, rest);
}

}  // namespace strata::gen
