#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

// Numbers that both ends of the control link agree on; the messages themselves are strata.proto.
namespace strata::api {

constexpr std::uint32_t kProtocolVersion = 1;  // Hello.version; a peer with another one is refused

// Largest message on the link. Below the default SOCK_SEQPACKET limit of the kernel (212,960
// bytes).
constexpr std::size_t kMaxMessageBytes = 64 * 1024;

// FNV-1a, 64 bits: the digest of a resync, over the serialized Object of each put in sending order.
class Digest {
  public:
    void add(std::string_view bytes) {
        for (const char c : bytes) {
            value_ ^= static_cast<unsigned char>(c);
            value_ *= 0x100000001b3ULL;
        }
    }
    std::uint64_t value() const { return value_; }

  private:
    std::uint64_t value_ = 0xcbf29ce484222325ULL;
};

}  // namespace strata::api
