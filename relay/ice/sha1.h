#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace strata::relay {

using Sha1Digest = std::array<std::uint8_t, 20>;

// SHA-1 (FIPS 180-4), for STUN's message integrity alone: nothing here relies on its collision
// resistance. A value: copying one forks the stream.
// budget: 5 cycles/byte
class Sha1 {
  public:
    static constexpr std::size_t kBlockBytes = 64;

    void update(std::span<const std::uint8_t> bytes);
    // Ends the stream; update() must not be called afterwards.
    Sha1Digest finish();

  private:
    void block(const std::uint8_t* bytes);

    std::array<std::uint32_t, 5> state_{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    std::uint64_t total_bytes_ = 0;
    std::array<std::uint8_t, kBlockBytes> waiting_{};  // the first total_bytes_ % 64 of it
};

}  // namespace strata::relay
