#pragma once

#include <cstdint>
#include <span>

#include "relay/ice/stun_message.h"
#include "relay/ice/stun_writer.h"

namespace strata::relay {

// Room that every answer fits into.
constexpr std::size_t kStunAnswerBytes = 128;

// Answers to `request`, in `buffer`. The success names where the request came from.
std::span<const std::uint8_t> write_stun_success(std::span<std::uint8_t> buffer,
                                                 const StunMessage& request,
                                                 const StunAddress& mapped, const HmacSha1Key& key);

// 400, 401, 420 (with what wasn't understood) or 487; signed where there is a key.
std::span<const std::uint8_t> write_stun_error(std::span<std::uint8_t> buffer,
                                               const StunMessage& request, std::uint16_t code,
                                               const HmacSha1Key* key);

}  // namespace strata::relay
