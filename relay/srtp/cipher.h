#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "relay/srtp/profile.h"

// The seam to whoever encrypts: relay/srtp says which bytes, an engine (dataplane/crypto) does it.
namespace strata::relay {

// One session key, expanded the way its engine wants it, and its salt beside it. The engine alone
// reads and writes `material`; 1,008 bytes is an AES-GCM key with its powers of H for wide vectors.
// Never copied.
struct alignas(64) CipherKey {
    CipherKey() = default;
    CipherKey(const CipherKey&) = delete;
    CipherKey& operator=(const CipherKey&) = delete;

    std::array<std::byte, 1'008> material{};
    SrtpProfile profile = SrtpProfile::none;
    std::array<std::uint8_t, kMaxSrtpSalt> salt{};
};
static_assert(sizeof(CipherKey) == 1'024);

// A session key before that. Wiped by whoever holds it.
struct SessionKey {
    std::array<std::uint8_t, kMaxSrtpKey> cipher{};
    std::array<std::uint8_t, kSrtpAuthKey> auth{};  // AES-CM only
};

// One packet for an engine. What is to be encrypted lies in two pieces, `head` already at its place
// in the output, `body` anywhere, maybe shared by many jobs; the output is contiguous.
//
//   text:   | head (in place) | body_size bytes, made from body |
//
// AES-GCM authenticates [covered, covered + covered_size) as additional data, and the text. AES-CM
// authenticates exactly [covered, covered + covered_size), in which the text lies.
struct CipherJob {
    const CipherKey* key = nullptr;
    std::uint8_t* text = nullptr;
    const std::uint8_t* body = nullptr;  // null, or text + head_size: in place
    const std::uint8_t* covered = nullptr;
    std::uint16_t head_size = 0;
    std::uint16_t body_size = 0;
    std::uint16_t covered_size = 0;
    bool authentic = false;           // open's answer
    std::uint8_t* tag_out = nullptr;  // seal: where the tag goes; may lie over the end of `covered`
    std::array<std::uint8_t, 16> iv{};   // 12 bytes for GCM; first counter block for CM
    std::array<std::uint8_t, 16> tag{};  // open: what came with the packet
};

// Thread: a worker has an engine of its own; expand and release are the main thread's, on one of
// its own. Jobs of different profiles may be mixed. Nothing here allocates but the constructor and
// expand.
class SrtpCipher {
  public:
    virtual ~SrtpCipher() = default;

    // AES forward on one block of 16 bytes; `key` has 16 or 32.
    virtual void encrypt_block(std::span<const std::uint8_t> key, const std::uint8_t* in,
                               std::uint8_t* out) = 0;
    virtual void expand(SrtpProfile profile, const SessionKey& key, CipherKey& out) = 0;
    // Wipes what expand has made, and frees it if it was more than the material.
    virtual void release(CipherKey& key) = 0;

    // Encrypts, then writes tags. Many jobs in one call are cheaper than many calls.
    virtual void seal(std::span<CipherJob> jobs) = 0;
    // Checks tags and decrypts; the text of a job that isn't authentic is undefined.
    virtual void open(std::span<CipherJob> jobs) = 0;
};

}  // namespace strata::relay
