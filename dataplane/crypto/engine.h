#pragma once

#include <memory>
#include <string>

#include "relay/srtp/cipher.h"

namespace strata::dataplane {

// The engine that this program was built with (meson option `crypto`): one for each worker, and one
// for the main thread. Allocates.
std::unique_ptr<relay::SrtpCipher> make_cipher();

// For the log and for status: "ipsec-mb 1.3.0, AVX-512" or "OpenSSL 3.0.15".
std::string cipher_name();

}  // namespace strata::dataplane
