#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace strata::control {

// SRTP protection profiles by their number in use_srtp (RFC 5764 section 4.1.2, RFC 7714 section
// 14.2), in the order of our preference.
enum class SrtpProfile : std::uint16_t {
    none = 0,
    aead_aes_128_gcm = 7,
    aead_aes_256_gcm = 8,
    aes128_cm_sha1_80 = 1,
};

// Lengths of a profile's master key and master salt in bytes; zeros for none.
struct SrtpLengths {
    std::size_t key = 0;
    std::size_t salt = 0;
};
constexpr SrtpLengths srtp_lengths(SrtpProfile profile) {
    switch (profile) {
        case SrtpProfile::aead_aes_128_gcm: return {16, 12};
        case SrtpProfile::aead_aes_256_gcm: return {32, 12};
        case SrtpProfile::aes128_cm_sha1_80: return {16, 14};
        case SrtpProfile::none: break;
    }
    return {};
}

// A secret of at most `kCapacity` bytes that is wiped when it goes.
template <std::size_t kCapacity>
class Secret {
  public:
    Secret() = default;
    Secret(const Secret&) = default;
    Secret& operator=(const Secret&) = default;
    ~Secret() { explicit_bzero(bytes_.data(), bytes_.size()); }

    // `bytes` beyond the capacity are left out.
    void assign(std::span<const std::uint8_t> bytes) {
        size_ = bytes.size() < kCapacity ? bytes.size() : kCapacity;
        std::memcpy(bytes_.data(), bytes.data(), size_);
    }
    std::span<const std::uint8_t> bytes() const { return {bytes_.data(), size_}; }
    std::string_view text() const { return {reinterpret_cast<const char*>(bytes_.data()), size_}; }
    friend bool operator==(const Secret& a, const Secret& b) { return a.text() == b.text(); }

  private:
    std::array<std::uint8_t, kCapacity> bytes_{};
    std::size_t size_ = 0;
};

// What one DTLS handshake agreed on (RFC 5764 section 4.2). Inbound protects what the peer sends.
struct SrtpKeys {
    SrtpProfile profile = SrtpProfile::none;
    Secret<32> inbound_key, outbound_key;
    Secret<14> inbound_salt, outbound_salt;
    // The peer has them only once it has read our last flight, which waits for them to be in force.
    bool flight_follows = false;
    friend bool operator==(const SrtpKeys&, const SrtpKeys&) = default;
};

}  // namespace strata::control
