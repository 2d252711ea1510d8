#include "relay/ice/stun_answer.h"

namespace strata::relay {
namespace {

constexpr std::uint16_t kUnknownAttribute = 420;

// RFC 8489 section 14.8, RFC 8445 section 16.2.
constexpr std::string_view reason_of(std::uint16_t code) {
    switch (code) {
        case 400: return "Bad Request";
        case 401: return "Unauthenticated";
        case kUnknownAttribute: return "Unknown Attribute";
        case 487: return "Role Conflict";
        default: return "Server Error";
    }
}

}  // namespace

std::span<const std::uint8_t> write_stun_success(std::span<std::uint8_t> buffer,
                                                 const StunMessage& request,
                                                 const StunAddress& mapped,
                                                 const HmacSha1Key& key) {
    StunWriter writer(buffer, StunClass::success, request.transaction);
    writer.xor_mapped_address(mapped);
    writer.message_integrity(key);
    writer.fingerprint();
    return writer.written();
}

std::span<const std::uint8_t> write_stun_error(std::span<std::uint8_t> buffer,
                                               const StunMessage& request, std::uint16_t code,
                                               const HmacSha1Key* key) {
    StunWriter writer(buffer, StunClass::error, request.transaction);
    writer.error_code(code, reason_of(code));
    if (code == kUnknownAttribute)
        writer.unknown_attributes(std::span(request.unknown).first(request.unknown_count));
    if (key) writer.message_integrity(*key);
    writer.fingerprint();
    return writer.written();
}

}  // namespace strata::relay
