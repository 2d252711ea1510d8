#pragma once

#include <cstddef>
#include <cstdint>

namespace strata::relay {

// Protection profiles by their number in DTLS-SRTP (RFC 5764 section 4.1.2, RFC 7714 section 14.2).
enum class SrtpProfile : std::uint8_t {
    none = 0,
    aes128_cm_sha1_80 = 1,
    aead_aes_128_gcm = 7,
    aead_aes_256_gcm = 8,
};

constexpr std::size_t kMaxSrtpKey = 32;
constexpr std::size_t kMaxSrtpSalt = 14;
constexpr std::size_t kSrtpAuthKey = 20;  // RFC 3711 section 5.2
constexpr std::size_t kMaxSrtpTag = 16;
constexpr std::size_t kSrtcpIndexSize = 4;  // E bit and index, RFC 3711 section 3.4

constexpr bool is_known(SrtpProfile profile) {
    return profile == SrtpProfile::aes128_cm_sha1_80 || profile == SrtpProfile::aead_aes_128_gcm ||
           profile == SrtpProfile::aead_aes_256_gcm;
}
constexpr bool is_gcm(SrtpProfile profile) {
    return profile == SrtpProfile::aead_aes_128_gcm || profile == SrtpProfile::aead_aes_256_gcm;
}
// Bytes, of master and session keys alike.
constexpr std::size_t key_size(SrtpProfile profile) {
    return profile == SrtpProfile::aead_aes_256_gcm ? 32 : 16;
}
constexpr std::size_t salt_size(SrtpProfile profile) { return is_gcm(profile) ? 12 : 14; }
constexpr std::size_t tag_size(SrtpProfile profile) { return is_gcm(profile) ? 16 : 10; }

}  // namespace strata::relay
