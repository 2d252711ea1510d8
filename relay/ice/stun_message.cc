#include "relay/ice/stun_message.h"

#include "relay/ice/crc32.h"
#include "relay/ice/stun_writer.h"
#include "relay/rtp/byte_order.h"

namespace strata::relay {
namespace {

constexpr std::size_t kIntegrityBytes = 20;
constexpr std::uint16_t kFirstOptional = 0x8000;

// The type's fourteen bits are method and class, interleaved (RFC 8489 section 5):
//   M11 M10 M9 M8 M7 C1 M6 M5 M4 C0 M3 M2 M1 M0
constexpr std::uint16_t method_of(std::uint16_t type) {
    return static_cast<std::uint16_t>((type & 0xf) | (type >> 1 & 0x70) | (type >> 2 & 0xf80));
}
constexpr StunClass class_of(std::uint16_t type) {
    return static_cast<StunClass>((type >> 4 & 1) | (type >> 7 & 2));
}

struct Attribute {
    StunAttribute type{};
    std::size_t offset = 0;  // of its header
    std::span<const std::uint8_t> value;
};

void note_unknown(StunMessage& message, StunAttribute type) {
    if (message.unknown_count < message.unknown.size())
        message.unknown[message.unknown_count++] = static_cast<std::uint16_t>(type);
}

bool read_number(std::span<const std::uint8_t> value, std::optional<std::uint64_t>& to) {
    if (value.size() != 8) return false;
    if (!to) to = load_be64(value.data());
    return true;
}

// False: the attribute's length is wrong. Of an attribute that comes twice the first one counts.
bool read_attribute(const Attribute& attribute, StunMessage& message) {
    const auto value = attribute.value;
    switch (attribute.type) {
        case StunAttribute::username:
            if (!message.username)
                message.username.emplace(reinterpret_cast<const char*>(value.data()), value.size());
            return true;
        case StunAttribute::message_integrity:
            message.integrity_offset = attribute.offset;
            return value.size() == kIntegrityBytes;
        case StunAttribute::priority:
            if (value.size() != 4) return false;
            if (!message.priority) message.priority = load_be32(value.data());
            return true;
        case StunAttribute::use_candidate: message.use_candidate = true; return value.empty();
        case StunAttribute::ice_controlled: return read_number(value, message.controlled);
        case StunAttribute::ice_controlling: return read_number(value, message.controlling);
        case StunAttribute::error_code:
            if (value.size() < 4) return false;
            message.error = static_cast<std::uint16_t>((value[2] & 7) * 100 + value[3]);
            return true;
        case StunAttribute::mapped_address:
        case StunAttribute::unknown_attributes:
        case StunAttribute::realm:
        case StunAttribute::nonce:
        case StunAttribute::message_integrity_sha256:
        case StunAttribute::password_algorithm:
        case StunAttribute::userhash:
        case StunAttribute::xor_mapped_address:
        case StunAttribute::fingerprint: return true;
    }
    if (static_cast<std::uint16_t>(attribute.type) < kFirstOptional)
        note_unknown(message, attribute.type);
    return true;
}

// FINGERPRINT is the last attribute, over everything before it (section 14.7).
bool check_fingerprint(std::span<const std::uint8_t> packet, const Attribute& attribute) {
    if (attribute.value.size() != 4 || attribute.offset + 8 != packet.size()) return false;
    return load_be32(attribute.value.data()) ==
           (crc32(packet.first(attribute.offset)) ^ kStunFingerprintXor);
}

}  // namespace

bool parse_stun(std::span<const std::uint8_t> packet, StunMessage& message) {
    message = {};
    if (packet.size() < kStunHeaderBytes || packet.size() % 4 != 0 || packet[0] > 3) return false;
    const std::uint16_t type = load_be16(packet.data());
    if (load_be16(&packet[2]) != packet.size() - kStunHeaderBytes ||
        load_be32(&packet[4]) != kStunMagicCookie)
        return false;
    message.method = method_of(type);
    message.kind = class_of(type);
    std::memcpy(message.transaction.data(), &packet[8], message.transaction.size());
    for (std::size_t at = kStunHeaderBytes; at < packet.size();) {
        Attribute attribute{.type = static_cast<StunAttribute>(load_be16(&packet[at])),
                            .offset = at};
        const std::size_t size = load_be16(&packet[at + 2]);
        if (size > packet.size() - at - 4) return false;
        attribute.value = packet.subspan(at + 4, size);
        at += 4 + (size + 3) / 4 * 4;
        if (attribute.type == StunAttribute::fingerprint) {
            if (!check_fingerprint(packet, attribute)) return false;
            message.has_fingerprint = true;
        } else if (message.integrity_offset == 0 && !read_attribute(attribute, message)) {
            return false;
        }
    }
    return true;
}

bool has_integrity(std::span<const std::uint8_t> packet, const StunMessage& message,
                   const HmacSha1Key& key) {
    const std::size_t offset = message.integrity_offset;
    if (offset < kStunHeaderBytes || offset + 4 + kIntegrityBytes > packet.size()) return false;
    return equal_digests(stun_integrity(packet.first(offset), key),
                         packet.subspan(offset + 4).first<kIntegrityBytes>());
}

}  // namespace strata::relay
