#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <vector>

#include "relay/srtp/framing.h"

namespace strata::dataplane {

using Bytes = std::vector<std::uint8_t>;

constexpr relay::SrtpProfile kSrtpProfiles[] = {relay::SrtpProfile::aes128_cm_sha1_80,
                                                relay::SrtpProfile::aead_aes_128_gcm,
                                                relay::SrtpProfile::aead_aes_256_gcm};

relay::SrtpMasterKey random_master(relay::SrtpProfile profile, std::mt19937& random);

// One key pair per peer, of either engine.
struct CrossKeys {
    CrossKeys(const relay::SrtpMasterKey& master, relay::SrtpCipher& a, relay::SrtpCipher& b)
        : of_a(master, a), of_b(master, b) {}
    relay::SrtpKeys of_a, of_b;
};

// Batches of RTP packets of every size and profile, bodies shared and not: `a` seals, `b` opens
// what it made, and damage is noticed. Then RTCP.
void cross_check(relay::SrtpCipher& a, relay::SrtpCipher& b, unsigned seed);

}  // namespace strata::dataplane
