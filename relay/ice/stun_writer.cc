#include "relay/ice/stun_writer.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "relay/ice/crc32.h"
#include "relay/rtp/byte_order.h"

namespace strata::relay {
namespace {

constexpr std::size_t kIntegrityAttributeBytes = 24;

}  // namespace

StunWriter::StunWriter(std::span<std::uint8_t> buffer, StunClass kind,
                       const StunTransaction& transaction)
    : buffer_(buffer), transaction_(transaction) {
    if (buffer.size() < kStunHeaderBytes) {
        overflow_ = true;
        return;
    }
    const auto bits = static_cast<unsigned>(kind);  // see method_of in stun_message.cc
    store_be16(&buffer_[0],
               static_cast<std::uint16_t>(kStunBinding | (bits & 1) << 4 | (bits & 2) << 7));
    store_be16(&buffer_[2], 0);
    store_be32(&buffer_[4], kStunMagicCookie);
    std::ranges::copy(transaction, buffer_.begin() + 8);
    size_ = kStunHeaderBytes;
}

// Where the value goes, padding zeroed and the header's length set; null: no room.
std::uint8_t* StunWriter::begin_attribute(StunAttribute type, std::size_t size) {
    const std::size_t padded = (size + 3) / 4 * 4;
    if (overflow_ || padded + 4 > buffer_.size() - size_ || padded > 0xffff - size_) {
        overflow_ = true;
        return nullptr;
    }
    std::uint8_t* at = &buffer_[size_];
    store_be16(at, static_cast<std::uint16_t>(type));
    store_be16(at + 2, static_cast<std::uint16_t>(size));
    std::fill(at + 4 + size, at + 4 + padded, std::uint8_t{0});
    size_ += 4 + padded;
    store_be16(&buffer_[2], static_cast<std::uint16_t>(size_ - kStunHeaderBytes));
    return at + 4;
}

void StunWriter::attribute(StunAttribute type, std::span<const std::uint8_t> value) {
    if (std::uint8_t* at = begin_attribute(type, value.size()))
        std::copy(value.begin(), value.end(), at);
}

void StunWriter::username(std::string_view name) {
    attribute(StunAttribute::username, bytes_of(name));
}

void StunWriter::priority(std::uint32_t value) {
    if (std::uint8_t* at = begin_attribute(StunAttribute::priority, 4)) store_be32(at, value);
}

void StunWriter::tie_breaker(StunAttribute role, std::uint64_t value) {
    if (std::uint8_t* at = begin_attribute(role, 8)) store_be64(at, value);
}

// RFC 8489 section 14.2: port and address XORed with magic cookie and transaction id.
void StunWriter::xor_mapped_address(const StunAddress& address) {
    std::array<std::uint8_t, 16> mask{};
    store_be32(mask.data(), kStunMagicCookie);
    std::ranges::copy(transaction_, mask.begin() + 4);
    const std::size_t size = std::min(address.bytes.size(), mask.size());
    std::uint8_t* at = begin_attribute(StunAttribute::xor_mapped_address, 4 + size);
    if (!at) return;
    at[0] = 0;
    at[1] = size == 4 ? 1 : 2;  // address family
    store_be16(at + 2, static_cast<std::uint16_t>(address.port ^ (kStunMagicCookie >> 16)));
    for (std::size_t i = 0; i < size; ++i)
        at[4 + i] = static_cast<std::uint8_t>(address.bytes[i] ^ mask[i]);
}

void StunWriter::error_code(std::uint16_t code, std::string_view reason) {
    std::uint8_t* at = begin_attribute(StunAttribute::error_code, 4 + reason.size());
    if (!at) return;
    store_be16(at, 0);
    at[2] = static_cast<std::uint8_t>(code / 100);
    at[3] = static_cast<std::uint8_t>(code % 100);
    std::ranges::copy(bytes_of(reason), at + 4);
}

void StunWriter::unknown_attributes(std::span<const std::uint16_t> types) {
    std::uint8_t* at = begin_attribute(StunAttribute::unknown_attributes, types.size() * 2);
    if (!at) return;
    for (std::size_t i = 0; i < types.size(); ++i) store_be16(at + i * 2, types[i]);
}

void StunWriter::message_integrity(const HmacSha1Key& key) {
    if (overflow_) return;
    attribute(StunAttribute::message_integrity,
              stun_integrity(std::span<const std::uint8_t>(buffer_).first(size_), key));
}

void StunWriter::fingerprint() {
    std::uint8_t* at = begin_attribute(StunAttribute::fingerprint, 4);
    if (!at) return;
    const auto before = std::span<const std::uint8_t>(buffer_).first(size_ - 8);
    store_be32(at, crc32(before) ^ kStunFingerprintXor);
}

std::span<const std::uint8_t> StunWriter::written() const {
    if (overflow_) return {};
    return std::span<const std::uint8_t>(buffer_).first(size_);
}

Sha1Digest stun_integrity(std::span<const std::uint8_t> before, const HmacSha1Key& key) {
    std::array<std::uint8_t, 2> length{};
    store_be16(length.data(), static_cast<std::uint16_t>(before.size() - kStunHeaderBytes +
                                                         kIntegrityAttributeBytes));
    Sha1 hash = key.begin();
    hash.update(before.first(2));
    hash.update(length);
    hash.update(before.subspan(4));
    return key.finish(hash);
}

}  // namespace strata::relay
